//! Providers that fail in mid-run: the agent notices nothing while another model can go on, and where
//! none can the run ends at once, or the stored task waits.

use std::collections::BTreeMap;
use std::fs;

use deckhands_e2e::{Bench, CANARY, ENDED_WITHIN_S, Ending, Running, bash, create_file};
use deckhands_testkit::{Dialect, ProviderError, Reply, Script, Step, Times};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::LIMIT;

/// The task's own model and those that take its place. None of them calls tools natively.
const MODELS: [&str; 4] = ["x/one", "x/two", "x/three", "x/four"];

/// Longer than a call is held, and than the run lasts.
const REST_S: u32 = 3600;

/// Until the quota is renewed.
const QUOTA_S: i64 = 2 * 3600;

fn failing(error: ProviderError) -> Step {
    Step::provider_error(Dialect::OpenRouter, error)
}

/// One model gives the first answer and then refuses, two are down all the time, one serves the rest.
fn four_models() -> Script {
    let one = Script::new([
        create_file("/workspace/first.txt", "one\n"),
        failing(ProviderError::RateLimited(Some(REST_S))),
    ]);
    let two = Script::new([failing(ProviderError::Unavailable).times(Times::Forever)]);
    let three = Script::new([Step::new(Reply::Truncate).times(Times::Forever)]);
    let four = Script::new([
        create_file("/workspace/second.txt", "four\n"),
        bash("cat first.txt second.txt"),
        bash("cat first.txt second.txt > third.txt"),
        Step::finish("all three are there"),
    ]);
    [one, two, three, four]
        .into_iter()
        .zip(MODELS)
        .fold(Script::only_models(), |script, (own, model)| {
            script.model(model, own)
        })
}

/// How often each model was asked.
fn requests_by_model(bench: &Bench) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for request in bench.requests() {
        assert!(request.bearer_is(CANARY), "{request:?}");
        assert!(request.tools.is_empty(), "not as text: {request:?}");
        *asked.entry(request.model.unwrap_or_default()).or_default() += 1;
    }
    asked
}

/// What the agent did itself, by its own record: one action for each answer that it had.
fn actions(bench: &Bench) -> Vec<String> {
    let events = bench.agent_events();
    let kinds = events.iter().map(|event| &event["kind"]);
    let actions = kinds.filter(|kind| kind["event"] == "action");
    let kinds = actions.filter_map(|kind| kind["action"].as_str());
    kinds
        .filter(|kind| ["edit", "command", "finish"].contains(kind))
        .map(str::to_owned)
        .collect()
}

/// Asserts that the agent has noticed nothing: no error, no state but that of work, no second try.
fn assert_unnoticed(bench: &Bench) {
    for event in bench.agent_events() {
        let kind = &event["kind"];
        assert_ne!(kind["failed"], true, "{event}");
        assert_ne!(kind["name"], "error", "{event}");
        let state = kind["state"].as_str();
        let is_bad = state.is_some_and(|state| ["errored", "rate_limited"].contains(&state));
        assert!(!is_bad, "{event}");
    }
    let told = bench.attempt_file("transcript.log").expect("the log");
    let told = fs::read_to_string(told).expect("the agent's log");
    assert!(told.contains("AgentState.RUNNING"), "no log:\n{told}");
    for sign in ["Attempt #", "litellm.", "\"level\": \"ERROR\""] {
        assert!(!told.contains(sign), "`{sign}` in the log:\n{told}");
    }
}

/// The model that served each call, by the result.
fn served_by(report: &Value) -> Vec<&str> {
    let list = report["attempts"][0]["calls"]["list"].as_array();
    let calls = list.into_iter().flatten();
    calls.filter_map(|call| call["model"].as_str()).collect()
}

#[test]
fn three_models_fail_in_mid_run_and_the_agent_notices_nothing() {
    let bench = Bench::new(four_models());
    let mut command = bench.run_command(&["write three files", "-vv"]);
    let [own, others @ ..] = MODELS.map(|model| format!("openrouter/{model}"));
    command
        .args(["--model", &own])
        .env("DECKHANDS_FALLBACK_MODELS", others.join(","));
    let ended = Running::start(command).end().with_code(0);
    let report = ended.json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["applied"], true, "{report:#}");
    assert_eq!(report["output"], "all three are there");
    assert_eq!(bench.file("first.txt").as_deref(), Some("one\n"));
    assert_eq!(bench.file("second.txt").as_deref(), Some("four\n"));
    assert_eq!(bench.file("third.txt").as_deref(), Some("one\nfour\n"));
    assert_eq!(report["model_requested"], own);
    assert_eq!(report["model_served"], json!(["x/one", "x/four"]));
    assert_eq!(
        served_by(&report),
        ["x/one", "x/four", "x/four", "x/four", "x/four"]
    );
    let calls = &report["attempts"][0]["calls"];
    assert_eq!((&calls["count"], &calls["failed"]), (&json!(5), &json!(0)));
    // The first one rests after its refusal. The second and the third are tried by each of the next
    // three calls, at once one after the other; having failed three times in a row, they come last.
    let asked = MODELS.map(str::to_owned).into_iter().zip([2, 3, 3, 4]);
    assert_eq!(requests_by_model(&bench), asked.collect(), "{report:#}");
    // Five answers, five actions, five calls: the agent made none twice.
    assert_eq!(
        actions(&bench),
        ["edit", "edit", "command", "command", "finish"]
    );
    let calls = ended.stderr.matches("a model call ended").count();
    assert_eq!(calls, 5, "{}", ended.stderr);
    assert_eq!(report["attempts"].as_array().map(Vec::len), Some(1));
    let usage = &report["attempts"][0]["usage"];
    assert_eq!(usage["input_tokens"], 5 * 700, "{report:#}");
    assert_eq!(usage["output_tokens"], 5 * 50, "{report:#}");
    assert_unnoticed(&bench);
    assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY));
    Bench::assert_nowhere_below(bench.dir.path(), CANARY);
    bench.assert_nothing_left();
}

/// The only model writes a file and has no quota then; and when it has one again.
fn used_up() -> (Script, Timestamp) {
    let reset = Timestamp::now() + SignedDuration::from_secs(QUOTA_S);
    let stamp = u64::try_from(reset.as_millisecond()).expect("a time after 1970");
    let script = Script::new([
        create_file("/workspace/half.txt", "half\n"),
        failing(ProviderError::QuotaUntil(stamp)).times(Times::Forever),
    ]);
    (script, reset)
}

/// The time in a text that comes after these words.
fn time_after(text: &str, words: &str) -> Timestamp {
    let (_, rest) = text.split_once(words).expect("the words");
    let end = rest.find('Z').expect("a time of UTC");
    rest[..=end].trim().parse().expect("a time")
}

/// Asserts that a time is the reset: providers tell their own time in whole seconds.
fn assert_is_reset(time: Timestamp, reset: Timestamp, late_s: i64) {
    let off = time.duration_since(reset).as_secs();
    assert!((-2..=late_s).contains(&off), "{time} is not {reset}");
}

#[test]
fn a_quota_that_is_used_up_in_mid_run_ends_it_at_once_and_keeps_the_work() {
    let (script, reset) = used_up();
    let bench = Bench::new(script);
    let ending = Ending::failed("rate_limit", "QuotaUntilReset", "`--model`");
    let mut refused = None;
    let report = ending.check(&bench, |bench| {
        let running = bench.start(&["write half.txt"]);
        let running = running.until("the refused call", LIMIT, || bench.requests().len() >= 2);
        refused = Some(Timestamp::now());
        running.end()
    });
    let refused = refused.expect("a refused call");
    let took = bench.app_killed().duration_since(refused).as_secs_f64();
    assert!(took < ENDED_WITHIN_S, "{took} s after the refused call");
    assert_eq!(bench.requests().len(), 2, "{report:#}");
    let told = report["error"]["message"].as_str().unwrap_or_default();
    assert_is_reset(time_after(told, "may be called before "), reset, 5);
    let patch = report["patch"].as_str().expect("the work as a patch");
    let patch = fs::read_to_string(patch).expect("the patch");
    assert!(patch.contains("+half"), "{patch}");
}

fn task_of(bench: &Bench, task: &str) -> Value {
    let status = bench.call(&["status", task, "--json"]).with_code(0).json();
    status["task"].clone()
}

#[test]
fn a_stored_task_whose_quota_is_used_up_waits_for_the_reset() {
    let (script, reset) = used_up();
    let bench = Bench::new(script);
    let mut command = bench.command(&["submit", "--json", "write half.txt"]);
    command.arg("--workspace").arg(&bench.workspace);
    let stored = Running::start(command).end().with_code(0).json();
    let id = stored["task_id"].as_str().expect("an identity");
    let engine = Running::start(bench.command(&["engine"]));
    let engine = engine.until("a task that waits", LIMIT, || {
        let task = task_of(&bench, id);
        task["attempts_begun"] == 1 && task["not_before"].is_string()
    });
    let task = task_of(&bench, id);
    assert_eq!(task["state"], "pending", "{task:#}");
    assert_eq!(task["cause"], "QuotaUntilReset", "{task:#}");
    let waits: Timestamp = task["not_before"]
        .as_str()
        .and_then(|time| time.parse().ok())
        .expect("a time that it waits for");
    assert_is_reset(waits, reset, 60);
    // It holds nothing meanwhile, and its engine takes it for no work.
    bench.assert_nothing_left();
    engine.signal("INT");
    let _engine = engine.end().with_code(0);
    assert_eq!(bench.requests().len(), 2);
    let status = bench.call(&["status", id, "--json"]).with_code(0).json();
    let attempts = status["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 1, "{status:#}");
    assert_eq!(attempts[0]["cause"], "QuotaUntilReset", "{status:#}");
    bench.assert_nothing_left();
}
