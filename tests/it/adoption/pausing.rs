//! A worker that is told to pause leaves everything in place, frozen.

use std::fs;
use std::os::unix::net::UnixStream;

use deckhands_model::{Cause, TaskState};
use deckhands_orchestration::{AttemptEnd, AttemptOrder, NotAdoptable};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Containers, Control, Operation, Phase, RuntimeErrorKind};

use super::{adopt, adoptable, adopted, ids, machine, place, slow, working};
use crate::support::{World, millis, secs};

/// Begins the attempt and asks for a pause after so long; gives what became of it.
async fn paused_after(world: &World, order: &mut AttemptOrder, millis: u64) -> AttemptEnd {
    let pause = order.pause.clone();
    let (end, ()) = tokio::join!(world.attempt(order), async {
        tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
        pause.cancel();
    });
    order.pause = tokio_util::sync::CancellationToken::new();
    end
}

fn phases(world: &World) -> Vec<Phase> {
    world.runtime.live().into_iter().map(|c| c.phase).collect()
}

#[tokio::test(start_paused = true)]
async fn it_is_frozen_until_somebody_goes_on_with_it() {
    let world = machine(slow());
    let mut order = adoptable(&world);
    let started = tokio::time::Instant::now();
    assert_eq!(
        paused_after(&world, &mut order, 20_000).await,
        AttemptEnd::Paused
    );
    assert!(started.elapsed() < secs(21));
    assert_eq!(phases(&world), [Phase::Paused, Phase::Paused]);
    assert!(!place(&world, &order).join("result.json").exists());
    assert!(place(&world, &order).join("workspace/half.txt").exists());
    let socket = place(&world, &order).join("way-out/host.sock");
    assert!(UnixStream::connect(socket).is_err(), "nobody is there");
    let made = ids(&world);
    // Longer than any deadline.
    tokio::time::sleep(secs(36_000)).await;
    assert_eq!(ids(&world), made);
    let result = adopted(&world, &order).await;
    assert!(result.report.applied, "{:?}", result.report);
    assert_eq!(world.runtime.created_specs().len(), 2);
    assert!(result.work < secs(60), "{:?}", result.work);
    assert!(result.wait < secs(1), "{:?}", result.wait);
}

#[tokio::test(start_paused = true)]
async fn it_may_be_paused_again_and_again() {
    let world = machine(slow());
    let mut order = adoptable(&world);
    assert_eq!(
        paused_after(&world, &mut order, 12_000).await,
        AttemptEnd::Paused
    );
    for _ in 0..3 {
        order.pause.cancel();
        assert_eq!(adopt(&world, &order).await.unwrap(), AttemptEnd::Paused);
        assert_eq!(phases(&world), [Phase::Paused, Phase::Paused]);
        order.pause = tokio_util::sync::CancellationToken::new();
    }
    assert!(adopted(&world, &order).await.report.applied);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_one_is_not_frozen() {
    let world = machine(slow());
    let order = adoptable(&world);
    let (runner, cancel) = (world.runner(), tokio_util::sync::CancellationToken::new());
    let (end, ()) = tokio::join!(
        runner.attempt(&order, &deckhands_orchestration::Silent, &cancel),
        async {
            tokio::time::sleep(secs(20)).await;
            cancel.cancel();
        }
    );
    let AttemptEnd::Ended(result) = end else {
        panic!("{end:?}");
    };
    assert_eq!(result.report.state, TaskState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_can_go_on_with_is_not_paused() {
    let world = machine(slow());
    let mut order = world.order(2);
    let end = paused_after(&world, &mut order, 14_000).await;
    let AttemptEnd::Ended(result) = end else {
        panic!("{end:?}");
    };
    assert!(result.report.applied, "{:?}", result.report);
}

/// The program of an agent that is done at 12.2 s winds up, or a check runs over its result.
#[tokio::test(start_paused = true)]
async fn one_whose_agent_is_done_comes_to_its_end() {
    let app = working().finishes("done");
    let world = machine(app)
        .on("-check0", Script::new().exit(secs(5), 0))
        .asking(|request| request.checks = vec!["true".to_owned()]);
    let mut order = adoptable(&world);
    let end = paused_after(&world, &mut order, 14_000).await;
    let AttemptEnd::Ended(result) = end else {
        panic!("{end:?}");
    };
    assert!(result.report.applied, "{:?}", result.report);
}

#[tokio::test(start_paused = true)]
async fn an_app_or_a_sandbox_that_ended_is_told_and_not_frozen() {
    // Both end at 20 s, and the pause comes in the same moment.
    let rows = [
        (
            working().after(millis(9800)).exits(1),
            Script::new().hang(),
            Cause::AgentCrashed,
        ),
        (
            working().hangs(),
            Script::new().exit(secs(20), 0),
            Cause::SandboxLost,
        ),
    ];
    for (app, sandbox, cause) in rows {
        let world = World::managed().in_time().agent(app).sandbox(sandbox);
        let daemon = world.runtime.clone();
        let world = world.daemon(|_| daemon.slow_next(Operation::Control, millis(500)));
        let mut order = adoptable(&world);
        let end = paused_after(&world, &mut order, 19_950).await;
        let AttemptEnd::Ended(result) = end else {
            panic!("{cause}: {end:?}");
        };
        assert_eq!(result.cause, Some(cause));
        assert!(world.runtime.live().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_daemon_does_not_freeze_it_it_is_left_running() {
    let world = machine(slow())
        .daemon(|daemon| daemon.refuse(Operation::Control, "-app", RuntimeErrorKind::Unreachable));
    let mut order = adoptable(&world);
    assert_eq!(
        paused_after(&world, &mut order, 20_000).await,
        AttemptEnd::Left,
        "nobody is told that it is paused"
    );
    assert_eq!(phases(&world), [Phase::Running, Phase::Running]);
    world.runtime.allow_all();
    assert!(adopted(&world, &order).await.report.applied);
}

#[tokio::test(start_paused = true)]
async fn whom_somebody_else_froze_or_let_go_is_gone_on_with() {
    let world = machine(slow());
    let mut order = adoptable(&world);
    assert_eq!(
        paused_after(&world, &mut order, 20_000).await,
        AttemptEnd::Paused
    );
    for container in world.runtime.live() {
        let unpause = world.runtime.control(&container.id, Control::Unpause);
        unpause.await.unwrap();
    }
    assert!(adopted(&world, &order).await.report.applied);
}

/// Its command begins at 11.2 s and ends at 41.2 s.
fn command() -> Script {
    use serde_json::json;
    working()
        .event(json!({"source": "agent", "action": "run", "args": {"command": "sleep 30"}}))
        .after(secs(30))
        .event(
            json!({"source": "agent", "observation": "run", "content": "",
            "extras": {"metadata": {"exit_code": 0}}}),
        )
        .finishes("done")
}

#[tokio::test(start_paused = true)]
async fn a_pause_within_an_action_may_last_a_minute() {
    for (pause, goes_on) in [(50, true), (70, false)] {
        let world = machine(command());
        let mut order = adoptable(&world);
        assert_eq!(
            paused_after(&world, &mut order, 20_000).await,
            AttemptEnd::Paused
        );
        tokio::time::sleep(secs(pause)).await;
        if goes_on {
            assert!(adopted(&world, &order).await.report.applied);
            continue;
        }
        let refused = adopt(&world, &order).await.unwrap_err();
        assert!(
            matches!(refused, NotAdoptable::CaughtInAction { .. }),
            "{refused:?}"
        );
        assert!(!refused.may_pass());
        assert_eq!(phases(&world), [Phase::Paused, Phase::Paused]);
        world.runner().discard(order.id, secs(30)).await.unwrap();
        assert!(world.runtime.live().is_empty());
        let report: deckhands_model::RunReport =
            serde_json::from_slice(&fs::read(place(&world, &order).join("result.json")).unwrap())
                .unwrap();
        assert_eq!(report.state, TaskState::Cancelled);
    }
}

/// Whoever goes on with it lets it go, and fails then: the agent works on, and nobody looks.
#[tokio::test(start_paused = true)]
async fn one_that_was_let_go_is_not_taken_for_paused_when_nobody_looks() {
    let refused = |world: World| {
        let unreachable = RuntimeErrorKind::Unreachable;
        world.daemon(|daemon| daemon.refuse(Operation::Attach, "-app", unreachable))
    };
    let world = machine(command());
    let mut order = adoptable(&world);
    assert_eq!(
        paused_after(&world, &mut order, 20_000).await,
        AttemptEnd::Paused
    );
    tokio::time::sleep(secs(50)).await;
    let world = refused(world);
    let failed = adopt(&world, &order).await.unwrap_err();
    assert!(failed.may_pass(), "{failed:?}");
    assert_eq!(phases(&world), [Phase::Running, Phase::Running]);
    world.runtime.allow_all();
    // With the pause it would be too long for a command.
    tokio::time::sleep(secs(15)).await;
    let result = adopted(&world, &order).await;
    assert!(result.report.applied, "{:?}", result.report);
    // The pause is nothing, what nobody saw is a wait.
    let wait = result.wait.as_secs_f64();
    assert!((15.0..16.0).contains(&wait), "{wait}");
    assert!(result.work < secs(60), "{:?}", result.work);
}
