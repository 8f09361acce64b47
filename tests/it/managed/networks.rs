//! A daemon that makes no network, shows none, or does not let one go.

use deckhands_model::{Cause, RunReport, TaskState};
use deckhands_orchestration::{Ports, Silent, SweepOptions, sweep};
use deckhands_runtime::{Operation, RuntimeErrorKind as Kind};
use tokio_util::sync::CancellationToken;

use super::{good, machine, open_machine};
use crate::support::{World, secs};

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_made_is_told_before_anything_runs() {
    let rows = [
        (Kind::Exhausted, Cause::HostDiskFull),
        (Kind::Denied, Cause::PermissionDenied),
        (Kind::Conflict, Cause::Unknown),
    ];
    for (kind, cause) in rows {
        let world = open_machine(good());
        let world = world.daemon(|daemon| daemon.refuse(Operation::CreateNetwork, "-net", kind));
        let ran = world.run().await;
        assert_eq!(ran.end(), (TaskState::Failed, Some(cause)), "{kind:?}");
        let error = ran.report.error.unwrap();
        assert!(error.message.contains("create network"), "{error:?}");
        assert!(world.runtime.created_specs().is_empty());
    }
}

/// Runs it where what it leaves is the point.
async fn run(world: &World) -> RunReport {
    let runner = world.runner();
    let cancel = CancellationToken::new();
    runner.run(&world.request, &Silent, &cancel).await
}

/// Its work is not believed, and this is told with the way out.
fn assert_unbelieved(world: &World, report: &RunReport, told: &str) {
    let cause = report.error.as_ref().and_then(|error| error.cause);
    assert_eq!(cause, Some(Cause::DaemonUnreachable), "{report:?}");
    assert_eq!(report.error.as_ref().unwrap().code, 3);
    assert!(!report.applied && report.changes.is_empty());
    assert!(!world.workspace().join("half.txt").exists());
    let is_told = |note: &String| note.contains(told) && note.contains("deckhands reap");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
    let cleanup = report.timings.cleanup_s;
    assert!((30.0..33.0).contains(&cleanup), "{cleanup}");
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_removed_is_named_and_goes_later() {
    for kind in [Kind::Denied, Kind::Conflict, Kind::Unreachable] {
        let world = open_machine(good());
        let world = world.daemon(|daemon| daemon.refuse(Operation::Remove, "-net", kind));
        let report = run(&world).await;
        assert!(
            world.runtime.live().is_empty(),
            "containers go all the same"
        );
        let left = world.runtime.live_networks();
        assert_eq!(left.len(), 1);
        assert_unbelieved(&world, &report, &left[0].name);
        world.runtime.allow_all();
        let options = SweepOptions {
            all_homes: false,
            dry_run: false,
            deadline: secs(30),
            adoptable: deckhands_orchestration::Adoptable::Leave,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let ports = Ports::of(world.runtime.clone());
        let swept = sweep(&ports, &world.home, options).await.unwrap();
        assert_eq!(swept.removed, [left[0].name.clone()], "{swept:?}");
        assert_eq!((swept.cancelled.len(), swept.cleared.len()), (0, 1));
        world.assert_sound(&report);
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_shows_none_is_told_also_where_none_is_made() {
    for world in [machine(good()), open_machine(good())] {
        let world = world.daemon(|daemon| daemon.refuse(Operation::List, "networks", Kind::Denied));
        let report = run(&world).await;
        assert!(
            world.runtime.live().is_empty(),
            "containers go all the same"
        );
        assert_unbelieved(&world, &report, "list networks: permission denied");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_tried_again() {
    let rows = [
        (Operation::Remove, "-net", Kind::Conflict),
        (Operation::List, "networks", Kind::Unreachable),
    ];
    for (operation, part, kind) in rows {
        let world = open_machine(good());
        let daemon = world.runtime.clone();
        let moment = async {
            tokio::time::sleep(secs(10)).await;
            let _same = daemon.clone().refuse(operation, part, kind);
            tokio::time::sleep(secs(10)).await;
            daemon.allow_all();
        };
        let (ran, ()) = tokio::join!(world.run(), moment);
        assert_eq!(ran.end(), (TaskState::Completed, None), "{operation:?}");
        assert!(world.runtime.live_networks().is_empty());
    }
}
