//! Who may ask for what, and what of a request and an answer passes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::server::{Seen, json as answer_json};
use crate::stage::{RUNTIME, Stage, key, session_key, with_key};

/// Headers with which OpenHands and the SDK of its model ask, and some that nobody should pass on.
fn all_headers() -> Value {
    json!({
        "X-API-Key": key().expose(),
        "X-Session-API-Key": session_key().expose(),
        "Authorization": "Bearer token",
        "Cookie": "a=b",
        "User-Agent": "client",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Proxy-Authorization": "Basic x",
        "X-Stainless-Lang": "python",
        "Connection": "keep-alive",
    })
}

fn passed(seen: &Seen) -> BTreeMap<&str, &str> {
    let own = ["host", "connection", "content-length", "accept-encoding"];
    let pairs = seen.headers.iter();
    let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, _)| !own.contains(name)).collect()
}

#[tokio::test]
async fn only_what_is_needed_passes_on_the_way_in() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    let (key, session_key) = (key(), session_key());
    let asked = |path: &str| json!({"method": "POST", "path": path, "body": "{}", "headers": all_headers()});
    let json = "application/json";

    stage.ask(asked("/action/execute_action?a=b")).await;
    let seen = action.wait(2).await;
    assert_eq!(seen.line, "POST /execute_action?a=b HTTP/1.1");
    assert_eq!(seen.body, "{}");
    let expected = [
        ("accept", json),
        ("content-type", json),
        ("x-session-api-key", session_key.expose()),
    ];
    assert_eq!(passed(&seen), expected.into());

    stage.ask(asked("/api/stop")).await;
    let seen = stage.host.wait(1).await;
    let expected = [
        ("accept", json),
        ("content-type", json),
        ("x-api-key", key.expose()),
    ];
    assert_eq!(passed(&seen), expected.into());

    stage.ask(asked("/llm/v1/chat/completions")).await;
    let seen = stage.host.wait(2).await;
    assert_eq!(seen.line, "POST /llm/v1/chat/completions HTTP/1.1");
    let expected = [
        ("accept", json),
        ("authorization", "Bearer token"),
        ("content-type", json),
        ("cookie", "a=b"),
        ("user-agent", "client"),
        ("x-stainless-lang", "python"),
    ];
    assert_eq!(passed(&seen), expected.into());
}

#[tokio::test]
async fn of_an_answer_of_the_action_server_only_the_body_and_its_kind_pass() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    action.answer(|_| {
        let head = "HTTP/1.1 200 Fine\r\nSet-Cookie: a=b\r\nLocation: http://else/\r\nX-API-Key: x";
        format!("{head}\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody").into_bytes()
    });
    let request = json!({"method": "GET", "path": "/action/server_info", "headers": all_headers()});
    let answer = stage.ask(request).await;
    assert_eq!(answer["body"], "body");
    let expected =
        json!({"connection": "keep-alive", "content-length": "4", "content-type": "text/plain"});
    assert_eq!(answer["headers"], expected);
}

#[tokio::test]
async fn without_the_key_there_is_a_403_and_nothing_else() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    let paths = [
        "/api/start".to_owned(),
        format!("/api/runtime/{RUNTIME}"),
        "/action/alive".to_owned(),
        "/action/execute_action".to_owned(),
    ];
    let session_key = session_key();
    let wrong = [
        json!({}),
        json!({"X-API-Key": session_key.expose()}),
        json!({"X-API-Key": ""}),
    ];
    for path in &paths {
        for headers in &wrong {
            for method in ["GET", "POST"] {
                let request =
                    json!({"method": method, "path": path, "headers": headers, "body": "{}"});
                let answer = stage.ask(request).await;
                assert_eq!(answer["status"], 403, "{method} {path} {headers}");
                assert_eq!(answer["body"], r#"{"detail": "the runtime key is wrong"}"#);
            }
        }
    }
    assert_eq!((stage.host.count(), action.count()), (0, 1));
}

#[tokio::test]
async fn without_the_token_the_model_is_not_asked() {
    let mut stage = Stage::start(&[]).await;
    for sent in ["", "token", "Bearer", "Bearer token2", "bearer token"] {
        let request = json!({"method": "POST", "path": "/llm/v1/chat/completions", "body": "{}",
            "headers": {"Authorization": sent, "X-API-Key": key().expose()}});
        let answer = stage.ask(request).await;
        assert_eq!(answer["status"], 403, "{sent}");
        assert_eq!(
            answer["body"],
            r#"{"detail": "the model's token is wrong"}"#
        );
    }
    assert_eq!(stage.host.count(), 0);
}

/// An app that starts its sandbox itself has no runtime key, and an empty one opens nothing.
#[tokio::test]
async fn where_there_is_no_key_there_is_only_the_model() {
    let mut stage = Stage::start(&[("RUNTIME", "docker"), ("SANDBOX_API_KEY", "")]).await;
    let key = key();
    for sent in [
        json!({}),
        json!({"X-API-Key": ""}),
        json!({"X-API-Key": key.expose()}),
    ] {
        for path in ["/api/start", "/action/alive"] {
            let request = json!({"method": "POST", "path": path, "headers": sent, "body": "{}"});
            assert_eq!(stage.ask(request).await["status"], 403, "{path} {sent}");
        }
    }
    assert_eq!(stage.host.count(), 0);
    stage.host.answer(|_| answer_json(r#"{"choices":[]}"#));
    let model = with_key("POST", "/llm/v1/chat/completions", "{}");
    assert_eq!(stage.ask(model).await["body"], r#"{"choices":[]}"#);
    assert_eq!(stage.host.lines(), ["POST /llm/v1/chat/completions"]);
}

#[tokio::test]
async fn no_other_path_leads_anywhere() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    let paths = [
        "/",
        "/alive",
        "/api",
        "/llm",
        "/action",
        "/apiary/start",
        "/action/../alive",
        "/llm/./../api/start",
        "/api/../llm/x",
        "*",
    ];
    for path in paths {
        let request =
            json!({"method": "POST", "path": path, "headers": all_headers(), "body": "{}"});
        assert_eq!(stage.ask(request).await["status"], 404, "{path}");
    }
    let absolute = format!(
        "GET http://127.0.0.1/llm/x HTTP/1.1\r\nX-API-Key: {}\r\n\r\n",
        key().expose()
    );
    assert!(
        stage
            .raw(
                absolute
                    .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                    .as_bytes()
            )
            .await
            .contains(" 404 ")
    );
    assert_eq!((stage.host.count(), action.count()), (0, 1));
}

/// A header's value over two lines, or a control character, would be another header further on.
#[tokio::test]
async fn what_is_no_plain_header_is_left_out() {
    let stage = Stage::start(&[]).await;
    let head = "GET /llm/x HTTP/1.1\r\nAuthorization: Bearer token\r\nA: one\r\n two: three\r\nB: x\x01\r\nC: d\r\nConnection: close";
    stage.host.answer(|_| answer_json("{}"));
    let answer = stage.raw(format!("{head}\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let seen = stage.host.wait(1).await;
    assert!(
        !seen.headers.contains_key("a") && !seen.headers.contains_key("two"),
        "{seen:?}"
    );
    assert!(
        !seen.headers.contains_key("b") && seen.headers["c"] == "d",
        "{seen:?}"
    );
}
