//! Tasks that do not come to a good end: each is told for what it is.

use std::time::Duration;

use std::process::Command;

use deckhands_e2e::{
    Bench, ENDED_WITHIN_S, Ended, Ending, Running, bash, by_profile, create_file, deckhands,
    one_step,
};
use deckhands_testkit::{AfterEnd, Dialect, ProviderError, Script, Step, Times};
use jiff::Timestamp;

/// Asserts an ending and that nothing is left of it.
fn check(bench: &Bench, ended: Ended, code: i32, kind: &str, cause: &str) -> serde_json::Value {
    let report = ended.with_code(code).json();
    assert_eq!(report["state"], "failed", "{report:#}");
    assert_eq!(report["error"]["code"], code, "{report:#}");
    assert_eq!(report["error"]["type"], kind, "{report:#}");
    assert_eq!(report["error"]["cause"], cause, "{report:#}");
    assert!(report["error"]["hint"].is_string(), "{report:#}");
    assert_eq!(report["applied"], false);
    bench.assert_nothing_left();
    report
}

#[test]
fn a_claim_without_a_change_is_no_success_unless_allowed() {
    let bench = Bench::new(Script::new([
        Step::finish("I did everything").times(Times::Count(2))
    ]));
    let report = check(
        &bench,
        bench.run(&["do it"]),
        1,
        "validation",
        "EmptyChange",
    );
    assert_eq!(report["attempts"][0]["outcome"], "finished");
    let report = bench
        .run(&["do it", "--allow-no-change"])
        .with_code(0)
        .json();
    assert_eq!(report["state"], "completed");
    assert_eq!(report["output"], "I did everything");
    assert_eq!(report["changes"].as_array().map(Vec::len), Some(0));
    bench.assert_nothing_left();
}

#[test]
fn a_check_that_fails_keeps_the_workspace_and_the_patch() {
    let bench = Bench::new(one_step());
    let args = [
        "write hello.txt",
        "--check",
        "true",
        "--check",
        "echo not like this; exit 7",
    ];
    let report = check(&bench, bench.run(&args), 1, "validation", "CheckFailed");
    assert_eq!(report["verdict"]["state"], "rejected");
    let finding = report["verdict"]["findings"][0]["message"]
        .as_str()
        .expect("a finding");
    assert!(
        finding.contains("exit code 7") && finding.contains("not like this"),
        "{finding}"
    );
    assert_eq!(bench.file("hello.txt"), None);
    let patch = std::fs::read_to_string(report["patch"].as_str().expect("a patch")).expect("patch");
    assert!(patch.contains("+hello"), "{patch}");
}

#[test]
fn a_refused_key_is_a_bad_key() {
    let step =
        Step::provider_error(Dialect::OpenRouter, ProviderError::BadKey).times(Times::Forever);
    let bench = Bench::new(Script::new([step]));
    let report = check(&bench, bench.run(&["do it"]), 1, "authentication", "BadKey");
    assert!(
        report["error"]["message"]
            .as_str()
            .is_some_and(|m| m.contains("401")),
        "{report:#}"
    );
    assert_eq!(bench.requests().len(), 1);
}

#[test]
fn an_endless_rate_limit_is_ended_by_us() {
    let (bench, last_call) = rate_limited();
    // Two calls of OpenHands with a wait of 2 s between them, or three requests of each of three calls.
    assert_eq!(bench.requests().len(), by_profile(9, 2));
    let ended = bench.app_killed().duration_since(last_call).as_secs_f64();
    assert!(ended < ENDED_WITHIN_S, "{ended} s after the last call");
}

/// The world of a run whose provider limits every call, ended, and when its last call was seen.
fn rate_limited() -> (Bench, Timestamp) {
    let step = Step::provider_error(Dialect::OpenRouter, ProviderError::RateLimited(None));
    let bench = Bench::new(Script::new([step.times(Times::Forever)]));
    let calls = by_profile(9, 2);
    let limit = Duration::from_secs(240);
    let mut command = bench.run_command(&["do it"]);
    // Through us all that one call may take: else each is held for a minute.
    command.env("DECKHANDS_LLM_TIMEOUT", "5s");
    let running = Running::start(command);
    let running = running.until("the last call", limit, || bench.requests().len() >= calls);
    let last_call = Timestamp::now();
    let _ = check(&bench, running.end(), 1, "rate_limit", "RateLimited");
    (bench, last_call)
}

/// OpenHands itself waits for ever in a state that only a call of its own lets it come to.
mod socket_only {
    use super::*;

    #[test]
    fn the_agents_own_state_of_a_rate_limit_is_no_end_of_its_own() {
        let (bench, _) = rate_limited();
        // From the agent's own stamp of the state to the kill in the daemon's record: one clock.
        let (state, since) = bench.agent_states().pop().expect("a state");
        assert_eq!(state, "rate_limited");
        let after = bench.app_killed().duration_since(since).as_secs_f64();
        assert!(
            (0.0..ENDED_WITHIN_S).contains(&after),
            "{after} s after the state"
        );
    }
}

#[test]
fn an_agent_that_works_too_long_is_ended() {
    let script = Script::new([bash("sleep 100")]).after_end(AfterEnd::RepeatLast);
    let bench = Bench::new(script);
    let ended = bench.run(&["take your time", "--timeout", "10s"]);
    let report = check(&bench, ended, 1, "timeout", "WorkTimeout");
    let work = report["attempts"][0]["work_time_s"]
        .as_f64()
        .expect("a figure");
    assert!((10.0..12.0).contains(&work), "{work} s at work");
}

#[test]
fn a_change_made_meanwhile_is_a_conflict_and_is_not_overwritten() {
    let script = Script::new([
        create_file("/workspace/new.txt", "from the agent\n"),
        Step::finish("done").after(Duration::from_secs(3)),
    ]);
    let bench = Bench::new(script);
    let limit = Duration::from_secs(240);
    let running = bench
        .start(&["write new.txt"])
        .until("the second call", limit, || bench.requests().len() >= 2);
    std::fs::write(bench.workspace.join("new.txt"), "from the user\n").expect("a file");
    let report = running.end().with_code(1).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["applied"], false);
    assert_eq!(report["conflict"][0], "new.txt");
    assert_eq!(bench.file("new.txt").as_deref(), Some("from the user\n"));
    assert!(std::path::Path::new(report["patch"].as_str().expect("a patch")).exists());
    bench.assert_nothing_left();
}

#[test]
fn no_task_text_is_refused_before_anything_starts() {
    let bench = Bench::new(one_step());
    for (name, text) in [("empty.md", ""), ("blank.md", " \n\t\r\n \u{feff}")] {
        std::fs::write(bench.dir.path().join(name), text).expect("a task file");
    }
    // Standard input is empty.
    for args in [
        &[""][..],
        &[" \n\t "],
        &["-f", "empty.md"],
        &["-f", "blank.md"],
        &["-"],
    ] {
        let report = bench.run(args).with_code(2).json();
        assert_eq!(report["code"], 2, "{args:?}: {report:#}");
        let message = report["message"].as_str().expect("a message");
        assert!(message.contains("empty"), "{args:?}: {message}");
        assert!(
            report["hint"]
                .as_str()
                .is_some_and(|h| h.contains("deckhands run"))
        );
    }
    assert!(bench.requests().is_empty());
    assert!(!bench.home.exists(), "the state directory was made");
}

/// `run` where the mounts of `script` hold, which only the started process sees.
fn run_mounted(bench: &Bench, script: &str, dir: &std::path::Path) -> Ended {
    let run = bench.run_command(&["write hello.txt"]);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c"]);
    command.arg(format!("{script} && exec \"$@\"")).arg("sh");
    command.arg(deckhands()).args(run.get_args()).env_clear();
    command.envs(
        run.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("DIR", dir);
    command.current_dir(bench.dir.path());
    Running::start(command).end()
}

const READ_ONLY: &str = "mount --bind \"$DIR\" \"$DIR\" && mount -o remount,bind,ro \"$DIR\"";

#[test]
fn a_workspace_that_cannot_be_written_is_told_before_the_agent_starts() {
    let ending = Ending::not_ready("validation", "PermissionDenied", "--no-apply");
    let bench = Bench::new(one_step());
    let report = ending.check(&bench, |bench| {
        run_mounted(bench, READ_ONLY, &bench.workspace)
    });
    let told = report["error"]["message"].as_str().unwrap_or_default();
    assert!(told.contains(&*bench.workspace.to_string_lossy()), "{told}");
    assert!(bench.requests().is_empty());
}

#[test]
fn a_directory_that_cannot_be_written_keeps_the_work() {
    let ending = Ending {
        outcome: Some("finished"),
        ..Ending::not_ready("validation", "PermissionDenied", "deckhands")
    };
    let bench = Bench::new(Script::new([
        create_file("/workspace/sealed/hello.txt", "hello\n"),
        Step::finish("hello is there"),
    ]));
    let sealed = bench.workspace.join("sealed");
    std::fs::create_dir(&sealed).expect("a directory");
    std::fs::write(sealed.join("present"), "").expect("a file");
    let report = ending.check(&bench, |bench| run_mounted(bench, READ_ONLY, &sealed));
    let patch = std::path::Path::new(report["patch"].as_str().expect("a patch"));
    let text = std::fs::read_to_string(patch).expect("patch");
    assert!(text.contains("+hello"), "{text}");
    // The kept change is whole: it is applied once the directory can be written.
    let applied = bench.call(&["apply", "last", "--json"]).with_code(0).json();
    assert_eq!(applied["applied"], true, "{applied:#}");
    assert_eq!(bench.file("sealed/hello.txt").as_deref(), Some("hello\n"));
}

#[test]
fn a_state_directory_that_cannot_be_written_is_told_before_anything_starts() {
    let bench = Bench::new(one_step());
    std::fs::create_dir(&bench.home).expect("the home");
    let ended = run_mounted(&bench, READ_ONLY, &bench.home).with_code(3);
    let report = ended.json();
    assert_eq!(report["code"], 3, "{report:#}");
    let shown = report["message"].as_str().expect("a message");
    assert!(shown.contains(&*bench.home.to_string_lossy()), "{shown}");
    assert!(
        report["hint"]
            .as_str()
            .is_some_and(|h| h.contains("--home DIR"))
    );
    assert!(
        std::fs::read_dir(&bench.home)
            .expect("the home")
            .next()
            .is_none()
    );
    assert!(bench.requests().is_empty());
}

#[test]
fn a_full_disk_is_told_before_the_agent_starts() {
    let ending = Ending::not_ready("validation", "HostDiskFull", "free disk space");
    let bench = Bench::new(one_step());
    std::fs::create_dir(&bench.home).expect("the home");
    std::fs::write(bench.workspace.join("large.bin"), vec![7; 4 << 20]).expect("a large file");
    let small = "mount -t tmpfs -o size=1m none \"$DIR\"";
    ending.check(&bench, |bench| run_mounted(bench, small, &bench.home));
    assert!(bench.requests().is_empty());
}
