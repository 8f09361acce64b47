//! Every rule as a row, and what holds for any answer whatever.

use deckhands_model::GatewayFact;
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const KEY: &str = "sk-or-v1-real";

fn reply(status: u16, body: impl Into<Bytes>) -> Ending {
    Ending::Replied(Reply {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
        broke: None,
    })
}

fn of(status: u16, body: &Value) -> Verdict {
    judge(&reply(status, body.to_string()), false, &Veil::over([KEY]))
}

fn message(verdict: &Verdict) -> String {
    let json: Value = serde_json::from_slice(&verdict.answer.body).unwrap();
    json["error"]["message"].as_str().unwrap().to_owned()
}

/// An upstream's status, what the agent sees, and what it means for later calls.
#[test]
fn every_status_has_its_answer() {
    let rows = [
        (400, 400, Weight::Refused),
        (401, 401, Weight::Final),
        (402, 402, Weight::Final),
        (403, 403, Weight::Refused),
        (404, 404, Weight::Final),
        (408, 504, Weight::Failed),
        (409, 503, Weight::Failed),
        (413, 400, Weight::Refused),
        (418, 503, Weight::Failed),
        (422, 400, Weight::Refused),
        (429, 503, Weight::Failed),
        (500, 503, Weight::Failed),
        (502, 503, Weight::Failed),
        (503, 503, Weight::Failed),
        (504, 504, Weight::Failed),
        (520, 503, Weight::Failed),
        (529, 503, Weight::Failed),
        (201, 503, Weight::Failed),
        (302, 503, Weight::Failed),
    ];
    for (status, answered, weight) in rows {
        let error = json!({ "error": { "message": "words of the provider", "code": status } });
        let verdict = of(status, &error);
        assert_eq!(
            (verdict.answer.status, verdict.weight),
            (answered, weight),
            "{status}"
        );
        assert_eq!(verdict.status, Some(status));
        assert_eq!(verdict.fault, Some(CallFault::Refused));
        assert_eq!(verdict.detail, error.to_string());
        assert!(message(&verdict).contains("words of the provider"));
        // The same inside of a good answer.
        let inside = of(200, &error);
        assert_eq!(
            (inside.answer.status, inside.weight),
            (answered, weight),
            "{status} in 200"
        );
        assert_eq!(inside.status, Some(status));
        assert_eq!(inside.fault, Some(CallFault::Refused));
    }
}

#[test]
fn an_answer_that_is_none_counts_as_a_failure() {
    let rows = [
        (json!({ "choices": [] }), 200),
        (json!({}), 200),
        (json!("text"), 200),
        (json!({ "error": "no code" }), 200),
        (json!({ "error": { "code": "server_error" } }), 200),
        (json!({ "choices": [{ "finish_reason": "error" }] }), 200),
        (
            json!({ "choices": [{ "finish_reason": "error", "error": { "code": 502 } }] }),
            502,
        ),
    ];
    for (body, status) in rows {
        let verdict = of(200, &body);
        assert_eq!(
            (verdict.answer.status, verdict.weight),
            (503, Weight::Failed),
            "{body}"
        );
        assert_eq!(verdict.fault, Some(CallFault::BadAnswer), "{body}");
        assert_eq!(verdict.status, Some(status), "{body}");
        assert_eq!(verdict.detail, body.to_string());
    }
    let html = judge(&reply(200, "<html>busy</html>"), false, &Veil::over([]));
    assert_eq!(html.fault, Some(CallFault::BadAnswer));
    assert_eq!(html.detail, "<html>busy</html>");
    assert!(message(&html).contains("<html>busy"));
}

#[test]
fn a_request_that_is_too_long_makes_the_agent_condense() {
    let long = json!({ "error": { "message": "maximum context length is 9", "code": 400 } });
    for (status, body) in [
        (400, long.clone()),
        (422, long.clone()),
        (200, long),
        (413, json!({ "error": "too big" })),
        (
            429,
            json!({ "error": { "message": "Request too large for m on tokens per min (TPM)" } }),
        ),
    ] {
        let verdict = of(status, &body);
        assert_eq!(
            (verdict.answer.status, verdict.weight),
            (400, Weight::Refused),
            "{body}"
        );
        assert!(
            message(&verdict).starts_with("prompt is too long: "),
            "{body}"
        );
        assert_eq!(verdict.fault, Some(CallFault::Refused));
    }
}

#[test]
fn a_failure_that_tells_a_usage_is_charged_by_it_and_any_other_not_at_all() {
    let error = json!({ "message": "m", "code": 500 });
    let usage = json!({ "prompt_tokens": 7, "completion_tokens": 3, "cost": 0.5 });
    let verdict = of(500, &json!({ "error": error, "usage": usage }));
    assert_eq!(verdict.usage.cost_usd, Some(0.5));
    let tokens = verdict.told.tokens.unwrap();
    assert_eq!((tokens.input, tokens.output), (7, 3));
    let silent = of(500, &json!({ "error": error }));
    assert_eq!((silent.told, silent.may_cost), (Told::default(), false));
}

#[test]
fn an_empty_purse_is_final_though_its_status_is_429() {
    let verdict = of(
        429,
        &json!({ "error": { "message": "m", "code": "insufficient_quota" } }),
    );
    assert_eq!(
        (verdict.answer.status, verdict.weight),
        (402, Weight::Final)
    );
    assert_eq!(verdict.status, Some(429));
    assert_eq!(message(&verdict), "m");
}

#[test]
fn the_providers_own_error_passes_where_its_form_fits() {
    let own = json!({ "error": { "message": "no", "code": 402, "metadata": { "a": 1 } }, "user_id": "u" });
    let passed: Value = serde_json::from_slice(&of(402, &own).answer.body).unwrap();
    assert_eq!(passed, own);
    for body in [
        json!({ "error": "no" }),
        json!({ "detail": "no" }),
        json!("no"),
    ] {
        assert_eq!(message(&of(402, &body)), "no");
    }
    let silent = judge(&reply(401, ""), false, &Veil::over([]));
    assert_eq!(message(&silent), "status 401 without a word");
    let huge = json!({ "error": { "message": "x".repeat(LONGEST_PASSED) } });
    assert!(of(402, &huge).answer.body.len() < LONGEST_PASSED);
}

#[test]
fn what_never_became_an_answer_is_tried_again() {
    let veil = Veil::over([KEY]);
    let refused = judge(&Ending::Unreachable(format!("refused {KEY}")), false, &veil);
    assert_eq!(refused.answer.status, 503);
    assert_eq!(
        (refused.status, refused.fault),
        (None, Some(CallFault::Unreachable))
    );
    assert_eq!(refused.detail, "refused ***");
    let garbled = judge(&Ending::Garbled("no HTTP".to_owned()), false, &veil);
    assert_eq!(
        (garbled.answer.status, garbled.fault),
        (503, Some(CallFault::BadAnswer))
    );
    let silent = judge(&Ending::Silent, false, &veil);
    assert_eq!(
        (silent.answer.status, silent.fault),
        (504, Some(CallFault::TimedOut))
    );
}

#[test]
fn no_error_shows_the_key_however_it_is_written() {
    let escaped =
        r#"{"error":{"message":"bad key \u0073k-or-v1-real and sk-or-v1-real","code":1}}"#;
    for status in [200, 400, 401, 403, 413, 429, 500] {
        let verdict = judge(&reply(status, escaped), false, &Veil::over([KEY]));
        let body = String::from_utf8(verdict.answer.body.to_vec()).unwrap();
        assert!(body.contains("bad key *** and ***"), "{body}");
        assert!(!verdict.detail.contains(KEY));
        assert!(!verdict.words.contains(KEY));
    }
}

#[test]
fn a_good_answer_passes_as_it_came_unless_it_shows_the_key() {
    let body = r#"  {"choices" : [{"message":{"content":"\u00e4"}}], "usage":{"cost":0.5}}"#;
    let verdict = judge(&reply(200, body), false, &Veil::over([KEY]));
    assert_eq!(verdict.answer.body, body);
    assert_eq!(verdict.answer.headers["x-litellm-response-cost"], "0.5");
    assert_eq!(verdict.fault, None);
    assert_eq!(verdict.detail, "");
    let echo = format!(r#"{{"choices":[{{"message":{{"content":"{KEY}"}}}}]}}"#);
    let verdict = judge(&reply(200, echo), false, &Veil::over([KEY]));
    assert_eq!(
        verdict.answer.body,
        r#"{"choices":[{"message":{"content":"***"}}]}"#
    );
}

/// Bodies that come near to real ones.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "maximum context length",
        "insufficient_quota",
        "request too large for x on tokens per min",
        "sk-or-v1-real",
        "",
    ]);
    let code = prop_oneof![
        any::<u64>().prop_map(Value::from),
        (0..700u64).prop_map(Value::from),
        words.clone().prop_map(Value::from),
    ];
    let error = (code, words).prop_map(|(code, words)| {
        json!({ "message": words, "code": code, "metadata": { "raw": words, "headers": { "X-RateLimit-Reset": code } } })
    });
    let document = (error, 0..5u8).prop_map(|(error, form)| match form {
        0 => json!({ "error": error }),
        1 => json!([{ "error": error }]),
        2 => json!({ "choices": [{ "finish_reason": "error", "error": error }] }),
        3 => json!({ "choices": [{ "message": error }], "usage": error }),
        _ => error,
    });
    prop_oneof![
        any::<Vec<u8>>(),
        document
            .clone()
            .prop_map(|json| json.to_string().into_bytes()),
        document.prop_map(|json| format!("data: {json}\n\n").into_bytes()),
    ]
}

proptest! {
    #[test]
    fn no_answer_ever_hangs_or_misleads_the_agent(
        status in 100..1000u16,
        body in body(),
        headers in prop::collection::vec((0..4usize, "[ -~]{0,40}"), 0..4),
        streamed: bool,
        events: bool,
    ) {
        const NAMES: [&str; 4] = ["retry-after", "date", "content-type", "x-ratelimit-reset"];
        let headers = headers.into_iter().map(|(name, value)| {
            (NAMES[name].parse().unwrap(), value.parse().unwrap())
        });
        let mut headers: HeaderMap = headers.collect();
        if events {
            headers.insert("content-type", "text/event-stream".parse().unwrap());
        }
        let body = Bytes::from(body);
        let reply = Reply { status, headers, body: body.clone(), broke: None };
        let verdict = judge(&Ending::Replied(reply), streamed, &Veil::over([KEY]));
        let told = verdict.answer.status;
        prop_assert!([200, 400, 401, 402, 403, 404, 503, 504].contains(&told), "{}", told);
        prop_assert_eq!(told == 200, verdict.fault.is_none());
        prop_assert_eq!(verdict.fault.is_none(), verdict.weight == Weight::Good);
        prop_assert!(verdict.detail.len() <= GatewayFact::MAX_DETAIL);
        prop_assert!(!verdict.detail.contains(KEY));
        let shown = String::from_utf8_lossy(&verdict.answer.body);
        prop_assert!(!shown.contains(KEY));
        if told != 200 {
            let json: Value = serde_json::from_slice(&verdict.answer.body).unwrap();
            prop_assert!(json["error"]["message"].is_string());
        }
    }
}
