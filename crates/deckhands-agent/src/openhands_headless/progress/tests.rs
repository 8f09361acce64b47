//! What events and lines add up to.

use super::Tracker;
use crate::adapter::EventFile;
use crate::openhands_headless::event::{parse, translate};
use crate::openhands_headless::log_line::LogFact;

fn take(tracker: &mut Tracker, json: &str) {
    let stored = parse(EventFile {
        number: 0,
        bytes: json.as_bytes(),
    })
    .unwrap();
    tracker.event(&translate(0, &stored), &stored);
}

/// An action of the answer with this id and cost; the totals are OpenHands' own.
fn answered(id: &str, cost: &str, total: &str) -> String {
    format!(
        r#"{{"action":"run","args":{{"command":"ls"}},
            "tool_call_metadata":{{"model_response":{{"id":"{id}","model":"m/{id}","usage":{{"cost":{cost}}}}}}},
            "llm_metrics":{{"accumulated_cost":{total},"accumulated_token_usage":{{"prompt_tokens":10,"completion_tokens":0}}}}}}"#
    )
}

/// Id, cost and OpenHands' own total of an answer.
type Answer = (&'static str, &'static str, &'static str);

#[test]
fn an_answer_is_paid_once_and_the_provider_is_believed_first() {
    let rows: [(&[Answer], Option<f64>); 8] = [
        (&[("a", "0.5", "0.0")], Some(0.5)),
        (
            &[
                ("a", "0.5", "0.0"),
                ("a", "0.5", "0.0"),
                ("b", "0.25", "9.0"),
            ],
            Some(0.75),
        ),
        (&[("a", "null", "0.0")], None),
        (&[("a", "null", "0.125"), ("b", "null", "0.25")], Some(0.25)),
        (&[("a", "1", "0.0")], Some(1.0)),
        (&[("a", "-1", "0.0")], None),
        // What was told is never taken back.
        (&[("a", "null", "0.5"), ("b", "0.125", "0.625")], Some(0.5)),
        (&[("a", "1e308", "0.0"), ("b", "1e308", "0.0")], Some(1e308)),
    ];
    for (answers, expected) in rows {
        let mut tracker = Tracker::default();
        for (id, cost, total) in answers {
            take(&mut tracker, &answered(id, cost, total));
        }
        assert_eq!(tracker.progress().usage.cost_usd, expected, "{answers:?}");
    }
}

#[test]
fn unknown_tokens_are_not_zero_and_models_are_listed_once() {
    let mut tracker = Tracker::default();
    take(&mut tracker, &answered("a", "0", "0.0"));
    take(&mut tracker, &answered("b", "0", "0.0"));
    take(&mut tracker, &answered("a", "0", "0.0"));
    let usage = tracker.progress().usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(10), None));
    assert_eq!(
        usage.cost_usd,
        Some(0.0),
        "the provider itself says that it is free"
    );
    assert_eq!(tracker.progress().models, ["m/a", "m/b"]);
}

#[test]
fn waiting_ends_with_the_next_event() {
    let mut tracker = Tracker::default();
    tracker.log_fact(&LogFact::Retry);
    tracker.log_fact(&LogFact::Retry);
    assert!(tracker.progress().waiting);
    assert_eq!(tracker.progress().retries, 2);
    take(&mut tracker, r#"{"action":"run","args":{"command":"ls"}}"#);
    assert!(!tracker.progress().waiting);
    assert_eq!(tracker.progress().doing, "runs ls");
    assert_eq!(tracker.progress().retries, 2);
}

#[test]
fn the_sandbox_is_seen_when_the_app_says_so() {
    let mut tracker = Tracker::default();
    assert!(!tracker.progress().sandbox_seen);
    tracker.log_fact(&LogFact::SandboxStarted);
    assert!(tracker.progress().sandbox_seen);
    assert_eq!(tracker.progress().doing, "waits for its sandbox");
}

#[test]
fn a_command_that_failed_without_a_network_is_noticed() {
    let ran = |content: &str, exit: i64| {
        let observed = serde_json::json!({
            "source": "agent", "observation": "run", "content": content,
            "extras": {"metadata": {"exit_code": exit}},
        });
        let mut tracker = Tracker::default();
        take(&mut tracker, &observed.to_string());
        tracker.progress().missed_network
    };
    let long = "x".repeat(40 << 10) + "\ncurl: (6) Could not resolve host: example.org";
    assert!(ran(&long, 6));
    assert!(ran(
        "pip: [Errno -3] Temporary failure in name resolution",
        1
    ));
    assert!(!ran("curl: (6) Could not resolve host: example.org", 0));
    assert!(!ran("No such file or directory", 1));
}
