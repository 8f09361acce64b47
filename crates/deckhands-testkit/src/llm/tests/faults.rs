//! Every fault that a provider can show, read from the raw bytes.

use super::*;
use crate::body::Pace;
use crate::script::WrongUsage;

/// Form, error, whether a header tells the time, and where the body tells what.
const LIMITS: [(Dialect, ProviderError, bool, &str, &str); 6] = [
    (
        Dialect::OpenRouter,
        ProviderError::RateLimited(Some(3)),
        true,
        "/error/code",
        "429",
    ),
    (
        Dialect::OpenRouter,
        ProviderError::RateLimited(None),
        false,
        "/error/code",
        "429",
    ),
    (
        Dialect::OpenRouter,
        ProviderError::RetryInBody(7),
        false,
        "/error/metadata/raw",
        "Please try again in 7s.",
    ),
    (
        Dialect::OpenAi,
        ProviderError::RetryInBody(7),
        false,
        "/error/message",
        "Please try again in 7s.",
    ),
    (
        Dialect::OpenRouter,
        ProviderError::QuotaUntil(1_800_000_000_000),
        false,
        "/error/metadata/headers/X-RateLimit-Reset",
        "1800000000000",
    ),
    (
        Dialect::OpenAi,
        ProviderError::QuotaUntil(1),
        false,
        "/error/code",
        "insufficient_quota",
    ),
];

#[tokio::test]
async fn limits_tell_in_header_or_body_when_they_end() {
    for (dialect, error, in_header, pointer, words) in LIMITS {
        let seen = answer(Step::provider_error(dialect, error)).await;
        assert_eq!(seen.status, 429, "{error:?}");
        assert_eq!(
            seen.head.contains("retry-after: 3"),
            in_header,
            "{}",
            seen.head
        );
        assert_eq!(
            seen.head.contains("retry-after"),
            in_header,
            "{}",
            seen.head
        );
        let json = seen.json();
        let told = json.pointer(pointer).unwrap();
        let told = told
            .as_str()
            .map_or_else(|| told.to_string(), str::to_owned);
        assert!(told.contains(words), "{error:?} {dialect:?}: {told}");
    }
}

#[tokio::test]
async fn refusals_and_breakdowns_have_their_status() {
    use ProviderError as E;
    let rows = [
        (E::BadKey, 401),
        (E::OutOfCredit, 402),
        (E::Internal, 500),
        (E::BadGateway, 502),
        (E::Unavailable, 503),
        (E::GatewayTimeout, 504),
        (E::ContextWindow, 400),
    ];
    for (error, status) in rows {
        for dialect in [Dialect::OpenRouter, Dialect::OpenAi] {
            let step = Step::provider_error(dialect, error);
            assert_eq!(answer(step.clone()).await.status, status, "{error:?}");
            let seen = answer_to(step, streamed()).await;
            assert_eq!(seen.status, status, "{error:?} comes before any event");
            assert!(seen.head.contains("application/json"), "{}", seen.head);
        }
    }
}

#[tokio::test]
async fn a_stream_carries_the_completion() {
    let seen = answer_to(Step::say("hello"), streamed()).await;
    assert_eq!(seen.status, 200);
    assert!(
        seen.head.contains("content-type: text/event-stream"),
        "{}",
        seen.head
    );
    let events = events(&seen);
    assert!(
        events
            .iter()
            .any(|event| event.contains(r#""content":"hello""#))
    );
    assert!(
        events
            .iter()
            .any(|event| event.contains(r#""prompt_tokens":700"#))
    );
    assert_eq!(events.last(), Some(&"[DONE]"));
    let call = Step::call("t", json!({ "a": 1 }));
    let seen = answer_to(call, json!({ "stream": true, "tools": [] })).await;
    assert!(seen.body.contains(r#""name":"t""#), "{}", seen.body);
    assert!(
        !seen.body.contains("prompt_tokens"),
        "usage was not asked for"
    );
}

#[tokio::test]
async fn an_error_may_come_inside_a_good_answer() {
    let step = || {
        Step::new(Reply::ErrorIn200(
            json!({ "code": 502, "message": "upstream" }),
        ))
    };
    let seen = answer(step()).await;
    assert_eq!(
        (seen.status, &seen.json()["error"]["code"]),
        (200, &json!(502))
    );
    let seen = answer_to(step(), streamed()).await;
    assert_eq!(seen.status, 200);
    let events = events(&seen);
    assert_eq!(events.len(), 2, "{}", seen.body);
    assert!(!events[0].contains("error"), "{}", events[0]);
    let last: Value = serde_json::from_str(events[1]).unwrap();
    assert_eq!(last["error"]["message"], "upstream");
    assert_eq!(last["choices"][0]["finish_reason"], "error");
}

#[tokio::test]
async fn a_stream_breaks_off_within_an_event() {
    let llm = serve([Step::new(Reply::Truncate), Step::say("next")]).await;
    let seen = chat(llm.addr(), streamed()).await.unwrap();
    assert_eq!(seen.status, 200);
    assert!(
        seen.head.contains("transfer-encoding: chunked"),
        "{}",
        seen.head
    );
    assert!(seen.body.contains("data: "), "{}", seen.body);
    assert!(!seen.body.contains("[DONE]"), "{}", seen.body);
    // The last chunk of a chunked answer has length 0; here it never came.
    assert!(!seen.body.ends_with("0\r\n\r\n"), "{}", seen.body);
    let last = events(&seen).last().copied().unwrap();
    assert!(serde_json::from_str::<Value>(last).is_err(), "{last}");
    assert_eq!(chat(llm.addr(), json!({})).await.unwrap().status, 200);
    llm.shutdown().await;
}

#[tokio::test]
async fn an_answer_may_trickle() {
    let every = Duration::from_millis(5);
    let rows = [
        (Step::say("slow"), json!({})),
        (Step::say("slow"), streamed()),
        (Step::status(500, json!({ "a": "b".repeat(20) })), json!({})),
        (Step::new(Reply::Raw("x".repeat(50))), json!({})),
    ];
    for (step, extra) in rows {
        let at_once = plain(&answer_to(step.clone(), extra.clone()).await).len();
        let start = tokio::time::Instant::now();
        let seen = answer_to(step.paced(Pace { bytes: 10, every }), extra).await;
        let pauses = u32::try_from(at_once.div_ceil(10) - 1).unwrap();
        assert!(
            pauses > 0 && start.elapsed() >= every * pauses,
            "{pauses} pauses"
        );
        assert_eq!(plain(&seen).len(), at_once);
    }
}

#[tokio::test]
async fn a_trickle_that_would_take_for_ever_begins_at_once_and_ends_with_its_client() {
    let pace = Pace {
        bytes: 1,
        every: Duration::from_secs(3600),
    };
    let llm = serve([Step::say("slow").paced(pace)]).await;
    let mut stream = TcpStream::connect(llm.addr()).await.unwrap();
    let request = "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n{") {
        let read = timeout(Duration::from_secs(10), stream.read_buf(&mut bytes)).await;
        assert_ne!(read.unwrap().unwrap(), 0, "closed too early");
    }
    drop(stream);
    timeout(Duration::from_secs(10), llm.shutdown())
        .await
        .unwrap();
}

#[tokio::test]
async fn usage_may_be_wrong_or_missing() {
    let wrong = [
        json!(null),
        json!({ "prompt_tokens": -5, "completion_tokens": -1 }),
        json!({ "prompt_tokens": "700", "completion_tokens": "many" }),
        json!({ "prompt_tokens": u64::MAX, "completion_tokens": 1e300 }),
        json!("none"),
    ];
    for value in wrong {
        let step = Step::say("a").wrong_usage(WrongUsage::Value(value.clone()));
        let json = answer(step.clone()).await.json();
        assert_eq!(json.get("usage"), Some(&value));
        let seen = answer_to(step, streamed()).await;
        let told = events(&seen)
            .iter()
            .any(|event| event.contains(&format!(r#""usage":{value}"#)));
        assert!(told, "{value}: {}", seen.body);
    }
    let step = Step::say("a").wrong_usage(WrongUsage::Absent);
    assert_eq!(answer(step.clone()).await.json().get("usage"), None);
    assert!(!answer_to(step, streamed()).await.body.contains("usage"));
}

#[tokio::test]
async fn an_answer_may_be_huge() {
    let seen = answer(Step::huge(3)).await;
    let json = seen.json();
    let text = json["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(text.len(), 3 << 20);
}

#[tokio::test]
async fn a_call_may_be_malformed_or_of_an_unknown_tool() {
    let broken = || {
        Step::new(Reply::BrokenCall {
            tool: "execute_bash".into(),
            arguments: r#"{"command": "#.into(),
        })
    };
    let json = answer_to(broken(), json!({ "tools": [] })).await.json();
    let function = &json["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!(function["name"], "execute_bash");
    let arguments = function["arguments"].as_str().unwrap();
    assert!(
        serde_json::from_str::<Value>(arguments).is_err(),
        "{arguments}"
    );
    assert_eq!(json["choices"][0]["finish_reason"], "tool_calls");
    let rows = [
        (
            json!({}),
            "<function=execute_bash>\n{\"command\": \n</function>",
        ),
        (
            json!({ "stop": ["</function"] }),
            "<function=execute_bash>\n{\"command\": \n",
        ),
    ];
    for (extra, wanted) in rows {
        let json = answer_to(broken(), extra).await.json();
        assert_eq!(json["choices"][0]["message"]["content"], wanted);
    }
    let unknown = Step::call("no_such_tool", json!({}));
    let json = answer_to(unknown, json!({ "tools": [] })).await.json();
    let call = &json["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"]["name"], "no_such_tool");
}

#[tokio::test]
async fn a_model_may_refuse_or_say_nothing() {
    let rows = [
        (
            Reply::Filtered(String::new()),
            json!(""),
            json!(null),
            "content_filter",
        ),
        (
            Reply::Filtered("half".into()),
            json!("half"),
            json!(null),
            "content_filter",
        ),
        (
            Reply::Refusal("no".into()),
            json!(null),
            json!("no"),
            "stop",
        ),
        (Reply::Say(String::new()), json!(""), json!(null), "stop"),
    ];
    for (reply, content, refusal, reason) in rows {
        let label = format!("{reply:?}");
        let seen = answer(Step::new(reply)).await;
        assert_eq!(seen.status, 200, "{label}");
        let json = seen.json();
        let choice = &json["choices"][0];
        assert_eq!(choice["message"]["content"], content, "{label}");
        assert_eq!(choice["message"]["refusal"], refusal, "{label}");
        assert_eq!(choice["finish_reason"], reason, "{label}");
    }
}

#[tokio::test]
async fn silence_has_no_byte() {
    let llm = serve([Step::new(Reply::Hang(None))]).await;
    let mut stream = TcpStream::connect(llm.addr()).await.unwrap();
    let request = "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request.as_bytes()).await.unwrap();
    timeout(Duration::from_secs(10), llm.wait_for_requests(1))
        .await
        .unwrap();
    let mut byte = [0; 1];
    let read = timeout(Duration::from_millis(50), stream.read(&mut byte)).await;
    assert!(read.is_err(), "something came: {read:?}");
    llm.shutdown().await;
}
