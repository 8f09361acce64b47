//! What is read of documents and streams.

use serde_json::json;

use super::*;

fn document(value: &Value) -> Outline {
    Outline::of_document(value.to_string().as_bytes()).unwrap()
}

#[test]
fn usage_counts_only_where_it_is_one() {
    let known = |input, output, cost| Usage {
        input_tokens: input,
        output_tokens: output,
        cost_usd: cost,
    };
    let rows = [
        (
            json!({ "prompt_tokens": 7, "completion_tokens": 5, "cost": 0.25 }),
            known(Some(7), Some(5), Some(0.25)),
        ),
        (
            json!({ "prompt_tokens": 7, "cost": 0 }),
            known(Some(7), None, Some(0.0)),
        ),
        (
            json!({ "prompt_tokens": -7, "completion_tokens": "5", "cost": -0.1 }),
            Usage::default(),
        ),
        (
            json!({ "prompt_tokens": 1.5, "cost": "free" }),
            Usage::default(),
        ),
        (json!("none"), Usage::default()),
        (json!(null), Usage::default()),
    ];
    for (told, usage) in rows {
        assert_eq!(document(&json!({ "usage": told })).usage, usage, "{told}");
    }
}

#[test]
fn an_error_and_a_choice_are_told_apart() {
    let rows = [
        (json!({ "choices": [{}] }), true, None),
        (json!({ "choices": [{}], "error": null }), true, None),
        (json!({ "choices": [] }), false, None),
        (json!({ "choices": "x" }), false, None),
        (json!([]), false, None),
        (
            json!({ "error": { "code": 1 } }),
            false,
            Some(json!({ "code": 1 })),
        ),
        (json!({ "error": "m" }), false, Some(json!("m"))),
        (
            json!({ "choices": [{ "finish_reason": "error" }] }),
            true,
            Some(Value::Null),
        ),
        (
            json!({ "choices": [{ "finish_reason": "error", "error": { "code": 502 } }] }),
            true,
            Some(json!({ "code": 502 })),
        ),
    ];
    for (body, has_choice, error) in rows {
        let outline = document(&body);
        assert_eq!(
            (outline.has_choice, outline.error),
            (has_choice, error),
            "{body}"
        );
    }
    assert!(Outline::of_document(b"<html>").is_none());
    assert!(Outline::of_document(b"  \n {}").is_some());
}

#[test]
fn a_stream_is_read_to_its_last_event() {
    let good = b": waiting\r\n\r\ndata: {\"model\":\"m\",\"choices\":[{\"delta\":{}}]}\r\n\r\n\
        data:{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"cost\":0.5}}\n\ndata: [DONE]\n\n";
    let outline = Outline::of_events(good);
    assert!(outline.has_choice && outline.error.is_none());
    assert_eq!(outline.model.as_deref(), Some("m"));
    assert_eq!(outline.usage.input_tokens, Some(3));
    assert_eq!(outline.usage.cost_usd, Some(0.5));
    let bad = b"data: {\"choices\":[{}]}\n\ndata: {\"error\":{\"code\":429},\"choices\":[{}]}\n\n";
    assert_eq!(Outline::of_events(bad).error, Some(json!({ "code": 429 })));
    assert!(!Outline::of_events(b"data: [DONE]\n\n").has_choice);
}
