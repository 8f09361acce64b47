//! Calls of attempts in the document and as tables.

use deckhands_model::{AttemptReport, Cause, RunReport};

use super::*;
use crate::sample::{attempt, call, calls_of, completed, failed_call, plain};

fn two() -> Vec<CallRecord> {
    vec![
        failed_call("openai/a", Cause::RateLimited),
        CallRecord {
            call: 2,
            ..call("openai/b", "b-1")
        },
    ]
}

fn of(number: u32, records: Vec<CallRecord>, left_out: u64) -> CallsOfAttempt {
    let kept = KeptCalls { records, left_out };
    CallsOfAttempt { number, kept }
}

#[test]
fn each_attempt_of_the_document_gets_its_own() {
    let after = |number, calls| AttemptReport {
        number,
        calls,
        ..attempt()
    };
    let report = RunReport {
        attempts: vec![after(1, None), after(2, Some(calls_of(&two())))],
        ..completed()
    };
    let mut document = json!(report);
    put(&mut document, &[of(1, two(), 0), of(2, two(), 7)]);
    assert_eq!(document["attempts"][0]["calls"], json!(null));
    let calls = &document["attempts"][1]["calls"];
    assert_eq!(calls["records"][1]["model"], "b-1");
    assert_eq!(
        (&calls["unlisted"], &calls["count"]),
        (&json!(7), &json!(2))
    );
}

#[test]
fn each_call_is_a_line() {
    let text = plain(&text(&[of(1, Vec::new(), 0), of(2, two(), 7)]));
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[1], ["calls", "of", "attempt", "2"]);
    let started = "2026-01-01T00:00:01Z";
    assert_eq!(
        lines[3].join(" "),
        format!("1 {started} openai/a - RateLimited 1 - - no cost 1.5 0.0")
    );
    assert_eq!(
        lines[4].join(" "),
        format!("2 {started} openai/b b-1 200 1 700 50 $0.0025 1.5 0.0")
    );
    assert!(
        text.ends_with("and 7 more, for which there was no room\n"),
        "{text}"
    );
    assert!(!text.contains("attempt 1"));
}
