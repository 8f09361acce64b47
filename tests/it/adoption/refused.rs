//! What cannot be gone on with is left as it is, and why is told.

use std::fs;

use deckhands_model::ModelId;
use deckhands_orchestration::{AttemptEnd, NotAdoptable};
use deckhands_runtime::{Containers, Operation, RuntimeErrorKind};

use super::{adopt, adoptable, adopted, dies_after, ids, machine, place, slow, without_key};
use crate::support::secs;

#[tokio::test(start_paused = true)]
async fn one_that_lives_is_left_to_whoever_has_it() {
    let world = machine(slow());
    let order = adoptable(&world);
    let other = async {
        tokio::time::sleep(secs(20)).await;
        let refused = adopt(&world, &order).await.unwrap_err();
        let discarded = world.runner().discard(order.id, secs(5)).await;
        (refused, discarded, ids(&world).len())
    };
    let (end, (refused, discarded, live)) = tokio::join!(world.attempt(&order), other);
    assert!(matches!(refused, NotAdoptable::Live) && refused.may_pass());
    assert!(discarded.unwrap_err().message.contains("living process"));
    assert_eq!(live, 2);
    let AttemptEnd::Ended(ended) = end else {
        panic!("{end:?}");
    };
    // What its process wrote down before it could tell anybody.
    match adopt(&world, &order).await.unwrap_err() {
        NotAdoptable::Ended { result } => assert_eq!(result, Some(ended)),
        refused => panic!("{refused:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_was_not_meant_for_it_ends_with_its_process() {
    let world = machine(slow());
    let mut order = adoptable(&world);
    order.adoptable = false;
    dies_after(&world, &order, 20_000).await;
    let refused = adopt(&world, &order).await.unwrap_err();
    assert!(matches!(refused, NotAdoptable::NotMeant), "{refused:?}");
    assert!(!place(&world, &order).join("adoption").exists());
}

#[tokio::test(start_paused = true)]
async fn without_its_directory_or_its_containers_there_is_nothing_to_go_on_with() {
    let world = machine(slow());
    let order = adoptable(&world);
    let refused = adopt(&world, &order).await.unwrap_err();
    assert!(matches!(refused, NotAdoptable::Gone), "{refused:?}");
    dies_after(&world, &order, 20_000).await;
    for container in world.runtime.live() {
        world.runtime.remove(&container.id).await.unwrap();
    }
    let refused = adopt(&world, &order).await.unwrap_err();
    assert!(
        matches!(refused, NotAdoptable::ContainersGone),
        "{refused:?}"
    );
    assert!(!refused.may_pass());
    world.runner().discard(order.id, secs(30)).await.unwrap();
    assert!(!place(&world, &order).join("workspace").exists());
}

#[tokio::test(start_paused = true)]
async fn an_order_for_another_model_is_not_this_attempt_s() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let mut other = order.clone();
    other.request.model = ModelId::resolve("openai/another").unwrap();
    let refused = adopt(&world, &other).await.unwrap_err();
    let NotAdoptable::OtherModel { kept } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(kept, order.request.model);
    assert!(adopted(&world, &order).await.report.applied);
}

#[tokio::test(start_paused = true)]
async fn without_a_key_one_at_work_is_left_to_whoever_has_it() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let refused = adopt(&world, &without_key(&order)).await.unwrap_err();
    assert!(matches!(refused, NotAdoptable::NoKey(_)), "{refused:?}");
    assert_eq!(ids(&world).len(), 2, "its containers live on");
    assert!(adopted(&world, &order).await.report.applied);
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_and_is_damaged_is_not_trusted() {
    for name in ["made.json", "begun.json", "manifest.json", "pulse.json"] {
        let world = machine(slow());
        let order = adoptable(&world);
        dies_after(&world, &order, 20_000).await;
        let path = place(&world, &order).join("adoption").join(name);
        fs::write(path, "{\"version\": 1}").unwrap();
        let refused = adopt(&world, &order).await.unwrap_err();
        assert!(
            matches!(refused, NotAdoptable::Damaged { .. }),
            "{name}: {refused:?}"
        );
        assert_eq!(ids(&world).len(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_does_not_answer_is_asked_again_later() {
    for operation in [Operation::Probe, Operation::List, Operation::Attach] {
        let world = machine(slow());
        let order = adoptable(&world);
        dies_after(&world, &order, 20_000).await;
        let runtime = world.runtime.clone();
        let _ = runtime.fail_next(operation, RuntimeErrorKind::Unreachable);
        let refused = adopt(&world, &order).await.unwrap_err();
        assert!(
            matches!(refused, NotAdoptable::Failed { .. }),
            "{operation:?}"
        );
        assert!(refused.may_pass(), "{operation:?}");
        assert!(
            adopted(&world, &order).await.report.applied,
            "{operation:?}"
        );
    }
}

/// Without its kept output the stored events alone prove what it did.
#[tokio::test(start_paused = true)]
async fn output_that_cannot_be_read_again_is_done_without() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let runtime = world.runtime.clone();
    let _ = runtime.fail_next(Operation::Logs, RuntimeErrorKind::Conflict);
    assert!(adopted(&world, &order).await.report.applied);
    let output = fs::read_to_string(place(&world, &order).join("transcript.log")).unwrap();
    for line in ["Starting OpenHands...", "AgentState.FINISHED"] {
        assert!(output.contains(line), "{output}");
    }
}
