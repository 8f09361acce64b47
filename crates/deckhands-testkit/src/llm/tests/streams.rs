//! What a stream looks like on the wire, byte by byte.

use super::*;

#[tokio::test]
async fn a_stream_has_all_its_parts_in_order() {
    let step = step(r#"{"text": "hello", "chunk_chars": 2, "keepalive": 2}"#);
    let seen = answer_to(step, streamed()).await;
    assert_eq!(seen.status, 200);
    assert!(
        seen.head.contains("content-type: text/event-stream"),
        "{}",
        seen.head
    );
    let (chunks, ended) = chunks(&seen.body);
    assert!(ended, "the chunked body has its end");
    assert_eq!(chunks.len(), 1, "all events come in one write");
    let comment = ": OPENROUTER PROCESSING\n\n";
    let rest = chunks[0]
        .strip_prefix(comment)
        .and_then(|rest| rest.strip_prefix(comment));
    assert!(rest.unwrap().starts_with("data: {"), "{}", seen.body);
    assert!(chunks[0].ends_with("}\n\ndata: [DONE]\n\n"));
    let events = json_events(&seen);
    let deltas: Vec<_> = events
        .iter()
        .map(|event| event["choices"][0]["delta"].clone())
        .collect();
    let wanted = [
        json!({ "role": "assistant", "content": "" }),
        json!({ "content": "he" }),
        json!({ "content": "ll" }),
        json!({ "content": "o" }),
        json!({}),
        Value::Null,
    ];
    assert_eq!(deltas, wanted);
    assert_eq!(events[4]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[5]["choices"], json!([]));
    assert_eq!(events[5]["usage"]["total_tokens"], 750);
    assert_eq!(events[0].get("usage"), Some(&Value::Null));
}

#[tokio::test]
async fn usage_comes_only_where_it_is_asked_for() {
    let rows = [
        (json!({ "stream": true }), 0),
        (
            json!({ "stream": true, "stream_options": { "include_usage": false } }),
            0,
        ),
        (streamed(), 1),
        (json!({ "stream": true, "usage": { "include": true } }), 1),
    ];
    for (extra, count) in rows {
        let seen = answer_to(Step::say("a"), extra.clone()).await;
        let told = seen.body.matches("prompt_tokens").count();
        assert_eq!(told, count, "{extra}");
    }
    let silent = step(r#"{"text": "a", "no_usage": true}"#);
    let seen = answer_to(silent, streamed()).await;
    assert!(!seen.body.contains("usage"), "{}", seen.body);
}

#[tokio::test]
async fn events_may_come_one_by_one() {
    let text = r#"{"text": "hello", "chunk_chars": 2, "keepalive": 1, "event_every_ms": EVERY}"#;
    for (every, least) in [("0", 0), ("5", 6 * 5)] {
        let start = tokio::time::Instant::now();
        let step = step(&text.replace("EVERY", every));
        let seen = answer_to(step, json!({ "stream": true })).await;
        let (chunks, ended) = chunks(&seen.body);
        assert!(ended);
        assert_eq!(chunks.len(), 7, "a comment, five events and the end mark");
        assert!(chunks.iter().all(|chunk| chunk.ends_with("\n\n")));
        assert_eq!(chunks[0], ": OPENROUTER PROCESSING\n\n");
        assert_eq!(chunks[6], "data: [DONE]\n\n");
        assert!(start.elapsed() >= Duration::from_millis(least));
    }
}

#[tokio::test]
async fn one_event_may_come_in_many_writes() {
    let step = step(r#"{"text": "hello", "drip": {"bytes": 7, "every_ms": 0}}"#);
    let at_once = plain(&answer_to(Step::say("hello"), streamed()).await);
    let seen = answer_to(step, streamed()).await;
    let (chunks, ended) = chunks(&seen.body);
    assert!(ended);
    assert_eq!(chunks.concat(), at_once);
    assert!(
        chunks[..chunks.len() - 1]
            .iter()
            .all(|chunk| chunk.len() == 7)
    );
    assert_eq!(chunks.len(), at_once.len().div_ceil(7));
}

#[tokio::test]
async fn lines_may_end_as_in_http() {
    let step = step(r#"{"text": "hello", "crlf": true, "keepalive": 1}"#);
    let body = plain(&answer_to(step, streamed()).await);
    assert!(body.starts_with(": OPENROUTER PROCESSING\r\n\r\ndata: {"));
    assert!(body.ends_with("}\r\n\r\ndata: [DONE]\r\n\r\n"));
    assert_eq!(body.matches('\n').count(), body.matches("\r\n").count());
}

#[tokio::test]
async fn the_end_mark_may_be_missing() {
    let step = step(r#"{"text": "hello", "no_done": true}"#);
    let seen = answer_to(step, streamed()).await;
    let (chunks, ended) = chunks(&seen.body);
    assert!(ended, "the answer itself is whole");
    assert!(!chunks.concat().contains("[DONE]"));
    let events = json_events(&seen);
    assert_eq!(events[2]["choices"][0]["finish_reason"], "stop");
    assert!(events[3]["usage"].is_object());
}

#[tokio::test]
async fn several_calls_have_ids_and_arguments_in_pieces() {
    let step = step(
        r#"{"tools": [{"tool": "a", "args": {"x": "12345"}}, {"tool": "b"}], "chunk_chars": 4}"#,
    );
    let seen = answer_to(step, json!({ "stream": true, "tools": [] })).await;
    let events = json_events(&seen);
    let mut told = Vec::new();
    for event in &events {
        let call = &event["choices"][0]["delta"]["tool_calls"][0];
        if !call.is_null() {
            told.push((
                call["index"].as_u64().unwrap(),
                call["id"].as_str().unwrap_or("").to_owned(),
                call["function"]["name"].as_str().unwrap_or("").to_owned(),
                call["function"]["arguments"].as_str().unwrap().to_owned(),
            ));
        }
    }
    let row = |index: u64, id: &str, name: &str, arguments: &str| {
        (index, id.to_owned(), name.to_owned(), arguments.to_owned())
    };
    let wanted = [
        row(0, "call_000001_0", "a", ""),
        row(0, "", "", r#"{"x""#),
        row(0, "", "", r#":"12"#),
        row(0, "", "", r#"345""#),
        row(0, "", "", "}"),
        row(1, "call_000001_1", "b", ""),
        row(1, "", "", "{}"),
    ];
    assert_eq!(told, wanted);
    let last = events.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn a_stream_may_claim_another_type_or_not_be_one() {
    let html = r#"{"text": "a", "headers": {"content-type": "text/html"}}"#;
    let seen = answer_to(step(html), streamed()).await;
    assert!(
        seen.head.contains("content-type: text/html"),
        "{}",
        seen.head
    );
    assert!(!seen.head.contains("event-stream"), "{}", seen.head);
    assert!(plain(&seen).starts_with("data: {"));
    let whole = r#"{"text": "a", "unstreamed": true}"#;
    let seen = answer_to(step(whole), streamed()).await;
    assert!(
        seen.head.contains("content-type: application/json"),
        "{}",
        seen.head
    );
    assert_eq!(seen.json()["choices"][0]["message"]["content"], "a");
    let page = r#"{"raw": "<html>busy</html>", "headers": {"content-type": "text/html"}}"#;
    let seen = answer_to(step(page), streamed()).await;
    assert_eq!(
        (seen.status, seen.body.as_str()),
        (200, "<html>busy</html>")
    );
}

#[tokio::test]
async fn a_stream_may_be_huge() {
    let seen = answer_to(step(r#"{"text_mib": 2, "chunk_chars": 4096}"#), streamed()).await;
    assert_eq!(content(&json_events(&seen)).len(), 2 << 20);
    assert_eq!(events(&seen).last(), Some(&"[DONE]"));
}

#[tokio::test]
async fn a_completion_may_end_for_another_reason() {
    let length = || step(r#"{"text": "half", "finish_reason": "length"}"#);
    let json = answer(length()).await.json();
    assert_eq!(json["choices"][0]["finish_reason"], "length");
    let seen = answer_to(length(), json!({ "stream": true })).await;
    let events = json_events(&seen);
    assert_eq!(
        events.last().unwrap()["choices"][0]["finish_reason"],
        "length"
    );
    assert_eq!(content(&events), "half");
}
