//! Ending a managed run by request leaves nothing: no container, no network, no socket.

use deckhands_model::TaskState;
use deckhands_orchestration::Phase;
use deckhands_runtime::{Labels, NetworkSpec, Networks, Operation};

use super::{good, open_machine, working};
use crate::support::{Ran, World, millis, secs};

/// Working files are looked for by the world itself, after every run.
fn assert_cancelled(world: &World, ran: &Ran, what: &str) {
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Cancelled, None), "{what}");
    assert!(!ran.report.applied, "{what}");
    assert!(world.runtime.live().is_empty(), "{what}");
    assert!(world.runtime.live_networks().is_empty(), "{what}");
}

fn endless() -> World {
    open_machine(working().hangs())
}

#[tokio::test(start_paused = true)]
async fn at_any_time_it_ends_soon_and_leaves_nothing() {
    for after in [0, 1, 5, 9, 10, 60] {
        let world = endless();
        let ran = world.run_cancelled_after(secs(after)).await;
        assert_cancelled(&world, &ran, &format!("after {after} s"));
        let most = secs(after + 5);
        assert!(ran.took < most, "after {after} s: {:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn in_any_phase() {
    for phase in [Phase::Copy, Phase::Images, Phase::Start, Phase::Work] {
        let world = endless();
        let ran = world.run_cancelled_at(phase).await;
        assert_cancelled(&world, &ran, &format!("{phase:?}"));
    }
    for phase in [Phase::Cleanup, Phase::Collect, Phase::Checks] {
        let world = open_machine(good());
        let ran = world.run_cancelled_at(phase).await;
        assert_cancelled(&world, &ran, &format!("{phase:?}"));
        assert!(ran.report.patch.is_some(), "{phase:?}: the work is kept");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_daemon_takes_its_time_over_any_of_it() {
    // The operation, and how many of its kind went well before.
    let rows = [
        (Operation::CreateNetwork, 0),
        (Operation::Create, 0),
        (Operation::Create, 1),
        (Operation::Attach, 0),
        (Operation::Start, 0),
        (Operation::Start, 1),
    ];
    for (operation, before) in rows {
        let mut world = endless();
        for delay in vec![secs(0); before].into_iter().chain([secs(60)]) {
            world = world.daemon(|daemon| daemon.slow_next(operation, delay));
        }
        let ran = world.run_cancelled_after(secs(1)).await;
        let what = format!("{operation:?} {before}");
        assert_cancelled(&world, &ran, &what);
        // A second until the cancel, three for what may be in flight, and some for clearing.
        assert!(ran.took < secs(6), "{what}: {:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_born_after_the_cancel_goes_too() {
    let world = endless();
    let world = world.daemon(|daemon| daemon.slow_next(Operation::CreateNetwork, secs(60)));
    let birth = async {
        tokio::time::sleep(millis(2500)).await;
        let mut tasks = std::fs::read_dir(world.home.attempts_dir()).unwrap();
        let task = tasks.next().unwrap().unwrap().file_name();
        let labels = [
            ("managed-by", "deckhands"),
            ("deckhands.task", task.to_str().unwrap()),
            ("deckhands.attempt", "1"),
        ];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let late = NetworkSpec {
            name: "late".to_owned(),
            labels: Labels::from(labels),
            internal: false,
            inter_container: false,
        };
        Networks::create(&world.runtime, &late).await.unwrap();
    };
    let (ran, ()) = tokio::join!(world.run_cancelled_after(secs(1)), birth);
    assert_cancelled(&world, &ran, "late");
}
