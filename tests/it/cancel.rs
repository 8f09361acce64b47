//! Ending a run by request, whatever it is doing.

use deckhands_model::TaskState;
use deckhands_orchestration::Phase;
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Containers, Operation};

use crate::support::{Agent, Ran, World, millis, secs};

fn assert_cancelled(world: &World, ran: &Ran, what: &str) {
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Cancelled, None), "{what}");
    assert!(!ran.report.applied, "{what}");
    assert!(world.runtime.live().is_empty(), "{what}");
}

fn endless() -> World {
    World::new().agent(Agent::new().starts().writes("half", "x").hangs())
}

#[tokio::test(start_paused = true)]
async fn at_any_time_it_ends_soon_and_leaves_nothing() {
    // Before anything; as the program starts; as the sandbox is born; as it wakes; at work.
    for after in [0, 1, 3, 4, 8, 12, 13, 60] {
        let world = endless();
        let ran = world.run_cancelled_after(secs(after)).await;
        assert_cancelled(&world, &ran, &format!("after {after} s"));
        assert!(
            ran.took < secs(after + 5),
            "after {after} s: {:?}",
            ran.took
        );
    }
}

#[tokio::test(start_paused = true)]
async fn in_any_phase() {
    for phase in [Phase::Copy, Phase::Images, Phase::Start, Phase::Work] {
        let world = endless();
        let ran = world.run_cancelled_at(phase).await;
        assert_cancelled(&world, &ran, &format!("{phase:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_daemon_takes_its_time() {
    for operation in [Operation::Probe, Operation::Create, Operation::Start] {
        let world = endless().daemon(|daemon| daemon.slow_next(operation, secs(60)));
        let ran = world.run_cancelled_after(secs(1)).await;
        assert_cancelled(&world, &ran, &format!("{operation:?}"));
        // A second until the cancel, three for what may be in flight, and some for clearing.
        assert!(ran.took < secs(6), "{operation:?}: {:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_agents_end_it_wins_until_the_change_is_being_applied() {
    let finished = || World::new().agent(Agent::new().starts().writes("a", "x").finishes("done"));
    for phase in [Phase::Cleanup, Phase::Collect, Phase::Checks] {
        let world = finished();
        let ran = world.run_cancelled_at(phase).await;
        assert_cancelled(&world, &ran, &format!("{phase:?}"));
        assert!(!world.workspace().join("a").exists(), "{phase:?}");
        assert!(ran.report.patch.is_some(), "{phase:?}: the work is kept");
    }
    let world = finished();
    let ran = world.run_cancelled_at(Phase::Promote).await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(ran.report.applied && world.workspace().join("a").exists());
}

#[tokio::test(start_paused = true)]
async fn while_an_image_is_pulled() {
    let world = endless().asking(|r| r.images.sandbox = "absent:1".parse().unwrap());
    let image = world.request.images.sandbox.clone();
    let world = world.daemon(|d| d.pullable(&image).slow_next(Operation::Pull, secs(60)));
    let ran = world.run_cancelled_after(secs(5)).await;
    assert_cancelled(&world, &ran, "pull");
    assert!(ran.took < secs(6), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn while_a_check_runs() {
    let agent = Agent::new().starts().writes("a", "x").finishes("done");
    let world = World::new()
        .asking(|request| request.checks = vec!["sleep 100".to_owned()])
        .agent(agent)
        .on("-check", Script::new().hang());
    let ran = world.run_cancelled_after(secs(30)).await;
    assert_cancelled(&world, &ran, "check");
    assert!(ran.took < secs(35), "{:?}", ran.took);
    assert!(ran.report.patch.is_some(), "the work is kept");
}

#[tokio::test(start_paused = true)]
async fn a_sandbox_that_is_born_after_the_cancel_goes_too() {
    // The app has asked for its sandbox when it is ended; the daemon carries that out later.
    let late = "openhands-runtime-late";
    let world = endless().on(late, Script::new().hang());
    let daemon = world.runtime.clone();
    let birth = async {
        tokio::time::sleep(millis(3700)).await;
        assert!(daemon.live().is_empty(), "the app is gone already");
        let mut spec = daemon.created_specs().remove(0);
        spec.name.0 = late.to_owned();
        spec.labels
            .insert("deckhands.role".to_owned(), "sandbox".to_owned());
        let id = daemon.create(&spec).await.unwrap();
        daemon.start(&id).await.unwrap();
    };
    let (ran, ()) = tokio::join!(world.run_cancelled_after(millis(2500)), birth);
    assert_cancelled(&world, &ran, "late");
    assert_eq!(world.runtime.created_specs().len(), 2);
}
