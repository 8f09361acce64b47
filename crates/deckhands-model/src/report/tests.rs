//! The result document: every field has the name that scripts rely on.

use serde_json::{Value, json};

use super::*;
use crate::call_record::CallRecord;
use crate::change::ChangeKind;

fn sample() -> RunReport {
    RunReport {
        schema_version: REPORT_SCHEMA_VERSION,
        task_id: "0".repeat(32),
        state: TaskState::Failed,
        output: "done".to_owned(),
        error: Some(ErrorReport {
            code: 1,
            error_type: Some(ErrorType::RateLimit),
            cause: Some(Cause::RateLimited),
            message: "429".to_owned(),
            causes: vec!["below".to_owned()],
            hint: None,
        }),
        profile: "socket".to_owned(),
        egress: "open".to_owned(),
        model_requested: Some(ModelId::resolve("gemini-flash").unwrap()),
        model_served: vec!["a".to_owned()],
        attempts: vec![attempt()],
        verdict: Some(Verdict::Accepted(Vec::new())),
        changes: vec![Change {
            path: "a".to_owned(),
            kind: ChangeKind::Created,
            bytes: 1,
        }],
        patch: Some("/p".to_owned()),
        applied: false,
        conflict: vec!["a".to_owned()],
        timings: Timings::default(),
        images: vec![ImageReport {
            reference: "app:1".parse().unwrap(),
            digest: format!("sha256:{}", "0".repeat(64)).parse().unwrap(),
        }],
        versions: Versions::default(),
        notes: vec!["n".to_owned()],
        money: Some(MoneyReport {
            cap_usd: Some(1.0),
            spent_usd: 0.8,
            uncertain_usd: 0.0,
        }),
    }
}

fn attempt() -> AttemptReport {
    AttemptReport {
        number: 1,
        route: "openai/m".to_owned(),
        outcome: "failed".to_owned(),
        cause: Some(Cause::RateLimited),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        work_time_s: 1.5,
        wait_time_s: 0.5,
        usage: Usage {
            input_tokens: Some(1),
            output_tokens: None,
            cost_usd: None,
        },
        container_exit: Some(0),
        events: 3,
        verdict: None,
        calls: Some(calls()),
    }
}

fn calls() -> CallsReport {
    let mut calls = CallsReport::default();
    calls.add(&CallRecord {
        call: 1,
        started_at: "2026-01-01T00:00:01Z".to_owned(),
        route: Some(ModelId::resolve("openai/m").unwrap()),
        model: Some("m-1".to_owned()),
        tries: Vec::new(),
        status: Some(200),
        fault: None,
        cause: None,
        streamed: false,
        input_tokens: Some(1),
        output_tokens: None,
        cached_tokens: None,
        cost_usd: None,
        cost_by: None,
        table_cost_usd: None,
        lost_usd: 0.0,
        cost_unknown: 0,
        took_s: 0.5,
        held_s: 0.0,
        retry_after_s: None,
        gave_up: false,
    });
    calls
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// Every object of the document by its place, and its fields.
const FIELDS: [(&str, &str); 14] = [
    (
        "",
        "applied attempts changes conflict egress error images model_requested model_served money notes \
         output patch profile schema_version state task_id timings verdict versions",
    ),
    ("/error", "cause causes code hint message type"),
    (
        "/attempts/0",
        "calls cause container_exit events number outcome route started_at usage verdict wait_time_s work_time_s",
    ),
    ("/attempts/0/usage", "cost_usd input_tokens output_tokens"),
    (
        "/attempts/0/calls",
        "count failed failed_tries held_s left_out list models tries",
    ),
    (
        "/attempts/0/calls/models/0",
        "cached_tokens calls cause cost_unknown cost_usd failed_tries held_s input input_tokens model output \
         output_tokens route took_us",
    ),
    ("/attempts/0/calls/list/0", "call cause model route status"),
    ("/verdict", "findings state"),
    ("/changes/0", "bytes kind path"),
    (
        "/timings",
        "after_agent_s checks_s cleanup_s collect_s copy_s images_s promote_s start_s total_s work_s",
    ),
    ("/images/0", "digest reference"),
    ("/money", "cap_usd spent_usd uncertain_usd"),
    ("/versions", "agent deckhands docker"),
    ("/attempts/0/verdict", ""),
];

#[test]
fn the_document_has_exactly_these_fields() {
    let document = serde_json::to_value(sample()).unwrap();
    for (place, fields) in FIELDS {
        let value = document.pointer(place).unwrap();
        if fields.is_empty() {
            assert_eq!(value, &Value::Null, "{place}");
        } else {
            assert_eq!(
                names(value),
                fields.split_whitespace().collect::<Vec<_>>(),
                "{place}"
            );
        }
    }
}

#[test]
fn values_have_their_documented_forms() {
    let document = serde_json::to_value(sample()).unwrap();
    let rows = [
        ("/schema_version", json!(1)),
        ("/state", json!("failed")),
        ("/error/type", json!("rate_limit")),
        ("/error/cause", json!("RateLimited")),
        ("/error/hint", json!(null)),
        ("/verdict/state", json!("accepted")),
        ("/changes/0/kind", json!("created")),
        ("/attempts/0/usage/cost_usd", json!(null)),
        ("/attempts/0/number", json!(1)),
        ("/attempts/0/calls/list/0/model", json!("m-1")),
        ("/attempts/0/calls/models/0/cost_usd", json!(null)),
        ("/images/0/reference", json!("app:1")),
    ];
    for (place, value) in rows {
        assert_eq!(document.pointer(place), Some(&value), "{place}");
    }
}

#[test]
fn a_reader_gets_back_what_was_written() {
    let text = serde_json::to_string(&sample()).unwrap();
    assert_eq!(serde_json::from_str::<RunReport>(&text).unwrap(), sample());
}

#[test]
fn what_is_not_known_is_null_and_not_left_out() {
    let bare = RunReport {
        error: None,
        verdict: None,
        patch: None,
        model_requested: None,
        money: None,
        ..sample()
    };
    let document = serde_json::to_value(bare).unwrap();
    for field in ["error", "verdict", "patch", "model_requested", "money"] {
        assert_eq!(document.get(field), Some(&Value::Null), "{field}");
    }
}

#[test]
fn a_document_from_before_money_was_bounded_and_calls_were_counted_is_read() {
    let mut document = serde_json::to_value(sample()).unwrap();
    document.as_object_mut().unwrap().remove("money").unwrap();
    let attempt = document["attempts"][0].as_object_mut().unwrap();
    attempt.remove("calls").unwrap();
    let read: RunReport = serde_json::from_value(document).unwrap();
    assert_eq!((read.money, &read.attempts[0].calls), (None, &None));
}
