//! What goes, what stays, and how what stays is named.

use deckhands_model::{AttemptNumber, TaskId};
use deckhands_runtime::test_util::{FakeRuntime, Script, bare_spec};
use deckhands_runtime::{NetworkMode, NetworkSpec, Operation, RuntimeErrorKind as Kind};

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);

fn attempt() -> AttemptId {
    AttemptId {
        task: TaskId::from_random([7; 16]),
        number: AttemptNumber::FIRST,
    }
}

/// A daemon with the app and the network of the attempt, and with an image only.
async fn daemon() -> FakeRuntime {
    let image = "app:1".parse().unwrap();
    let runtime = FakeRuntime::new().image(&image).next(Script::new().hang());
    let labels = labels::select_attempt(attempt()).equal;
    let network = NetworkSpec {
        name: "a-net".to_owned(),
        labels: labels.clone(),
        internal: false,
        inter_container: false,
    };
    Networks::create(&runtime, &network).await.unwrap();
    let mut spec = bare_spec("a-app", image);
    spec.labels = labels;
    spec.network = NetworkMode::Named(network.name);
    let id = Containers::create(&runtime, &spec).await.unwrap();
    runtime.start(&id).await.unwrap();
    runtime
}

async fn cleared(runtime: FakeRuntime, in_flight: bool) -> (Leftovers, Duration) {
    let begun = Instant::now();
    let leftovers = clear(&Ports::of(runtime), attempt(), in_flight, DEADLINE).await;
    (leftovers, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn containers_go_and_then_the_network_that_they_were_on() {
    for (in_flight, least) in [(false, Duration::ZERO), (true, IN_FLIGHT)] {
        let runtime = daemon().await;
        let (leftovers, took) = cleared(runtime.clone(), in_flight).await;
        assert_eq!(leftovers.removed, ["a-app", "a-net"]);
        assert!(leftovers.names.is_empty(), "{leftovers:?}");
        assert!(took >= least && took <= least + RELIST, "{took:?}");
        assert!(runtime.live().is_empty() && runtime.live_networks().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_is_named_when_the_deadline_has_passed() {
    let unknown = |what: &str| format!("unknown (list {what}: permission denied: as scripted)");
    let (containers, networks) = (unknown("containers"), unknown("networks"));
    let (app, net) = ("a-app".to_owned(), "a-net".to_owned());
    let rows = [
        (vec![(Operation::Remove, "-net")], vec![&net]),
        (vec![(Operation::Remove, "-app")], vec![&app, &net]),
        (vec![(Operation::List, "networks")], vec![&networks]),
        (
            vec![(Operation::List, "containers")],
            vec![&containers, &net],
        ),
        (
            vec![
                (Operation::List, "containers"),
                (Operation::List, "networks"),
            ],
            vec![&containers, &networks],
        ),
    ];
    for (refused, expected) in rows {
        let runtime = daemon().await;
        let runtime = refused.iter().fold(runtime, |runtime, (operation, part)| {
            runtime.refuse(*operation, part, Kind::Denied)
        });
        let (leftovers, took) = cleared(runtime, false).await;
        let names: Vec<_> = leftovers.names.iter().collect();
        assert_eq!(names, expected, "{refused:?}");
        assert_eq!(took, DEADLINE, "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_hangs_is_told_once() {
    let mut runtime = daemon().await;
    for _ in 0..3 {
        runtime = runtime.slow_next(Operation::List, DEADLINE * 100);
    }
    let (leftovers, took) = cleared(runtime, false).await;
    assert_eq!(leftovers.names, ["unknown (the daemon does not answer)"]);
    assert!(took < DEADLINE + Duration::from_secs(3), "{took:?}");
}
