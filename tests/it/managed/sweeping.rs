//! Networks of dead attempts go, those of living ones stay, whoever asks.

use std::fs;
use std::time::Duration;

use deckhands_model::TaskState;
use deckhands_orchestration::{
    Adoptable, Home, Ports, Silent, SweepOptions, SweepReport, SystemIds, sweep,
};
use deckhands_runtime::{Operation, RuntimeErrorKind};
use tokio_util::sync::CancellationToken;

use super::{good, open_machine, working};
use crate::support::{World, secs};

const OPTIONS: SweepOptions = SweepOptions {
    all_homes: false,
    dry_run: false,
    deadline: Duration::from_secs(30),
    adoptable: Adoptable::Leave,
    now: jiff::Timestamp::UNIX_EPOCH,
};

const DRY: SweepOptions = SweepOptions {
    dry_run: true,
    ..OPTIONS
};

/// Runs the task and lets the process die in the middle of it.
async fn dies(world: &World) {
    let (runner, cancel) = (world.runner(), CancellationToken::new());
    let run = runner.run(&world.request, &Silent, &cancel);
    assert!(tokio::time::timeout(secs(20), run).await.is_err());
}

async fn swept(world: &World, home: &Home, options: SweepOptions) -> SweepReport {
    let ports = Ports::of(world.runtime.clone());
    let mut report = sweep(&ports, home, options).await.unwrap();
    report.removed.sort();
    report
}

/// Names of all that is there, sorted.
fn there(world: &World) -> Vec<String> {
    let containers = world.runtime.live().into_iter().map(|c| c.name.0);
    let networks = world.runtime.live_networks().into_iter().map(|n| n.name);
    let mut names: Vec<_> = containers.chain(networks).collect();
    names.sort();
    names
}

/// Dies before its first container is made, and after its network was.
fn early() -> World {
    let world = open_machine(good());
    world.daemon(|daemon| daemon.slow_next(Operation::Create, secs(60)))
}

fn midway() -> World {
    open_machine(working().hangs())
}

#[tokio::test(start_paused = true)]
async fn a_dead_attempt_s_network_goes_with_or_without_containers() {
    for (world, count) in [(early(), 1), (midway(), 3)] {
        dies(&world).await;
        let left = there(&world);
        assert_eq!(left.len(), count, "{left:?}");
        let dry = swept(&world, &world.home, DRY).await;
        assert_eq!(dry.removed, left, "{dry:?}");
        assert_eq!(there(&world), left, "a dry run does nothing");
        let wet = swept(&world, &world.home, OPTIONS).await;
        assert_eq!(wet, dry);
        assert_eq!(wet.cancelled.len(), 1, "{wet:?}");
        assert!(there(&world).is_empty());
        let dir = std::path::Path::new(&wet.cancelled[0]);
        for name in ["launcher", "way-out", "workspace", "agent-home"] {
            assert!(!dir.join(name).exists(), "{name}");
        }
        let result = fs::read_to_string(dir.join("result.json")).unwrap();
        let result: serde_json::Value = serde_json::from_str(&result).unwrap();
        assert_eq!(
            (&result["profile"], &result["egress"]),
            (&"managed".into(), &"open".into())
        );
        let again = swept(&world, &world.home, OPTIONS).await;
        assert_eq!(again, SweepReport::default());
    }
}

#[tokio::test(start_paused = true)]
async fn a_living_attempt_s_is_left_alone_and_told() {
    for (world, after, count) in [(early(), 10, 1), (midway(), 10, 3)] {
        let sweeper = async {
            tokio::time::sleep(secs(after)).await;
            let left = there(&world);
            let mut report = swept(&world, &world.home, OPTIONS).await;
            let dry = swept(&world, &world.home, DRY).await;
            report.live.sort();
            assert_eq!(report.live, left);
            assert_eq!((left.len(), dry.live.len()), (count, count));
            assert!(
                report.removed.is_empty() && dry.removed.is_empty(),
                "{report:?}"
            );
            assert_eq!(there(&world), left);
        };
        let (ran, ()) = tokio::join!(world.run_cancelled_after(secs(30)), sweeper);
        assert_eq!(ran.end(), (TaskState::Cancelled, None));
        assert!(there(&world).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_run_sweeps_first() {
    let world = early();
    dies(&world).await;
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(there(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_that_runs_where_its_home_is_not_to_be_seen_keeps_everything() {
    let world = midway();
    dies(&world).await;
    let other = Home::open(&world.root().join("other"), &SystemIds).unwrap();
    fs::remove_dir_all(world.home.path()).unwrap();
    let left = there(&world);
    let everywhere = SweepOptions {
        all_homes: true,
        ..OPTIONS
    };
    let report = swept(&world, &other, everywhere).await;
    assert!(report.removed.is_empty(), "{report:?}");
    assert_eq!(there(&world), left);
    for name in &left {
        let told = report
            .failed
            .iter()
            .any(|f| f.starts_with(&format!("{name}: ")));
        assert!(told, "{name}: {report:?}");
    }
    assert_eq!(report.failed.len(), 3, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn what_stays_is_named_once_and_its_files_stay_too() {
    let rows = [
        // What is refused, and what stays for it.
        ("-net", vec!["-net"]),
        ("-sandbox", vec!["-net", "-sandbox"]),
    ];
    for (part, stays) in rows {
        let world = midway();
        dies(&world).await;
        let kind = RuntimeErrorKind::Denied;
        let world = world.daemon(|daemon| daemon.refuse(Operation::Remove, part, kind));
        let report = swept(&world, &world.home, OPTIONS).await;
        let left = there(&world);
        assert_eq!(left.len(), stays.len(), "{left:?}");
        for (name, part) in left.iter().zip(&stays) {
            assert!(name.ends_with(part), "{name}");
            let told = report
                .failed
                .iter()
                .filter(|f| f.starts_with(&format!("{name}: ")));
            assert_eq!(told.count(), 1, "{report:?}");
        }
        assert_eq!(report.removed.len(), 3 - stays.len(), "{report:?}");
        assert!(report.cancelled.is_empty(), "{report:?}");
        world.runtime.allow_all();
        let report = swept(&world, &world.home, OPTIONS).await;
        assert_eq!(
            (report.removed.len(), report.cancelled.len()),
            (stays.len(), 1)
        );
        assert!(there(&world).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_shows_no_networks_is_told_and_containers_go() {
    let world = midway();
    dies(&world).await;
    let kind = RuntimeErrorKind::Denied;
    let world = world.daemon(|daemon| daemon.refuse(Operation::List, "networks", kind));
    let report = swept(&world, &world.home, OPTIONS).await;
    assert!(world.runtime.live().is_empty());
    assert_eq!(report.removed.len(), 2, "{report:?}");
    let told = |f: &String| f.starts_with("networks: list networks: permission denied");
    assert!(report.failed.iter().any(told), "{report:?}");
}
