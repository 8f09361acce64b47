//! What is told of the files of dead attempts.

use deckhands_model::{AttemptNumber, Network, Profile, TaskId};
use deckhands_runtime::test_util::FakeRuntime;
use tempfile::TempDir;

use super::*;
use crate::attempt_dir::AttemptRecord;
use crate::clock::SystemIds;
use crate::runner::{died, write_report};

/// A dead attempt whose working files are still there; gives its directory's name.
fn dead(home: &Home, byte: u8) -> AttemptDir {
    let task = TaskId::from_random([byte; 16]);
    let record = AttemptRecord {
        task_id: task.to_string(),
        number: 1,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        workspace: home.path().to_owned(),
        sandbox_image: None,
        profile: Profile::Socket,
        network: Network::Open,
        keep: false,
        adoptable: false,
    };
    let number = AttemptNumber::FIRST;
    let dir = AttemptDir::of(home, AttemptId { task, number });
    drop(dir.create(home, &record).unwrap());
    dir
}

#[tokio::test(start_paused = true)]
async fn only_an_attempt_without_an_end_is_cancelled_also_in_a_dry_run() {
    let root = TempDir::new().unwrap();
    let home = Home::open(root.path(), &SystemIds).unwrap();
    let (ended, cut_off) = (dead(&home, 1), dead(&home, 2));
    write_report(&ended, &died("1".to_owned(), None)).unwrap();
    let name = |dir: &AttemptDir| dir.root().display().to_string();
    let expected = SweepReport {
        cleared: vec![name(&ended)],
        cancelled: vec![name(&cut_off)],
        ..SweepReport::default()
    };
    let ports = Ports::of(FakeRuntime::new());
    for dry_run in [true, false] {
        let options = SweepOptions {
            all_homes: false,
            dry_run,
            deadline: Duration::from_secs(30),
            adoptable: Adoptable::Leave,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let told = sweep(&ports, &home, options).await.unwrap();
        assert_eq!(told, expected, "dry run: {dry_run}");
        assert_eq!(ended.agent_dirs().workspace.exists(), dry_run);
    }
}
