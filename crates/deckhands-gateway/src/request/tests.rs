//! Reading within bounds, and what a rewritten request keeps.

use std::convert::Infallible;
use std::io;

use http_body_util::{Full, StreamBody};
use hyper::body::Frame;

use deckhands_model::ModelId;

use super::*;
use crate::money::LongPrice;
use crate::upstream::Upstream;

fn route(provider: &str) -> Route {
    Route {
        model: ModelId::resolve("openai/any").unwrap(),
        upstream: Upstream {
            base_url: "http://h/v1".to_owned(),
            key: None,
            model: "own/\"model\"".to_owned(),
            provider: provider.to_owned(),
        },
        price: None,
        max_output_tokens: 100,
    }
}

fn rewritten(body: &str, provider: &str) -> Result<(Value, String), Unfit> {
    let request = ChatRequest::parse(body.as_bytes())?;
    let text = String::from_utf8(request.body_for(&route(provider), false).to_vec()).unwrap();
    Ok((serde_json::from_str(&text).unwrap(), text))
}

#[test]
fn every_field_but_the_model_keeps_its_text() {
    let fields = [
        r#""messages":[{"role":"tool","tool_call_id":"call_1","content":"a\u0000b / \/"}]"#,
        r#""seed":123456789012345678901234567890"#,
        r#""temperature":1.10"#,
        r#""unknown":{"b":1,"a":[null,true]}"#,
        r#""stop":["</function"]"#,
        r#""max_tokens":100"#,
    ];
    let body = format!("{{\"model\":\"x\",{}}}", fields.join(","));
    let (json, text) = rewritten(&body, "openai").unwrap();
    for field in fields {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert_eq!(json["model"], "own/\"model\"");
    assert_eq!(json.as_object().unwrap().len(), fields.len() + 1);
}

/// Whatever a request says, and however it is written.
#[test]
fn no_request_names_another_model_than_its_route() {
    let rows = [
        "{}",
        r#"{"model":"other/model"}"#,
        r#"{"model":"other/model","model":"a/third"}"#,
        r#"{"mod\u0065l":"other/model","\u006dodels":["other/model"]}"#,
        r#"{"model":["other/model"],"models":["other/model"],"route":"fallback"}"#,
        r#"{"model":null,"preset":"mine","fallbacks":[{"model":"other/model"}]}"#,
    ];
    for body in rows {
        let (json, text) = rewritten(body, "openrouter").unwrap();
        assert_eq!(json["model"], "own/\"model\"", "{body}");
        assert_eq!(
            text.matches("model").count(),
            2,
            "its name and its field: {text}"
        );
        assert_eq!(json["preset"], Value::Null, "{body}");
    }
}

#[test]
fn openrouter_is_asked_for_the_cost_unless_the_agent_spoke_of_it() {
    let rows = [
        ("{}", "openrouter", json!({ "include": true })),
        (
            r#"{"usage":{"include":false}}"#,
            "openrouter",
            json!({ "include": false }),
        ),
        ("{}", "openai", Value::Null),
    ];
    for (body, provider, usage) in rows {
        assert_eq!(
            rewritten(body, provider).unwrap().0["usage"],
            usage,
            "{body}"
        );
    }
}

#[test]
fn openrouter_calls_nobody_who_is_dearer_than_the_cap_was_reckoned_with() {
    let dear = LongPrice {
        above: 200_000,
        input: Rate::per_million(0.3).unwrap(),
        cached: None,
        cache_write: None,
        output: Rate::per_million(1.25).unwrap(),
    };
    let usual = Price::per_million(0.15, 2.0).unwrap();
    let long = Price {
        long: Some(dear),
        ..usual
    };
    let most =
        |input: f64, output: f64| json!({ "max_price": { "prompt": input, "completion": output } });
    let rows = [
        (Some(usual), "openrouter", true, most(0.15, 2.0)),
        (Some(long), "openrouter", true, most(0.3, 2.0)),
        (Some(Price::FREE), "openrouter", true, most(0.0, 0.0)),
        (Some(usual), "openrouter", false, Value::Null),
        (Some(usual), "openai", true, Value::Null),
        (None, "openrouter", true, Value::Null),
    ];
    for (price, provider, capped, told) in rows {
        let route = Route {
            price,
            ..route(provider)
        };
        let request = ChatRequest::parse(b"{}").unwrap();
        let body: Value = serde_json::from_slice(&request.body_for(&route, capped)).unwrap();
        assert_eq!(body["provider"], told, "{price:?} {provider} {capped}");
    }
}

#[test]
fn what_is_no_object_is_no_call() {
    for body in ["", "[]", "1", "null", "{", "{\"a\":}", "{} {}", "\u{fffd}"] {
        assert_eq!(rewritten(body, "openai"), Err(Unfit::NoObject), "{body}");
    }
}

#[test]
fn a_stream_is_wanted_only_by_true() {
    let rows = [
        (r#"{"stream": true }"#, true),
        (r#"{"stream":false}"#, false),
        (r#"{"stream":"true"}"#, false),
        ("{}", false),
    ];
    for (body, streamed) in rows {
        let request = ChatRequest::parse(body.as_bytes()).unwrap();
        assert_eq!(request.streamed, streamed, "{body}");
    }
}

#[test]
fn a_stream_tells_what_it_used() {
    let (json, _) = rewritten(r#"{"stream":true}"#, "openai").unwrap();
    assert_eq!(json["stream_options"], json!({ "include_usage": true }));
    let own = r#"{"stream":true,"stream_options":{"include_usage":false}}"#;
    let (json, _) = rewritten(own, "openai").unwrap();
    assert_eq!(json["stream_options"], json!({ "include_usage": false }));
    let (json, _) = rewritten("{}", "openai").unwrap();
    assert_eq!(json["stream_options"], Value::Null);
}

#[test]
fn an_answer_is_bounded_by_its_route() {
    let rows = [
        ("{}", json!({ "max_completion_tokens": 100 }), 100),
        (r#"{"max_tokens":40}"#, json!({ "max_tokens": 40 }), 40),
        (r#"{"max_tokens":101}"#, json!({ "max_tokens": 100 }), 100),
        (
            r#"{"max_completion_tokens":1000000,"max_tokens":7}"#,
            json!({ "max_completion_tokens": 100, "max_tokens": 7 }),
            100,
        ),
        (
            r#"{"max_completion_tokens":null}"#,
            json!({ "max_completion_tokens": 100 }),
            100,
        ),
        (
            r#"{"max_completion_tokens":null,"max_tokens":16}"#,
            json!({ "max_completion_tokens": 100, "max_tokens": 16 }),
            100,
        ),
        (
            r#"{"max_completion_tokens":1,"max_tokens":80}"#,
            json!({ "max_completion_tokens": 1, "max_tokens": 80 }),
            80,
        ),
        (
            r#"{"max_tokens":-1,"n":3}"#,
            json!({ "max_tokens": 100, "n": 3 }),
            300,
        ),
    ];
    for (body, bounds, most) in rows {
        let (mut json, _) = rewritten(body, "openai").unwrap();
        json.as_object_mut().unwrap().remove("model");
        assert_eq!(json, bounds, "{body}");
        let request = ChatRequest::parse(body.as_bytes()).unwrap();
        assert_eq!(request.output_tokens(&route("openai")), most, "{body}");
    }
}

const TIME: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn a_body_is_read_within_its_bounds() {
    let whole = read(Full::new(Bytes::from("12345")), 5, TIME).await;
    assert_eq!(whole.unwrap(), "12345");
    let told = read(Full::new(Bytes::from("123456")), 5, TIME).await;
    assert_eq!(told, Err(Unfit::TooLong(5)));
    let parts = ["123", "456"].map(|part| Ok::<_, Infallible>(Frame::data(Bytes::from(part))));
    let untold = read(StreamBody::new(futures::stream::iter(parts)), 5, TIME).await;
    assert_eq!(untold, Err(Unfit::TooLong(5)));
    let broken = [Err::<Frame<Bytes>, _>(io::Error::other("gone"))];
    let broken = read(StreamBody::new(futures::stream::iter(broken)), 5, TIME).await;
    assert_eq!(broken, Err(Unfit::BrokeOff));
    let silent = futures::stream::pending::<Result<Frame<Bytes>, Infallible>>();
    let silent = read(StreamBody::new(silent), 5, TIME).await;
    assert_eq!(silent, Err(Unfit::TooSlow));
}

#[test]
fn a_request_that_is_too_long_makes_the_agent_condense() {
    let answer = Unfit::TooLong(16).answer();
    assert_eq!(answer.status, 400);
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(body.contains("prompt is too long"), "{body}");
}

#[test]
fn the_usage_is_asked_for_in_either_form() {
    let rows = [
        ("{}", false),
        (r#"{"stream_options":null,"usage":null}"#, false),
        (r#"{"stream_options":{"include_usage":false}}"#, false),
        (r#"{"stream_options":{"include_usage":true}}"#, true),
        (r#"{"usage":{"include":true}}"#, true),
        (r#"{"usage":true}"#, false),
    ];
    for (body, asked) in rows {
        let request = ChatRequest::parse(body.as_bytes()).unwrap();
        assert_eq!(request.usage_asked(), asked, "{body}");
    }
}
