//! What counts as done, and what of it reaches the user's workspace.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use deckhands_model::{Cause, Severity, TaskState};
use deckhands_orchestration::Client;
use serde_json::json;

use crate::support::{Agent, Ran, World, contains, secs, tree};

/// A run of an agent that does this to the workspace and says that it is done.
async fn work(work: impl Fn(&Path) + Send + Sync + 'static) -> (World, Ran) {
    let world = World::new().agent(Agent::new().starts().runs("work", work).finishes("done"));
    let ran = world.run().await;
    world.assert_no_problems();
    (world, ran)
}

fn changes(ran: &Ran) -> Vec<String> {
    let told = ran.report.changes.iter();
    told.map(|change| format!("{:?} {}", change.kind, change.path))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_the_agent_says_and_does_can_be_read_while_it_works() {
    let agent = Agent::new().starts().log("half of it is done");
    let agent =
        agent.event(json!({"source": "agent", "action": "run", "args": {"command": "make half"}}));
    let world = World::new().agent(agent.hangs());
    let look = async {
        tokio::time::sleep(secs(20)).await;
        let task = fs::read_dir(world.home.attempts_dir()).unwrap().next();
        let dir = task.unwrap().unwrap().path().join("1");
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        let printed = read("transcript.log");
        assert!(printed.contains("half of it is done"), "{printed}");
        let stored = read("events.jsonl");
        assert!(stored.contains("make half"), "{stored}");
    };
    let (ran, ()) = tokio::join!(world.run_cancelled_after(secs(30)), look);
    assert_eq!(ran.end(), (TaskState::Cancelled, None));
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_change_is_taken_over() {
    let (world, ran) = work(|root| {
        fs::write(root.join("README.md"), "# Changed\n").unwrap();
        fs::remove_file(root.join("main.py")).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/run"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(root.join("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("bin/run", root.join("latest")).unwrap();
    })
    .await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(ran.report.applied);
    assert_eq!(
        changes(&ran),
        [
            "Modified README.md",
            "Created bin/run",
            "Created latest",
            "Deleted main.py"
        ]
    );
    let workspace = world.workspace();
    assert_eq!(
        tree(workspace).keys().collect::<Vec<_>>(),
        ["README.md", "bin/run"]
    );
    assert_eq!(
        fs::metadata(workspace.join("bin/run"))
            .unwrap()
            .permissions()
            .mode()
            & 0o111,
        0o111
    );
    assert_eq!(
        fs::read_link(workspace.join("latest")).unwrap(),
        Path::new("bin/run")
    );
}

#[tokio::test(start_paused = true)]
async fn a_claim_without_a_change_is_no_success() {
    let claims = || {
        Agent::new()
            .starts()
            .thinks("all is well")
            .finishes("I did everything.")
    };
    let ran = World::new().agent(claims()).run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::EmptyChange)));
    assert_eq!(
        ran.report.verdict.as_ref().map(|v| v.word()),
        Some("rejected")
    );
    assert_eq!((ran.report.applied, &ran.report.patch), (false, &None));
    assert_eq!(
        ran.report.attempts[0].outcome, "finished",
        "the agent did finish"
    );

    let ran = World::new()
        .asking(|r| r.policy.allow_no_change = true)
        .agent(claims())
        .run()
        .await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(
        (ran.report.applied, ran.report.output.as_str()),
        (false, "I did everything.")
    );
}

#[tokio::test(start_paused = true)]
async fn undoing_one_s_own_work_is_no_change() {
    let (_world, ran) = work(|root| {
        fs::write(root.join("new"), "x").unwrap();
        fs::remove_file(root.join("new")).unwrap();
        fs::write(root.join("README.md"), "# Demo\n").unwrap();
        fs::create_dir(root.join("empty")).unwrap();
    })
    .await;
    assert_eq!(ran.cause(), Some(Cause::EmptyChange));
}

#[tokio::test(start_paused = true)]
async fn what_may_not_come_back_is_warned_of_and_left_behind() {
    let (world, ran) = work(|root| {
        fs::write(root.join("good"), "x").unwrap();
        symlink("/etc/passwd", root.join("out")).unwrap();
        fs::write(root.join("setuid"), "x").unwrap();
        fs::set_permissions(root.join("setuid"), fs::Permissions::from_mode(0o4755)).unwrap();
        fs::create_dir_all(root.join(".git/hooks")).unwrap();
        fs::write(root.join(".git/hooks/post-checkout"), "#!/bin/sh\n").unwrap();
    })
    .await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(changes(&ran), ["Created good"]);
    let verdict = ran.report.verdict.as_ref().unwrap();
    let warned: Vec<_> = verdict
        .findings()
        .iter()
        .map(|f| (f.severity, f.message.split('`').nth(1).unwrap()))
        .collect();
    assert_eq!(
        warned,
        [(Severity::Warning, "out"), (Severity::Warning, "setuid")]
    );
    let names: Vec<_> = fs::read_dir(world.workspace())
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn only_what_may_not_come_back_is_an_empty_change() {
    let (_world, ran) = work(|root| symlink("../..", root.join("out")).unwrap()).await;
    assert_eq!(ran.cause(), Some(Cause::EmptyChange));
}

#[tokio::test(start_paused = true)]
async fn without_apply_the_change_is_kept_as_a_patch() {
    let agent = Agent::new()
        .starts()
        .writes("hello.txt", "Hello\n")
        .finishes("done");
    let world = World::new().asking(|r| r.policy.apply = false).agent(agent);
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(!ran.report.applied && !world.workspace().join("hello.txt").exists());
    let patch = fs::read_to_string(ran.report.patch.as_ref().unwrap()).unwrap();
    assert!(patch.contains("+++ b/hello.txt"), "{patch}");
}

#[tokio::test(start_paused = true)]
async fn asked_to_keep_the_attempt_s_files_stay() {
    let agent = Agent::new()
        .starts()
        .writes("hello.txt", "Hello\n")
        .finishes("done");
    let world = World::new().asking(|r| r.policy.keep = true).agent(agent);
    let ran = world.run().await;
    let dir = world.attempt_dir(&ran.report).unwrap();
    assert_eq!(
        fs::read_to_string(dir.join("workspace/hello.txt")).unwrap(),
        "Hello\n"
    );
    assert_eq!(
        fs::read_to_string(dir.join("input/task.md")).unwrap(),
        "Write a greeting"
    );
    assert_eq!(
        contains(&dir.join("input"), "probe-"),
        Vec::<std::path::PathBuf>::new()
    );
}

#[tokio::test(start_paused = true)]
async fn a_finished_agent_whose_program_hangs_is_ended_and_done() {
    let agent = Agent::new()
        .starts()
        .writes("a", "x")
        .claims_done("done")
        .hangs();
    let world = World::new().agent(agent);
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(ran.report.attempts[0].container_exit, None);
    assert!(
        ran.report.timings.after_agent_s < 1.0,
        "{:?}",
        ran.report.timings
    );
}

#[tokio::test(start_paused = true)]
async fn what_git_ignores_is_neither_handed_over_nor_touched() {
    let agent = Agent::new().starts().runs("rm -f build.log; ls", |root| {
        assert!(!root.join("build.log").exists(), "it was handed over");
        fs::write(root.join("build.log"), "agent").unwrap();
    });
    let world = World::new().agent(agent.finishes("done"));
    fs::create_dir(world.workspace().join(".git")).unwrap();
    fs::write(world.workspace().join(".gitignore"), "*.log\n").unwrap();
    fs::write(world.workspace().join("build.log"), "user").unwrap();
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(
        fs::read_to_string(world.workspace().join("build.log")).unwrap(),
        "user"
    );
    assert_eq!(
        ran.cause(),
        Some(Cause::EmptyChange),
        "what git ignores is no work"
    );
}

#[tokio::test(start_paused = true)]
async fn files_of_another_user_are_given_back_before_they_are_read() {
    let foreign = 12_345;
    let agent = Agent::new().starts().runs("make", move |root| {
        fs::write(root.join("made"), "x").unwrap();
        // Only the super-user can give files away; for others nothing is foreign here.
        let _ = std::os::unix::fs::chown(root.join("made"), Some(foreign), None);
    });
    let take_back = |spec: &deckhands_runtime::ContainerSpec| {
        let made = spec.mounts[0].source.join("workspace/made");
        std::os::unix::fs::chown(made, Some(rustix::process::getuid().as_raw()), None).unwrap();
    };
    let chown =
        deckhands_runtime::test_util::Script::new().call(std::time::Duration::ZERO, take_back);
    let world = World::new()
        .agent(agent.finishes("done"))
        .on("-owner", chown.exit(std::time::Duration::ZERO, 0));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    let specs = world.runtime.created_specs();
    let owners: Vec<_> = specs
        .iter()
        .filter(|spec| spec.name.0.ends_with("-owner"))
        .collect();
    let as_root = rustix::process::geteuid().is_root();
    assert_eq!(
        owners.len(),
        usize::from(as_root),
        "one container, only where something is foreign"
    );
    for spec in owners {
        assert_eq!(spec.entrypoint.as_deref(), Some(&["chown".to_owned()][..]));
        assert_eq!(spec.network, deckhands_runtime::NetworkMode::None);
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_says_it_in_five_fields() {
    let agent = Agent::new()
        .starts()
        .writes("hello.txt", "Hello\n")
        .finishes("I wrote it.");
    let world = World::new().agent(agent);
    let client = Client::new(world.runner(), world.request.clone());
    let result = client.execute_task("Say hello").await.unwrap();
    assert!(result.success);
    assert_eq!(
        (result.output.as_str(), result.error),
        ("I wrote it.", None)
    );
    assert!(result.execution_time.as_secs() >= 12);
    assert_eq!(result.metadata["changed_files"], "1");
    assert_eq!(result.metadata["state"], "completed");
    assert_eq!(result.metadata["input_tokens"], "2100");
    world.assert_sound(&result.report);
    assert!(client.execute_task(" ").await.is_err());
}
