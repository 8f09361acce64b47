//! Model calls through our process: a failure that passes is survived, one that stays ends the attempt
//! soon, and the provider sees nothing of the attempt's own keys.

use std::time::Duration;

use deckhands_e2e::{Bench, ENDED_WITHIN_S, Running, create_file};
use deckhands_testkit::{Dialect, ProviderError, Reply, Script, Step, Times};
use jiff::Timestamp;

use super::{LIMIT, both, variable};

/// The failure comes twice, then the provider is well: the run is as good as any.
fn check_survived(failure: Step) {
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        failure.times(Times::Count(2)),
        Step::finish("hello is there"),
    ]));
    let mut command = bench.run_command(&["write hello.txt"]);
    command.env("DECKHANDS_LLM_TIMEOUT", "5s");
    let report = Running::start(command).end().with_code(0).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["output"], "hello is there");
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    assert_eq!(bench.requests().len(), 4, "{report:#}");
    bench.assert_nothing_left();
}

#[test]
fn a_rate_limit_that_passes_is_survived() {
    let limited = ProviderError::RateLimited(Some(1));
    check_survived(Step::provider_error(Dialect::OpenRouter, limited));
}

#[test]
fn a_server_error_that_passes_is_survived() {
    let error = ProviderError::Internal;
    check_survived(Step::provider_error(Dialect::OpenRouter, error));
}

#[test]
fn an_answer_that_is_none_and_silence_are_survived_once() {
    check_survived(Step::new(Reply::Truncate));
    check_survived(Step::new(Reply::Hang(None)));
}

/// The way to the model is taken away in the midst of a call and made again: the call breaks off, the
/// agent's client makes it once more, and nobody notices.
#[test]
fn a_socket_that_is_removed_during_a_call_is_made_again_and_the_run_completes() {
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("too late").after(Duration::from_secs(60)),
        Step::finish("hello is there"),
    ]));
    let running = bench
        .start(&["write hello.txt"])
        .until("the second call", LIMIT, || bench.requests().len() >= 2);
    let socket = bench.attempt_file("way-out/host.sock").expect("the socket");
    std::fs::remove_file(&socket).expect("the socket is ours to remove");
    let running = running.until("the call once more", LIMIT, || bench.requests().len() >= 3);
    let report = running.end().with_code(0).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["output"], "hello is there");
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    assert!(!socket.exists());
    bench.assert_nothing_left();
}

/// After three failures in a row no request is made, and the agent has nothing to do any more.
#[test]
fn three_failures_in_a_row_end_the_attempt_soon() {
    let step = Step::provider_error(Dialect::OpenRouter, ProviderError::Unavailable);
    let bench = Bench::new(Script::new([
        create_file("/workspace/half.txt", "half\n"),
        step.times(Times::Forever),
    ]));
    let running = bench
        .start(&["write"])
        .until("the last call", LIMIT, || bench.requests().len() >= 4);
    let last_call = Timestamp::now();
    let report = running.end().with_code(1).json();
    assert_eq!(report["error"]["cause"], "ProviderError", "{report:#}");
    let told = report["error"]["message"].as_str().unwrap_or_default();
    assert!(told.contains("503"), "{told}");
    let after = bench.app_killed().duration_since(last_call).as_secs_f64();
    assert!(after < ENDED_WITHIN_S, "{after} s after the last call");
    assert_eq!(bench.requests().len(), 4, "{report:#}");
    let patch = report["patch"].as_str().expect("the work as a patch");
    assert!(std::fs::read_to_string(patch).is_ok_and(|patch| patch.contains("+half")));
    bench.assert_nothing_left();
}

/// The provider is asked for its own model by the real key, and nothing tells it of the attempt.
#[test]
fn the_provider_sees_neither_the_attempts_token_nor_the_agents_name_for_the_model() {
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("done").after(std::time::Duration::from_secs(5)),
    ]));
    let running = bench
        .start(&["write hello.txt", "--model", "openrouter/some/model"])
        .until("the last call", LIMIT, || bench.requests().len() >= 2);
    let (app, _sandbox) = both(&bench);
    let keys = ["LLM_API_KEY", "SANDBOX_API_KEY"].map(|name| variable(&app, name));
    let _ = running.end().with_code(0);
    for request in bench.requests() {
        assert_eq!(request.path, "/v1/chat/completions");
        assert_eq!(request.model.as_deref(), Some("some/model"));
        assert!(request.bearer_is(deckhands_e2e::CANARY));
        let shown = format!("{request:?} {:?}", request.body());
        for key in &keys {
            assert!(!shown.contains(key), "a key of the attempt: {request:?}");
        }
    }
    bench.assert_nothing_left();
}
