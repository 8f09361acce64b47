//! What of a workspace an agent is handed: not too much, nothing odd, and ignored files when asked.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use deckhands_model::{ByteSize, Cause, TaskState};

use crate::support::{Agent, World, tree};

fn writes() -> Agent {
    Agent::new().starts().writes("new.txt", "x")
}

#[tokio::test(start_paused = true)]
async fn a_workspace_above_the_bound_needs_the_user_s_word() {
    let bounded = |word: bool| {
        World::new()
            .asking(|r| r.limits.workspace_bytes = ByteSize::bytes(10))
            .asking(|r| r.policy.any_size = word)
            .agent(writes().finishes("done"))
    };
    let world = bounded(false);
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::BadInput)));
    let error = ran.report.error.unwrap();
    assert_eq!(error.code, 2);
    assert!(
        error.message.contains("is larger than"),
        "{}",
        error.message
    );
    assert!(error.hint.unwrap().contains("--yes"));
    assert!(
        world.runtime.created_specs().is_empty(),
        "no agent was begun"
    );

    let ran = bounded(true).run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
}

#[tokio::test(start_paused = true)]
async fn a_sparse_file_is_as_large_as_it_says() {
    let world = World::new().agent(writes().finishes("done"));
    let disk = fs::File::create(world.workspace().join("disk")).unwrap();
    disk.set_len(1 << 40).unwrap();
    let runner = world.runner();
    let cancel = tokio_util::sync::CancellationToken::new();
    let report = runner
        .run(&world.request, &deckhands_orchestration::Silent, &cancel)
        .await;
    let error = report.error.unwrap();
    assert_eq!(error.cause, Some(Cause::BadInput), "{}", error.message);
    assert!(
        error.message.contains("is larger than"),
        "{}",
        error.message
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_file_is_left_out_and_told() {
    let world = World::new().agent(writes().finishes("done"));
    UnixListener::bind(world.workspace().join("socket")).unwrap();
    symlink("/etc", world.workspace().join("out")).unwrap();
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(ran.report.applied);
    let told = |text: &str| ran.report.notes.iter().any(|note| note.contains(text));
    assert!(told("`socket` (a socket)"), "{:?}", ran.report.notes);
    assert!(
        told("`out` is a link that leads out"),
        "{:?}",
        ran.report.notes
    );
    assert!(world.workspace().join("socket").exists() && world.workspace().join("out").exists());
}

#[tokio::test(start_paused = true)]
async fn ignored_files_come_and_go_back_only_when_asked_for() {
    for asked in [true, false] {
        let agent = Agent::new().starts().runs("work", move |root| {
            assert_eq!(root.join("build.log").exists(), asked);
            fs::write(root.join("build.log"), "by the agent").unwrap();
            fs::write(root.join("new.txt"), "x").unwrap();
        });
        let world = World::new()
            .asking(|r| r.policy.include_ignored = asked)
            .agent(agent.finishes("done"));
        fs::create_dir(world.workspace().join(".git")).unwrap();
        fs::write(world.workspace().join(".gitignore"), "*.log\n").unwrap();
        fs::write(world.workspace().join("build.log"), "mine").unwrap();
        let ran = world.run().await;
        world.assert_no_problems();
        assert_eq!(ran.end(), (TaskState::Completed, None));
        let files = tree(world.workspace());
        let expected = if asked { "by the agent" } else { "mine" };
        assert_eq!(files["build.log"], expected);
        assert_eq!(files["new.txt"], "x");
    }
}
