//! What asks for more than an answer, and what does not.

use serde_json::json;

use super::*;

#[test]
fn whatever_the_provider_would_run_itself_is_found() {
    let function = json!({ "type": "function", "function": { "name": "read" } });
    let rows = [
        (json!({}), None),
        (json!({ "tools": [] }), None),
        (json!({ "tools": null, "plugins": null }), None),
        (json!({ "tools": [function, { "name": "no kind" }] }), None),
        (json!({ "tools": [{ "type": "custom" }] }), None),
        (json!({ "tools": "no list" }), None),
        (
            json!({ "tools": [function, { "type": "web_search_20250305" }] }),
            Some("web_search_20250305"),
        ),
        (json!({ "plugins": [{ "id": "web" }] }), Some("plugins")),
        (
            json!({ "web_search_options": {} }),
            Some("web_search_options"),
        ),
        (
            json!({ "search_parameters": { "mode": "auto" } }),
            Some("search_parameters"),
        ),
    ];
    for (request, found) in rows {
        let parsed = ChatRequest::parse(request.to_string().as_bytes()).unwrap();
        assert_eq!(parsed.provider_tool().as_deref(), found, "{request}");
    }
    let long = json!({ "tools": [{ "type": "ä".repeat(1000) }] }).to_string();
    let parsed = ChatRequest::parse(long.as_bytes()).unwrap();
    assert_eq!(parsed.provider_tool(), Some("ä".repeat(LONGEST)));
}

#[test]
fn a_model_that_searches_is_known_by_its_name() {
    for (model, online) in [
        (json!("a/b:online"), true),
        (json!("a/b:free"), false),
        (json!("online"), false),
        (json!(7), false),
    ] {
        let request = json!({ "model": model }).to_string();
        let parsed = ChatRequest::parse(request.as_bytes()).unwrap();
        assert_eq!(parsed.is_online(), online, "{request}");
    }
}
