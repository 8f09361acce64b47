//! Checks: what they see, and what each way of ending means.

use std::fs;

use deckhands_model::{Cause, TaskState, Verdict};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{ContainerSpec, NetworkMode, UserSpec};

use crate::support::{Agent, Ran, World, millis, secs};

/// A world whose agent writes a file, and whose task has these checks.
fn world(commands: &[&str]) -> World {
    let checks = commands
        .iter()
        .map(|command| (*command).to_owned())
        .collect();
    World::new()
        .asking(|request| request.checks = checks)
        .agent(
            Agent::new()
                .starts()
                .writes("hello.txt", "Hello\n")
                .finishes("done"),
        )
}

fn exits(code: i64) -> Script {
    Script::new()
        .stdout(millis(500), "checking")
        .exit(secs(1), code)
}

/// The judgement's word, and what each finding says about which check.
fn judged(ran: &Ran) -> (&str, Vec<(&str, &str)>) {
    let verdict: &Verdict = ran.report.verdict.as_ref().unwrap();
    let findings = verdict.findings().iter();
    (
        verdict.word(),
        findings
            .map(|f| (f.check.as_str(), f.message.as_str()))
            .collect(),
    )
}

#[tokio::test(start_paused = true)]
async fn all_must_accept() {
    let world = world(&["test -s hello.txt", "make"])
        .on("-check", exits(0))
        .on("-check", exits(0));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(judged(&ran), ("accepted", Vec::new()));
    assert!(ran.report.applied);
    assert!(
        ran.report.timings.checks_s >= 3.0,
        "{:?}",
        ran.report.timings
    );
    world.assert_no_problems();
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_rejects_and_the_others_are_still_asked() {
    let world = world(&["make lint", "make", "make test"])
        .on("-check0", exits(2))
        .on("-check1", exits(0))
        .on("-check2", exits(1));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::CheckFailed)));
    let findings = vec![
        ("make lint", "exit code 2\nchecking"),
        ("make test", "exit code 1\nchecking"),
    ];
    assert_eq!(judged(&ran), ("rejected", findings));
    assert!(!ran.report.applied && !world.workspace().join("hello.txt").exists());
    let patch = fs::read_to_string(ran.report.patch.as_ref().unwrap()).unwrap();
    assert!(patch.contains("+Hello"), "the work is kept: {patch}");
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_run_proves_nothing() {
    // There is no script for the check, so the daemon refuses to create its container.
    let ran = world(&["make"]).run().await;
    assert_eq!(ran.report.state, TaskState::Failed);
    let (word, findings) = judged(&ran);
    assert_eq!(word, "inconclusive");
    assert!(
        findings[0].1.starts_with("could not be run: "),
        "{findings:?}"
    );
    assert!(!ran.report.applied);
}

#[tokio::test(start_paused = true)]
async fn together_they_have_their_deadline() {
    let world = world(&["quick", "sleep infinity", "never"])
        .on("-check0", exits(0))
        .on("-check1", Script::new().hang());
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::CheckFailed)));
    let (word, findings) = judged(&ran);
    assert_eq!(
        (word, findings.len(), findings[0].0),
        ("rejected", 1, "sleep infinity")
    );
    assert!(findings[0].1.contains("120 s"), "{findings:?}");
    assert!(
        (ran.report.timings.checks_s - 120.0).abs() < 0.001,
        "{:?}",
        ran.report.timings
    );
}

#[tokio::test(start_paused = true)]
async fn a_check_works_on_a_copy_and_its_traces_stay_there() {
    let look = |spec: &ContainerSpec| {
        let copy = &spec.mounts[0].source;
        assert_eq!(
            fs::read_to_string(copy.join("hello.txt")).unwrap(),
            "Hello\n"
        );
        fs::write(copy.join("hello.txt"), "changed by the check").unwrap();
        fs::write(copy.join("report.xml"), "x").unwrap();
    };
    let second = |spec: &ContainerSpec| {
        let copy = &spec.mounts[0].source;
        assert!(
            !copy.join("report.xml").exists(),
            "each check has its own copy"
        );
    };
    let script = |look: fn(&ContainerSpec)| Script::new().call(millis(1), look).exit(millis(1), 0);
    let world = world(&["make", "make"])
        .on("-check0", script(look))
        .on("-check1", script(second));
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(
        fs::read_to_string(world.workspace().join("hello.txt")).unwrap(),
        "Hello\n"
    );
    assert_eq!(ran.report.changes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_s_container_is_shut_in() {
    let world = world(&["make \"all of it\""]).on("-check", exits(0));
    world.run().await;
    let specs = world.runtime.created_specs();
    let spec = specs
        .iter()
        .find(|spec| spec.name.0.contains("-check"))
        .unwrap();
    assert_eq!(spec.entrypoint.as_deref().unwrap(), ["sh", "-c"]);
    assert_eq!(spec.command, ["make \"all of it\""]);
    assert_eq!(spec.network, NetworkMode::None);
    let (uid, gid) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    assert_eq!(spec.user, UserSpec::Ids { uid, gid });
    assert!(spec.hardening.drop_capabilities && spec.hardening.no_new_privileges);
    assert_eq!(spec.limits.memory, Some(world.request.limits.memory));
    let [mount] = &spec.mounts[..] else {
        panic!("{:?}", spec.mounts)
    };
    assert_eq!(mount.target, "/workspace");
    assert!(
        mount.source.starts_with(world.home.path()),
        "never the user's own workspace"
    );
    assert!(!mount.source.starts_with(world.workspace()));
    assert!(
        spec.env.iter().all(|(key, _)| !key.contains("KEY")),
        "{:?}",
        spec.env
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_output_is_kept_from_its_end() {
    let mut script = Script::new();
    for number in 0..2000 {
        script = script.stdout(millis(1), &format!("line {number}"));
    }
    let ran = world(&["make"])
        .on("-check", script.exit(millis(1), 1))
        .run()
        .await;
    let (_, findings) = judged(&ran);
    let message = findings[0].1;
    assert!(
        message.starts_with("exit code 1\n") && message.ends_with("line 1999"),
        "{message}"
    );
    assert!(message.len() < 5000, "{}", message.len());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_checked_where_nothing_changed() {
    let idle = Agent::new().starts().finishes("done");
    let world = World::new()
        .asking(|r| r.checks = vec!["make".to_owned()])
        .agent(idle);
    let ran = world.run().await;
    assert_eq!(ran.cause(), Some(Cause::EmptyChange));
    world.assert_no_problems();
    let created = world.runtime.created_specs();
    assert!(created.iter().all(|spec| !spec.name.0.contains("-check")));
}
