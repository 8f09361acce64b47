//! Reading within bounds, and what a rewritten request keeps.

use std::convert::Infallible;
use std::io;

use http_body_util::{Full, StreamBody};
use hyper::body::Frame;

use super::*;

fn upstream(provider: &str) -> Upstream {
    Upstream {
        base_url: "http://h/v1".to_owned(),
        key: None,
        model: "own/\"model\"".to_owned(),
        provider: provider.to_owned(),
    }
}

fn rewritten(body: &str, provider: &str) -> Result<(Value, String), Unfit> {
    let call = rewrite(body.as_bytes(), &upstream(provider))?;
    let text = String::from_utf8(call.body.to_vec()).unwrap();
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
    ];
    let body = format!("{{\"model\":\"x\",{}}}", fields.join(","));
    let (json, text) = rewritten(&body, "openai").unwrap();
    for field in fields {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert_eq!(json["model"], "own/\"model\"");
    assert_eq!(json.as_object().unwrap().len(), fields.len() + 1);
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
        let call = rewrite(body.as_bytes(), &upstream("openai")).unwrap();
        assert_eq!(call.streamed, streamed, "{body}");
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
