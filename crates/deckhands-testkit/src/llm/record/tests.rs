//! Records of requests in both message forms; nothing secret is shown.

use hyper::header::HeaderValue;
use serde_json::json;

use super::*;

fn record(body: &Value) -> RecordedRequest {
    let mut headers = HeaderMap::new();
    headers.insert(
        AUTHORIZATION,
        HeaderValue::from_static("Bearer tell-nobody"),
    );
    headers.insert("user-agent", HeaderValue::from_static("test/1"));
    headers.insert("x-other", HeaderValue::from_static("dropped"));
    RecordedRequest::new(
        "POST",
        "/v1/chat/completions",
        &headers,
        &body.to_string().into(),
    )
}

#[test]
fn both_message_forms_are_read() {
    let text = json!({ "model": "m", "messages": [
        { "role": "system", "content": "s" },
        { "role": "user", "content": "one" },
        { "role": "assistant", "content": "two" },
    ] });
    let parts = json!({ "tools": [{ "function": { "name": "think" } }], "messages": [
        { "role": "user", "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }] },
    ] });
    let rows = [
        (
            text,
            Some("m"),
            vec!["system", "user", "assistant"],
            vec![],
            Some("one"),
        ),
        (parts, None, vec!["user"], vec!["think"], Some("a\nb")),
        (json!({ "messages": [] }), None, vec![], vec![], None),
        (json!("no object"), None, vec![], vec![], None),
    ];
    for (body, model, roles, tools, last) in rows {
        let record = record(&body);
        assert_eq!(record.model.as_deref(), model, "{body}");
        assert_eq!(record.roles, roles, "{body}");
        assert_eq!(record.tools, tools, "{body}");
        assert_eq!(record.last_user_text.as_deref(), last, "{body}");
        assert_eq!(record.json(), Some(body));
    }
}

#[test]
fn authorization_is_compared_but_not_shown() {
    let record = record(&json!({}));
    assert!(record.has_authorization());
    assert!(record.bearer_is("tell-nobody"));
    assert!(!record.bearer_is("tell"));
    let shown = format!("{record:?}");
    assert!(!shown.contains("tell-nobody"), "{shown}");
    assert!(shown.contains("redacted"), "{shown}");
    assert_eq!(record.headers.keys().collect::<Vec<_>>(), ["user-agent"]);
}

#[test]
fn a_large_body_is_measured_only() {
    let body = Bytes::from(vec![b'x'; MAX_KEPT_BODY + 1]);
    let record = RecordedRequest::new("POST", "/", &HeaderMap::new(), &body);
    assert_eq!(record.body_len, MAX_KEPT_BODY + 1);
    assert!(record.body().is_none());
}
