//! A process that dies after its agent was done: what was left to do is done by another one, and a
//! change that was taken over is not worked on again.

use std::fs;
use std::sync::Mutex;

use deckhands_model::TaskState;
use deckhands_orchestration::{AttemptOrder, NotAdoptable, Observer, Phase, PromoteGate, RunEvent};
use deckhands_runtime::Disowned;
use deckhands_runtime::test_util::Script;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    adopt, adoptable, adopted, dies_after, ids, kept, machine, place, without_key, working,
};
use crate::support::{World, secs};

/// Says when a phase begins.
struct Waits {
    phase: Phase,
    seen: Notify,
    phases: Mutex<Vec<Phase>>,
}

impl Observer for Waits {
    fn observe(&self, event: RunEvent<'_>) {
        if let RunEvent::Phase(phase) = event {
            self.phases.lock().unwrap().push(phase);
            if phase == self.phase {
                self.seen.notify_one();
            }
        }
    }
}

/// Its process dies in the moment in which this phase begins.
async fn dies_at(world: &World, order: &AttemptOrder, phase: Phase) {
    let (runner, cancel) = (world.runner(), CancellationToken::new());
    let waits = Waits {
        phase,
        seen: Notify::new(),
        phases: Mutex::default(),
    };
    tokio::select! {
        biased;
        () = waits.seen.notified() => {}
        end = runner.attempt(order, &waits, &cancel) => panic!("it ended before: {end:?}"),
    }
}

/// Done after 11.2 s; a check of 5 s runs over the result, twice where a process dies within it.
fn checked() -> World {
    let check = || Script::new().exit(secs(5), 0);
    machine(working().finishes("done"))
        .on("-check0", check())
        .on("-check0", check())
        .asking(|request| request.checks = vec!["true".to_owned()])
}

#[tokio::test(start_paused = true)]
async fn after_the_agent_s_end_the_rest_is_done_by_another_process() {
    for phase in [Phase::Collect, Phase::Checks, Phase::Promote] {
        let world = checked();
        let order = adoptable(&world);
        dies_at(&world, &order, phase).await;
        tokio::time::sleep(secs(10)).await;
        let result = adopted(&world, &order).await;
        assert_eq!(result.report.state, TaskState::Completed, "{phase:?}");
        assert!(result.report.applied, "{phase:?}: {:?}", result.report);
        assert_eq!(result.report.output, "done");
        assert_eq!(result.attempt.outcome, "finished");
        assert_eq!(result.attempt.verdict, result.report.verdict);
        assert!(result.work > secs(1), "{:?}", result.work);
        assert_eq!(result.report.images.len(), 2);
        assert!(world.workspace().join("half.txt").exists());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_do_needs_no_key() {
    let world = checked();
    let order = adoptable(&world);
    dies_at(&world, &order, Phase::Checks).await;
    let result = adopted(&world, &without_key(&order)).await;
    assert_eq!(result.report.state, TaskState::Completed);
    assert!(result.report.applied, "{:?}", result.report);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_was_under_way_goes_before_it_begins_again() {
    let world = checked();
    let order = adoptable(&world);
    // The agent's end was seen at 11.2 s; its check ends at 16.2 s.
    dies_after(&world, &order, 14_000).await;
    let check = ids(&world);
    assert_eq!(check.len(), 1);
    assert!(adopted(&world, &order).await.report.applied);
    assert_eq!(world.runtime.created_specs().len(), 4);
}

/// The workspace holds the change already, and the user has gone on from it.
#[tokio::test(start_paused = true)]
async fn what_was_taken_over_is_not_done_again() {
    let world = checked();
    let order = adoptable(&world);
    dies_at(&world, &order, Phase::Promote).await;
    // As the dead process left it a moment later.
    fs::write(world.workspace().join("half.txt"), "half\n").unwrap();
    let result = adopted(&world, &order).await;
    assert!(result.report.applied && result.report.conflict.is_empty());
    let text = fs::read_to_string(world.workspace().join("half.txt")).unwrap();
    assert_eq!(text, "half\n");
}

/// Never answers.
struct Silent;

#[async_trait::async_trait]
impl PromoteGate for Silent {
    async fn may_promote(&self) -> Result<(), Disowned> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_dies_while_it_asks_whether_it_may_has_changed_nothing() {
    let world = checked();
    let mut order = adoptable(&world);
    order.promote_gate = Some(std::sync::Arc::new(Silent));
    dies_after(&world, &order, 20_000).await;
    assert!(!world.workspace().join("half.txt").exists());
    order.promote_gate = None;
    assert!(adopted(&world, &order).await.report.applied);
}

/// The changed files were moved away already, so that what is there is not what the agent left.
#[tokio::test(start_paused = true)]
async fn one_whose_files_were_moved_is_not_read_again() {
    let world = checked();
    let order = adoptable(&world);
    dies_at(&world, &order, Phase::Promote).await;
    let attempt = place(&world, &order);
    fs::create_dir(attempt.join("changed-files")).unwrap();
    let (from, to) = ("workspace/half.txt", "changed-files/half.txt");
    fs::rename(attempt.join(from), attempt.join(to)).unwrap();
    let refused = adopt(&world, &order).await.unwrap_err();
    assert!(
        matches!(refused, NotAdoptable::ContainersGone),
        "{refused:?}"
    );
    world.runner().discard(order.id, secs(30)).await.unwrap();
    assert!(!world.workspace().join("half.txt").exists());
    assert!(attempt.join(to).exists(), "it is kept");
    assert_eq!(kept(&world, &order).state, TaskState::Cancelled);
}
