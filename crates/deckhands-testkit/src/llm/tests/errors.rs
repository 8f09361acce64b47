//! Every error of a provider, in every form, streamed or not, before and after the first content.

use super::*;

/// Name, keys that belong to it, and status.
const ERRORS: [(&str, &str, u16); 21] = [
    ("bad_key", "", 401),
    ("out_of_credit", "", 402),
    ("cannot_afford", r#", "affordable_tokens": 222"#, 402),
    ("refused", "", 403),
    ("no_endpoint", "", 404),
    ("bad_model", "", 400),
    ("context_window", "", 400),
    ("rate_limited", "", 429),
    ("rate_limited", r#", "retry_after_s": 3"#, 429),
    ("rate_limited", r#", "retry_after_ms": 1500"#, 429),
    ("rate_limited", r#", "retry_in_body_s": 3"#, 429),
    ("requests_per_minute", r#", "retry_in_ms": 1200"#, 429),
    ("tokens_per_minute", r#", "retry_in_ms": 360000"#, 429),
    ("free_per_minute", r#", "reset_in_body_ms": 5"#, 429),
    ("quota", "", 429),
    ("quota", r#", "reset_in_body_ms": 5"#, 429),
    ("internal", "", 500),
    ("bad_gateway", "", 502),
    ("unavailable", "", 503),
    ("gateway_timeout", "", 504),
    ("overloaded", "", 529),
];

const DIALECTS: [&str; 3] = ["openrouter", "openai", "anthropic"];

/// All errors in all forms, with these keys besides.
fn steps(more: &str) -> impl Iterator<Item = (Step, u16)> {
    ERRORS.into_iter().flat_map(move |(name, keys, status)| {
        DIALECTS.into_iter().map(move |dialect| {
            let text =
                format!(r#"{{"provider_error": "{name}", "dialect": "{dialect}"{keys}{more}}}"#);
            (step(&text), status)
        })
    })
}

#[tokio::test]
async fn before_the_content_it_is_a_status() {
    let llm = serve(steps("").flat_map(|(step, _)| [step.clone(), step])).await;
    for (step, status) in steps("") {
        let Reply::Status { body, .. } = step.reply else {
            panic!("no status")
        };
        for extra in [json!({}), streamed()] {
            let seen = chat(llm.addr(), extra).await.unwrap();
            assert_eq!(seen.status, status);
            assert_eq!(seen.json(), body);
            assert!(
                seen.head.contains("content-type: application/json"),
                "{}",
                seen.head
            );
        }
    }
    assert_eq!(llm.served(), Served::default());
    llm.shutdown().await;
}

#[tokio::test]
async fn after_the_content_it_is_in_the_answer() {
    let more = r#", "after_chunks": 2, "text": "hello", "chunk_chars": 2"#;
    let llm = serve(steps(more).flat_map(|(step, _)| [step.clone(), step])).await;
    for (step, _) in steps(more) {
        let Reply::ErrorAfter { error, .. } = step.reply else {
            panic!("no error after content")
        };
        assert!(error["message"].is_string(), "{error}");
        let seen = chat(llm.addr(), json!({})).await.unwrap();
        assert_eq!(seen.status, 200);
        let choice = seen.json()["choices"][0].take();
        assert_eq!(choice["message"]["content"], "hell");
        assert_eq!(choice["finish_reason"], "error");
        assert_eq!(choice["error"], error);
        let seen = chat(llm.addr(), streamed()).await.unwrap();
        assert_eq!(seen.status, 200);
        assert!(!seen.body.contains("[DONE]"));
        let events = json_events(&seen);
        assert_eq!(events.len(), 4, "role, two of content, and the error");
        assert_eq!(content(&events), "hell");
        assert_eq!(events[3]["error"], error);
        assert_eq!(events[3]["choices"][0]["finish_reason"], "error");
    }
    assert_eq!(llm.served().whole, Charge::default());
    llm.shutdown().await;
}

#[tokio::test]
async fn an_error_may_be_the_first_thing_in_a_good_answer() {
    let text = r#"{"error_in_200": {"code": 502}, "keepalive": 1, "after_chunks": 0}"#;
    let seen = answer_to(step(text), streamed()).await;
    let body = plain(&seen);
    assert!(
        body.starts_with(": OPENROUTER PROCESSING\n\ndata: {"),
        "{body}"
    );
    let events = json_events(&seen);
    assert_eq!((events.len(), content(&events).as_str()), (2, ""));
    assert_eq!(events[1]["error"]["code"], 502);
    let choice = answer(step(text)).await.json()["choices"][0].take();
    assert_eq!(choice["message"]["content"], "");
    assert_eq!(choice["error"]["code"], 502);
}

#[tokio::test]
async fn limits_are_told_in_headers() {
    let rows = [
        (
            r#"{"provider_error": "requests_per_minute", "dialect": "openai"}"#,
            "x-ratelimit-reset-requests: 1s\r\n",
        ),
        (
            r#"{"provider_error": "tokens_per_minute", "dialect": "openai", "retry_in_ms": 360000}"#,
            "x-ratelimit-reset-tokens: 6m0s\r\n",
        ),
        (
            r#"{"provider_error": "rate_limited", "retry_after_ms": 1500}"#,
            "retry-after-ms: 1500\r\n",
        ),
        (
            r#"{"text": "a", "headers": {"X-RateLimit-Reset": "1800000000000"}}"#,
            "x-ratelimit-reset: 1800000000000\r\n",
        ),
        (
            r#"{"status": 429, "headers": {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}}"#,
            "retry-after: wed, 21 oct 2026 07:28:00 gmt\r\n",
        ),
    ];
    for (text, wanted) in rows {
        let seen = answer(step(text)).await;
        assert!(seen.head.contains(wanted), "{wanted}: {}", seen.head);
    }
}
