//! What is bounded by its bytes, and what is not.

use serde_json::{Value, json};

use super::*;

fn check(more: Value) -> Result<(), Unbounded> {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "hello" }] });
    let fields = request.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    bounded(request.to_string().as_bytes())
}

fn content(content: Value) -> Result<(), Unbounded> {
    check(json!({ "messages": [{ "role": "user", "content": content }] }))
}

#[test]
fn text_is_bounded_however_it_comes() {
    let call =
        json!([{ "id": "1", "type": "function", "function": { "name": "f", "arguments": "{}" } }]);
    let tool = json!([{ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } }]);
    let short = json!({ "type": "text", "text": "a", "cache_control": { "type": "ephemeral" } });
    let five = json!({ "type": "text", "text": "a", "cache_control": { "ttl": "5m" } });
    for good in [
        json!({}),
        json!({ "messages": [] }),
        json!({ "messages": [{ "role": "assistant", "content": null, "tool_calls": call, "audio": null }] }),
        json!({ "messages": [{ "role": "assistant", "tool_calls": call }] }),
        json!({ "messages": [{ "role": "user", "content": [short, five, { "type": "refusal", "refusal": "" }] }] }),
        json!({ "tools": tool, "n": 1, "modalities": ["text"], "service_tier": "default" }),
        json!({ "tools": null, "n": null, "service_tier": null, "plugins": null, "unknown": { "a": 1 } }),
    ] {
        assert_eq!(check(good.clone()), Ok(()), "{good}");
    }
}

#[test]
fn parts_that_are_no_text_are_not_bounded() {
    for kind in ["image_url", "input_audio", "file", "video_url", "anything"] {
        let part = json!({ "type": kind, kind: { "url": "https://example.org/a.png" } });
        let among = json!([{ "type": "text", "text": "a" }, part, { "type": "text", "text": "b" }]);
        let kind = kind.to_owned();
        assert_eq!(content(among), Err(Unbounded::Part { kind }));
    }
}

#[test]
fn fields_that_make_a_request_dearer_are_found() {
    let hour = json!({ "type": "ephemeral", "ttl": "1h" });
    let rows = [
        (json!({ "n": 2 }), "n"),
        (json!({ "modalities": ["text", "audio"] }), "modalities"),
        (json!({ "service_tier": "priority" }), "service_tier"),
        (json!({ "service_tier": "auto" }), "service_tier"),
        (json!({ "audio": { "voice": "v" } }), "audio"),
        (json!({ "models": ["dear"] }), "models"),
        (json!({ "plugins": [{ "id": "web" }] }), "plugins"),
        (json!({ "prediction": { "content": "a" } }), "prediction"),
        (json!({ "preset": "mine" }), "preset"),
        (json!({ "provider": { "order": ["dear"] } }), "provider"),
        (json!({ "search_parameters": {} }), "search_parameters"),
        (json!({ "web_search_options": {} }), "web_search_options"),
        (json!({ "cache_control": hour }), "cache_control"),
        (json!({ "messages": [{ "audio": { "id": "a" } }] }), "audio"),
        (json!({ "messages": [{ "images": [1] }] }), "images"),
        (
            json!({ "messages": [{ "cache_control": hour }] }),
            "cache_control",
        ),
        (
            json!({ "messages": [{ "content": [{ "type": "text", "cache_control": hour }] }] }),
            "cache_control",
        ),
        (
            json!({ "tools": [{ "type": "function", "cache_control": hour }] }),
            "cache_control",
        ),
    ];
    for (request, field) in rows {
        assert_eq!(
            check(request.clone()),
            Err(Unbounded::Field { field }),
            "{request}"
        );
    }
    let kind = "web_search".to_owned();
    let own = json!({ "tools": [{ "type": "function" }, { "type": "web_search" }] });
    assert_eq!(check(own), Err(Unbounded::Tool { kind }));
}

#[test]
fn what_two_readers_may_read_in_two_ways_is_refused() {
    for body in [
        "",
        "no JSON",
        "[]",
        "{}",
        r#"{"messages":{}}"#,
        r#"{"messages":[{"content":7}]}"#,
        r#"{"messages":[{"content":["a"]}]}"#,
        r#"{"messages":[{"content":[{"text":"no type"}]}]}"#,
        r#"{"messages":[],"n":-1}"#,
        r#"{"messages":[],"n":1,"n":9}"#,
        r#"{"messages":[],"messages":[{"content":"b"}]}"#,
        r#"{"messages":[{"content":"a","content":[{"type":"file"}]}]}"#,
        r#"{"messages":[{"content":[{"type":"file","type":"text"}]}]}"#,
        r#"{"messages":[{"content":[{"ty\u0070e":"file","type":"text"}]}]}"#,
    ] {
        assert!(
            matches!(bounded(body.as_bytes()), Err(Unbounded::Unreadable(_))),
            "{body}"
        );
    }
    let written_otherwise = r#"{"messages":[{"c\u006fntent":[{"type":"\u0066ile"}]}]}"#;
    let kind = "file".to_owned();
    assert_eq!(
        bounded(written_otherwise.as_bytes()),
        Err(Unbounded::Part { kind })
    );
}
