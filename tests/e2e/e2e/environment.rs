//! An environment that is not ready: each fault has its own clear error and exit code 3.

use std::fs;
use std::process::Command;

use deckhands_e2e::{Bench, Running, deckhands, one_step, profile};

#[test]
fn a_missing_image_is_told_with_the_command_that_brings_it() {
    let bench = Bench::new(one_step());
    let mut command = bench.run_command(&["do it"]);
    command.env(
        "OPENHANDS_DOCKER_IMAGE",
        "127.0.0.1:9/deckhands-test/absent:1",
    );
    let report = Running::start(command).end().with_code(3).json();
    assert_eq!(report["error"]["cause"], "ImageMissing", "{report:#}");
    assert!(
        report["error"]["message"]
            .as_str()
            .is_some_and(|m| m.contains("absent:1"))
    );
    assert!(
        report["error"]["hint"]
            .as_str()
            .is_some_and(|h| h.contains("docker pull"))
    );
    bench.assert_nothing_left();
}

#[test]
fn without_a_daemon_run_doctor_and_reap_say_so() {
    let bench = Bench::new(one_step());
    let absent = format!("unix://{}/docker.sock", bench.dir.path().display());
    let mut run = bench.run_command(&["do it"]);
    run.env("DOCKER_HOST", &absent);
    let report = Running::start(run).end().with_code(3).json();
    assert_eq!(report["state"], "failed");
    assert_eq!(report["error"]["cause"], "DaemonUnreachable", "{report:#}");
    assert!(
        report["error"]["hint"]
            .as_str()
            .is_some_and(|h| h.contains("start Docker"))
    );
    for command in ["doctor", "reap"] {
        let mut command = bench.command(&[command]);
        command.env("DOCKER_HOST", &absent);
        let ended = Running::start(command).end().with_code(3);
        let shown = format!("{}{}", ended.stdout, ended.stderr);
        assert!(shown.contains("start Docker"), "{}", ended.shown());
    }
}

#[test]
fn docker_contexts_are_followed_and_an_unknown_one_is_an_error() {
    let bench = Bench::new(one_step());
    let config = bench.dir.path().join("docker-config");
    let docker = |args: &[&str]| {
        let mut command = Command::new("docker");
        command
            .args(args)
            .env("DOCKER_CONFIG", &config)
            .env_remove("DOCKER_HOST");
        let output = command.output().expect("the docker command");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    docker(&[
        "context",
        "create",
        "here",
        "--docker",
        "host=unix:///var/run/docker.sock",
    ]);
    let doctor = |context: &str| {
        let mut command = bench.command(&["doctor", "--json"]);
        command
            .env("DOCKER_CONFIG", &config)
            .env("DOCKER_CONTEXT", context);
        Running::start(command).end()
    };
    let known = doctor("here").with_code(0).json();
    assert_eq!(known["docker"]["endpoint"], "unix:///var/run/docker.sock");
    let unknown = doctor("nowhere").with_code(3);
    assert!(unknown.stdout.contains("nowhere"), "{}", unknown.shown());
}

#[test]
fn a_daemon_that_does_not_share_our_files_is_told_at_run_and_doctor() {
    let bench = Bench::new(one_step());
    fs::create_dir(&bench.home).expect("the home");
    // In a mount namespace of its own, the home is another file system than the daemon's.
    let unshared = |args: &str| {
        let mut command = Command::new("unshare");
        let script =
            format!("mount -t tmpfs none \"$DIR\" && exec \"$BIN\" {args} --json --home \"$DIR\"");
        command.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root");
        command.env("DIR", &bench.home).env("BIN", deckhands());
        command.env("DECKHANDS_PROFILE", profile().name());
        command
            .env("OPENROUTER_API_KEY", "sk-unused")
            .current_dir(&bench.workspace);
        Running::start(command).end()
    };
    let report = unshared("run 'do it'").with_code(3).json();
    let message = report["error"]["message"]
        .as_str()
        .expect("a message")
        .to_owned();
    assert!(
        message.contains("does not see this machine's files"),
        "{report:#}"
    );
    assert!(
        report["error"]["hint"]
            .as_str()
            .is_some_and(|h| h.contains("--home"))
    );
    let doctor = unshared("doctor").with_code(3).json();
    let files = doctor["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|c| c["name"] == "files");
    assert_eq!(
        files.expect("a check of the files")["status"],
        "fail",
        "{doctor:#}"
    );
}

#[test]
fn a_ready_environment_passes_doctor() {
    let bench = Bench::new(one_step());
    let doctor = bench.call(&["doctor", "--json"]).with_code(0).json();
    assert_eq!(doctor["ok"], true, "{doctor:#}");
    assert_eq!(
        doctor["docker"]["bridge_gateway"],
        deckhands_e2e::bridge_address()
    );
    bench.assert_nothing_left();
}
