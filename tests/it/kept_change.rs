//! A change that was not applied: it is kept, shown, and applied later, whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use deckhands_model::{Cause, RunReport, TaskState};
use deckhands_orchestration::{
    ApplyOptions, ApplyReport, KeptError, KeptTask, Ports, Silent, SweepOptions, sweep,
};
use deckhands_runtime::test_util::Script;
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, Ran, World, secs, tree};

const PROVED_ONLY: ApplyOptions = ApplyOptions {
    workspace: None,
    unproved: false,
};

const ANY: ApplyOptions = ApplyOptions {
    workspace: None,
    unproved: true,
};

fn writes() -> Agent {
    Agent::new().starts().writes("hello.txt", "Hello\n")
}

/// A run that is asked not to apply what its agent does to the workspace.
async fn not_applied(work: impl Fn(&Path) + Send + Sync + 'static) -> (World, Ran) {
    let agent = Agent::new().starts().runs("work", work).finishes("done");
    let world = World::new().asking(|r| r.policy.apply = false).agent(agent);
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(!ran.report.applied);
    (world, ran)
}

fn open(world: &World, report: &RunReport) -> KeptTask {
    KeptTask::open(&world.home, &report.task_id).unwrap()
}

fn apply(world: &World, report: &RunReport, how: &ApplyOptions) -> Result<ApplyReport, KeptError> {
    open(world, report).apply(&world.home, how)
}

/// The result document as it is kept now.
fn result(world: &World, report: &RunReport) -> RunReport {
    let dir = world.attempt_dir(report).unwrap();
    serde_json::from_slice(&fs::read(dir.join("result.json")).unwrap()).unwrap()
}

/// Asserts that only a user's word takes it over, and that it does.
fn check_unproved(world: &World, report: &RunReport, why: &str) {
    let before = tree(world.workspace());
    match apply(world, report, &PROVED_ONLY) {
        Err(KeptError::Unproved { why: told, .. }) => {
            assert!(told.contains(why), "`{why}` is not in `{told}`");
        }
        other => panic!("{why}: {other:?}"),
    }
    assert_eq!(tree(world.workspace()), before, "{why}");
    let applied = apply(world, report, &ANY).unwrap();
    assert!(applied.applied && !applied.already_applied, "{why}");
    assert_eq!(tree(world.workspace())["hello.txt"], "Hello\n", "{why}");
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_change_is_applied_as_the_agent_made_it() {
    let odd = || PathBuf::from(OsStr::from_bytes(b"not-\xff-utf8"));
    let (world, ran) = not_applied(move |root| {
        fs::write(root.join("README.md"), b"\0binary\xff").unwrap();
        fs::remove_file(root.join("main.py")).unwrap();
        fs::create_dir(root.join("main.py")).unwrap();
        fs::write(root.join("main.py/below"), "x").unwrap();
        fs::write(root.join("run"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("run", root.join("latest")).unwrap();
        fs::write(root.join(odd()), "x").unwrap();
    })
    .await;
    let applied = apply(&world, &ran.report, &PROVED_ONLY).unwrap();
    assert!(applied.applied && !applied.already_applied);
    assert_eq!(applied.changes, ran.report.changes);
    let workspace = world.workspace();
    let read = |path: &Path| fs::read(workspace.join(path)).unwrap();
    assert_eq!(read(Path::new("README.md")), b"\0binary\xff");
    assert_eq!(read(Path::new("main.py/below")), b"x");
    assert_eq!(read(&odd()), b"x");
    let link = fs::read_link(workspace.join("latest")).unwrap();
    assert_eq!(link, Path::new("run"));
    let mode = fs::metadata(workspace.join("run")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o111, 0o111);
    assert!(result(&world, &ran.report).applied, "the document tells it");
}

#[tokio::test(start_paused = true)]
async fn applying_again_does_nothing_until_the_user_takes_it_back() {
    let (world, ran) = not_applied(|root| {
        fs::write(root.join("README.md"), "# By the agent\n").unwrap();
        fs::remove_file(root.join("main.py")).unwrap();
    })
    .await;
    let before = tree(world.workspace());
    apply(&world, &ran.report, &PROVED_ONLY).unwrap();
    let after = tree(world.workspace());
    let again = apply(&world, &ran.report, &PROVED_ONLY).unwrap();
    assert!(again.applied && again.already_applied);
    assert_eq!(tree(world.workspace()), after);
    for (path, content) in &before {
        fs::write(world.workspace().join(path), content).unwrap();
    }
    let third = apply(&world, &ran.report, &PROVED_ONLY).unwrap();
    assert!(third.applied && !third.already_applied);
    assert_eq!(tree(world.workspace()), after);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_changes_nothing_and_can_be_solved() {
    let (world, ran) = not_applied(|root| {
        fs::write(root.join("README.md"), "# By the agent\n").unwrap();
        fs::write(root.join("new.txt"), "x").unwrap();
    })
    .await;
    let readme = world.workspace().join("README.md");
    fs::write(&readme, "# By me\n").unwrap();
    let before = tree(world.workspace());
    let refused = apply(&world, &ran.report, &ANY).unwrap();
    assert_eq!(
        (refused.applied, &refused.conflict[..]),
        (false, &["README.md".to_owned()][..])
    );
    assert_eq!(tree(world.workspace()), before);
    assert!(!result(&world, &ran.report).applied);
    fs::write(&readme, "# Demo\n").unwrap();
    let solved = apply(&world, &ran.report, &PROVED_ONLY).unwrap();
    assert!(solved.applied && solved.conflict.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_conflict_at_the_end_of_the_run_is_applied_later_without_a_word() {
    let world = World::new();
    let readme = world.workspace().join("README.md");
    let meanwhile = readme.clone();
    let agent = writes().writes("README.md", "# By the agent\n");
    let agent = agent.does(move |_| fs::write(&meanwhile, "# By me\n").unwrap());
    let world = world.agent(agent.finishes("done"));
    let ran = world.run().await;
    assert_eq!(ran.report.conflict, ["README.md"]);
    fs::write(&readme, "# Demo\n").unwrap();
    assert!(apply(&world, &ran.report, &PROVED_ONLY).unwrap().applied);
    let told = result(&world, &ran.report);
    assert!(told.applied && told.conflict.is_empty());
    assert_eq!(tree(world.workspace())["README.md"], "# By the agent\n");
}

#[tokio::test(start_paused = true)]
async fn what_a_check_refused_needs_the_user_s_word() {
    let world = World::new()
        .asking(|r| r.checks = vec!["make test".to_owned()])
        .agent(writes().finishes("done"))
        .on("-check", Script::new().exit(secs(1), 1));
    let ran = world.run().await;
    assert_eq!(ran.cause(), Some(Cause::CheckFailed));
    check_unproved(&world, &ran.report, "rejected (`make test`)");
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_agent_left_needs_the_user_s_word() {
    let agent = writes().fails("AgentStuckInLoopError: stuck", None);
    let world = World::new().agent(agent);
    let ran = world.run().await;
    assert_eq!(ran.cause(), Some(Cause::Stuck));
    check_unproved(&world, &ran.report, "the agent did not finish (Stuck)");
}

#[tokio::test(start_paused = true)]
async fn what_a_cancelled_agent_left_needs_the_user_s_word() {
    let world = World::new().agent(writes().hangs());
    let ran = world.run_cancelled_after(secs(60)).await;
    assert_eq!(ran.end(), (TaskState::Cancelled, None));
    let patch = fs::read_to_string(ran.report.patch.as_ref().unwrap()).unwrap();
    assert!(patch.contains("+Hello"), "{patch}");
    check_unproved(&world, &ran.report, "cancelled");
}

#[tokio::test(start_paused = true)]
async fn where_the_workspace_went_away_the_change_is_kept_and_fits_elsewhere() {
    let world = World::new();
    let (from, to) = (world.workspace().to_owned(), world.root().join("moved"));
    let moved = to.clone();
    let agent = writes().does(move |_| fs::rename(&from, &to).unwrap());
    let world = world.agent(agent.finishes("done"));
    let runner = world.runner();
    let cancel = CancellationToken::new();
    let report = runner.run(&world.request, &Silent, &cancel).await;
    assert_eq!(report.state, TaskState::Failed);
    let gone = apply(&world, &report, &PROVED_ONLY);
    assert!(
        matches!(gone, Err(KeptError::NoWorkspace { .. })),
        "{gone:?}"
    );
    let there = ApplyOptions {
        workspace: Some(moved.clone()),
        ..PROVED_ONLY
    };
    let applied = apply(&world, &report, &there).unwrap();
    assert!(applied.applied, "its checks had accepted it");
    assert_eq!(applied.workspace, moved);
    assert_eq!(tree(&moved)["hello.txt"], "Hello\n");
    assert!(!result(&world, &report).applied, "not in its own workspace");
}

#[tokio::test(start_paused = true)]
async fn an_applied_change_is_shown_and_not_kept_twice() {
    let world = World::new().agent(writes().finishes("done"));
    let ran = world.run().await;
    assert!(ran.report.applied);
    let task = open(&world, &ran.report);
    let patch = String::from_utf8(task.patch().unwrap()).unwrap();
    assert!(patch.contains("+++ b/hello.txt"), "{patch}");
    assert_eq!(task.kept().changes, ran.report.changes);
    drop(task);
    let again = apply(&world, &ran.report, &PROVED_ONLY).unwrap();
    assert!(again.already_applied);
    fs::remove_file(world.workspace().join("hello.txt")).unwrap();
    let lost = apply(&world, &ran.report, &PROVED_ONLY);
    assert!(matches!(lost, Err(KeptError::NotKept { .. })), "{lost:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_keeps_its_files_can_be_applied_from_them() {
    let agent = writes().finishes("done");
    let keep = |r: &mut deckhands_orchestration::TaskRequest| {
        (r.policy.apply, r.policy.keep) = (false, true);
    };
    let world = World::new().asking(keep).agent(agent);
    let ran = world.run().await;
    assert!(apply(&world, &ran.report, &PROVED_ONLY).unwrap().applied);
    let dir = world.attempt_dir(&ran.report).unwrap();
    assert!(dir.join("workspace/hello.txt").exists(), "still kept");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_changed_is_refused_and_nothing_is_applied() {
    let rows: [(&str, &[u8]); 3] = [
        ("changed-files/hello.txt", b"HELLO\n"),
        ("changed-files/hello.txt", b""),
        ("change.json", b"{\"version\":1,\"entries\":[{"),
    ];
    for (file, content) in rows {
        let world = World::new()
            .asking(|r| r.policy.apply = false)
            .agent(writes().finishes("done"));
        let ran = world.run().await;
        let before = tree(world.workspace());
        let path = world.attempt_dir(&ran.report).unwrap().join(file);
        fs::write(path, content).unwrap();
        let opened = KeptTask::open(&world.home, &ran.report.task_id);
        let refused = opened.and_then(|mut task| task.apply(&world.home, &ANY));
        assert!(
            matches!(refused, Err(KeptError::Damaged { .. })),
            "{file}: {refused:?}"
        );
        assert_eq!(tree(world.workspace()), before, "{file}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_under_way_is_left_alone() {
    let agent = writes().after(secs(60)).finishes("done");
    let world = World::new().agent(agent);
    let look = async {
        tokio::time::sleep(secs(20)).await;
        KeptTask::open(&world.home, "last").map(|task| task.kept())
    };
    let (ran, looked) = tokio::join!(world.run(), look);
    assert!(matches!(looked, Err(KeptError::Live { .. })), "{looked:?}");
    assert!(open(&world, &ran.report).kept().applied);
}

/// A process that dies while a check runs; gives the task's id.
async fn dies_in_a_check(world: &World) -> String {
    let (runner, cancel) = (world.runner(), CancellationToken::new());
    let run = runner.run(&world.request, &Silent, &cancel);
    assert!(tokio::time::timeout(secs(40), run).await.is_err());
    let tasks = fs::read_dir(world.home.attempts_dir()).unwrap();
    let names = tasks.map(|task| task.unwrap().file_name());
    names.map(|n| n.into_string().unwrap()).next().unwrap()
}

fn with_a_check_that_hangs() -> World {
    World::new()
        .asking(|request| request.checks = vec!["sleep 100".to_owned()])
        .agent(writes().finishes("done"))
        .on("-check", Script::new().hang())
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_process_had_read_is_there_at_once() {
    let world = with_a_check_that_hangs();
    let id = dies_in_a_check(&world).await;
    let mut task = KeptTask::open(&world.home, &id).unwrap();
    assert_eq!(task.kept().state, None);
    assert!(!task.patch().unwrap().is_empty());
    match task.apply(&world.home, &PROVED_ONLY) {
        Err(KeptError::Unproved { why, .. }) => assert!(why.contains("died"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(task.apply(&world.home, &ANY).unwrap().applied);
    assert_eq!(tree(world.workspace())["hello.txt"], "Hello\n");
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_process_had_read_outlives_the_sweep() {
    let world = with_a_check_that_hangs();
    let id = dies_in_a_check(&world).await;
    let options = SweepOptions {
        all_homes: false,
        dry_run: false,
        deadline: secs(30),
        adoptable: deckhands_orchestration::Adoptable::Leave,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let ports = Ports::of(world.runtime.clone());
    let swept = sweep(&ports, &world.home, options).await.unwrap();
    assert_eq!(swept.cancelled.len(), 1, "{swept:?}");
    let mut task = KeptTask::open(&world.home, &id).unwrap();
    let kept = task.kept();
    assert_eq!(kept.state, Some(TaskState::Cancelled));
    assert_eq!(kept.changes.len(), 1);
    let booked = fs::read(world.home.attempts_dir().join(&id).join("1/result.json")).unwrap();
    let booked: RunReport = serde_json::from_slice(&booked).unwrap();
    assert_eq!((booked.task_id, booked.changes), (id, kept.changes));
    assert!(!booked.applied && booked.patch.is_some());
    assert!(task.apply(&world.home, &ANY).unwrap().applied);
    assert_eq!(tree(world.workspace())["hello.txt"], "Hello\n");
}
