//! Tasks that do not come to a good end: each is told for what it is.

use std::time::Duration;

use deckhands_e2e::{Bench, Ended, bash, create_file, one_step};
use deckhands_testkit::{AfterEnd, Dialect, ProviderError, Script, Step, Times};

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
    let step = Step::provider_error(Dialect::OpenRouter, ProviderError::RateLimited(None));
    let bench = Bench::new(Script::new([step.times(Times::Forever)]));
    let report = check(
        &bench,
        bench.run(&["do it"]),
        1,
        "rate_limit",
        "RateLimited",
    );
    // Two calls with a wait of 2 s between them, then OpenHands would hang for ever.
    assert_eq!(bench.requests().len(), 2);
    let work = report["timings"]["work_s"].as_f64().expect("a figure");
    let wait = report["attempts"][0]["wait_time_s"]
        .as_f64()
        .expect("a figure");
    assert!(work + wait < 15.0, "{work} s at work and {wait} s waiting");
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
    let running = bench.start(&["write new.txt"]);
    deckhands_e2e::wait_for("the second call", Duration::from_secs(90), || {
        (bench.requests().len() >= 2).then_some(())
    });
    std::fs::write(bench.workspace.join("new.txt"), "from the user\n").expect("a file");
    let report = running.end().with_code(1).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["applied"], false);
    assert_eq!(report["conflict"][0], "new.txt");
    assert_eq!(bench.file("new.txt").as_deref(), Some("from the user\n"));
    assert!(std::path::Path::new(report["patch"].as_str().expect("a patch")).exists());
    bench.assert_nothing_left();
}
