//! Completions as events, put together again as a client does it.

use super::*;

/// The events of a stream, and whether its end mark came.
fn read(text: &str) -> (Vec<Value>, bool) {
    let mut events = Vec::new();
    let mut done = false;
    for event in text.split_terminator("\n\n") {
        assert!(!done, "something follows the end mark");
        let data = event.strip_prefix("data: ").unwrap();
        match data {
            "[DONE]" => done = true,
            data => events.push(serde_json::from_str(data).unwrap()),
        }
    }
    (events, done)
}

fn completion(message: Value, finish_reason: &str) -> Value {
    json!({
        "id": "c-1", "object": "chat.completion", "created": 7, "model": "m",
        "choices": [{ "index": 0, "message": message, "finish_reason": finish_reason }],
        "usage": { "prompt_tokens": 3 },
    })
}

/// The events of a completion as text.
fn told(completion: &Value, usage: UsageAsked) -> String {
    super::events(completion, usage, &EventForm::default()).text()
}

/// All text of one key of the deltas.
fn joined(events: &[Value], pointer: &str) -> String {
    let texts = events.iter().filter_map(|event| event.pointer(pointer));
    texts.filter_map(Value::as_str).collect()
}

#[test]
fn a_request_says_whether_it_wants_events() {
    let rows = [
        (json!({}), Streaming::No),
        (json!({ "stream": false }), Streaming::No),
        (json!({ "stream": true }), Streaming::Events(UsageAsked::No)),
        (
            json!({ "stream": true, "stream_options": { "include_usage": true } }),
            Streaming::Events(UsageAsked::OpenAi),
        ),
        (
            json!({ "stream": true, "usage": { "include": true } }),
            Streaming::Events(UsageAsked::OpenRouter),
        ),
        (
            json!({ "stream": true, "usage": { "include": false } }),
            Streaming::Events(UsageAsked::No),
        ),
        (
            json!({ "stream_options": { "include_usage": true } }),
            Streaming::No,
        ),
    ];
    for (request, wanted) in rows {
        assert_eq!(Streaming::of(&request), wanted, "{request}");
    }
}

#[test]
fn text_comes_in_pieces_and_ends_with_its_reason() {
    let text = "käse ".repeat(200);
    let message = json!({ "role": "assistant", "content": text });
    let (events, done) = read(&told(&completion(message, "stop"), UsageAsked::No));
    assert!(done);
    assert_eq!(joined(&events, "/choices/0/delta/content"), text);
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(events.len() > 3, "in several pieces");
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    for event in before {
        assert_eq!(event["choices"][0]["finish_reason"], Value::Null);
        assert_eq!(event["object"], "chat.completion.chunk");
        assert_eq!(
            (&event["id"], &event["model"]),
            (&json!("c-1"), &json!("m"))
        );
        assert!(event.get("usage").is_none());
    }
}

#[test]
fn calls_and_refusals_come_in_pieces_too() {
    let arguments = json!({ "command": "x".repeat(1000) }).to_string();
    let call = json!({ "id": "k", "type": "function", "function": { "name": "t", "arguments": arguments } });
    let message = json!({ "content": null, "tool_calls": [call] });
    let (events, _) = read(&told(&completion(message, "tool_calls"), UsageAsked::No));
    let of_call = "/choices/0/delta/tool_calls/0";
    assert_eq!(joined(&events, &format!("{of_call}/function/name")), "t");
    assert_eq!(joined(&events, &format!("{of_call}/id")), "k");
    assert_eq!(
        joined(&events, &format!("{of_call}/function/arguments")),
        arguments
    );
    let message = json!({ "content": null, "refusal": "no" });
    let (events, _) = read(&told(&completion(message, "stop"), UsageAsked::No));
    assert_eq!(joined(&events, "/choices/0/delta/refusal"), "no");
}

#[test]
fn usage_comes_last_where_it_is_asked_for() {
    let whole = completion(json!({ "content": "a" }), "stop");
    let (events, _) = read(&told(&whole, UsageAsked::OpenRouter));
    let last = events.last().unwrap();
    assert_eq!(last["usage"], json!({ "prompt_tokens": 3 }));
    assert_eq!(last["choices"], json!([]));
    let mut without = whole;
    without.as_object_mut().unwrap().remove("usage");
    let (events, _) = read(&told(&without, UsageAsked::OpenAi));
    assert!(events.iter().all(|event| event.get("usage").is_none()));
}

#[test]
fn no_choice_is_one_event_without() {
    let mut empty = completion(json!({}), "stop");
    empty["choices"] = json!([]);
    let (events, done) = read(&told(&empty, UsageAsked::No));
    assert!(done);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["choices"], json!([]));
}

#[test]
fn an_error_ends_a_stream_that_began() {
    let mut empty = completion(json!({}), "stop");
    empty["choices"] = json!([]);
    let error = json!({ "code": 502, "message": "gone" });
    let form = EventForm::default();
    let (events, done) = read(&broken_by(&empty, &form, 0, &error).text());
    assert!(!done, "an end mark would say that all is well");
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(events[0].get("error").is_none());
    assert_eq!(events[1]["error"]["code"], 502);
    assert_eq!(events[1]["choices"][0]["finish_reason"], "error");
}

#[test]
fn usage_is_null_before_the_last_where_openai_is_asked() {
    let whole = completion(json!({ "content": "a" }), "stop");
    let (events, _) = read(&told(&whole, UsageAsked::OpenAi));
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last["usage"], json!({ "prompt_tokens": 3 }));
    assert_eq!(before.len(), 3);
    assert!(
        before
            .iter()
            .all(|event| event.get("usage") == Some(&Value::Null))
    );
    let (events, _) = read(&told(&whole, UsageAsked::OpenRouter));
    assert!(events[0].get("usage").is_none());
}

#[test]
fn content_is_marked_chunk_by_chunk() {
    let whole = completion(json!({ "content": "abcde" }), "stop");
    let form = EventForm {
        chunk_chars: 2,
        keepalives: 1,
        ..EventForm::default()
    };
    let payload = super::events(&whole, UsageAsked::No, &form);
    let text = payload.text();
    let ends = payload.chunk_ends();
    assert_eq!(ends.len(), 3);
    for (end, piece) in ends.iter().zip(["ab", "cd", "e"]) {
        let last = text[..*end].trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.contains(&format!(r#""content":"{piece}""#)), "{last}");
    }
    let error = json!({ "code": 500 });
    let (events, _) = read(
        broken_by(&whole, &form, 2, &error)
            .text()
            .strip_prefix(": OPENROUTER PROCESSING\n\n")
            .unwrap(),
    );
    assert_eq!(joined(&events, "/choices/0/delta/content"), "abcd");
    assert_eq!(events[3]["error"], error);
}
