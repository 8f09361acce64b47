//! Sizes, and servers that fail.

use serde_json::json;

use crate::server::Seen;
use crate::stage::{Stage, key, with_key};

const ACTION: &str = "/action/execute_action";

/// Each row: how an action server that was alive answers now, and what the client gets at once.
#[tokio::test]
async fn a_dead_action_server_is_a_502() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    let rows = [
        "",
        "HTTP/1.1 200",
        "no HTTP at all\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnothing",
        "HTTP/1.1 200 OK\r\n\r\nof no length",
        "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 777 Odd\r\n\r\n",
    ];
    for row in rows {
        action.answer(move |_| row.as_bytes().to_vec());
        let answer = stage.ask(with_key("POST", ACTION, "{}")).await;
        assert_eq!(answer["status"], 502, "{row:?} {answer}");
        assert_eq!(answer["reused"], true, "{row:?}");
    }
    drop(action);
    let answer = stage.ask(with_key("POST", ACTION, "{}")).await;
    assert_eq!(answer["status"], 502);
    assert_eq!(answer["body"], r#"{"detail": "the action server is gone"}"#);
    assert_eq!(answer["reused"], true);
    let again = stage.action();
    assert_eq!(
        stage.ask(with_key("POST", ACTION, "{}")).await["status"],
        200
    );
    assert_eq!(again.count(), 1);
}

#[tokio::test]
async fn an_endless_answer_of_the_action_server_is_a_502() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    let endless = |head: &'static str, piece: &'static str, size: usize| {
        move |_: &Seen| {
            [head, &piece.repeat(size / piece.len())]
                .concat()
                .into_bytes()
        }
    };
    let chunk: &'static str = Box::leak(format!("10000\r\n{}\r\n", "x".repeat(65536)).into());
    let long = 16 * 1024 * 1024 + 200_000;
    let rows = [
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunk,
            long,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n",
            "x",
            1,
        ),
        ("HTTP/1.1 200 OK\r\n", "x", 1_000_000),
        ("HTTP/1.1 200 OK\r\n", "X: y\r\n", 1_000_000),
    ];
    for (head, piece, size) in rows {
        action.answer(endless(head, piece, size));
        let answer = stage.ask(with_key("POST", ACTION, "{}")).await;
        assert_eq!(answer["status"], 502, "{head}");
    }
}

/// The model's client asks again after a 503; a 502 would be its end.
#[tokio::test]
async fn a_host_that_is_away_is_a_503() {
    let mut stage = Stage::start(&[]).await;
    let model = with_key("POST", "/llm/x", "{}");
    for row in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"] {
        stage.host.answer(move |_| row.as_bytes().to_vec());
        assert_eq!(stage.ask(model.clone()).await["status"], 503, "{row:?}");
    }
    std::fs::remove_file(stage.dir.path().join("host.sock")).unwrap();
    let answer = stage.ask(model).await;
    assert_eq!(
        (&answer["status"], &answer["reused"]),
        (&json!(503), &json!(true))
    );
}

/// Each row: headers about the body, and the status they get without a look at it.
#[tokio::test]
async fn a_body_must_say_its_length_and_be_short_enough() {
    let stage = Stage::start(&[]).await;
    let rows = [
        ("Transfer-Encoding: chunked", 411),
        ("Content-Length: 2\r\nTransfer-Encoding: chunked", 411),
        ("Content-Length: 2\r\nContent-Length: 3", 411),
        ("Content-Length: -1", 400),
        ("Content-Length: 1_0", 400),
        ("Content-Length: 67108865", 413),
        ("Content-Length: 99999999999999", 400),
        ("no header", 400),
    ];
    for path in ["/llm/x", "/api/start", ACTION] {
        for (headers, status) in rows {
            let head = format!(
                "POST {path} HTTP/1.1\r\nAuthorization: Bearer token\r\nX-API-Key: {}\r\n{headers}",
                key().expose()
            );
            let answer = stage.raw(format!("{head}\r\n\r\n{{}}").as_bytes()).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{path} {headers}: {answer}"
            );
            assert!(answer.contains("Connection: close\r\n"), "{path} {headers}");
        }
    }
    assert_eq!(stage.host.count(), 0);
}

/// The client is still sending, and hears the refusal all the same.
#[tokio::test]
async fn an_answer_before_the_end_of_the_request_comes_through() {
    let stage = Stage::start(&[]).await;
    let head = "POST /action/x HTTP/1.1\r\nContent-Length: 60000000\r\n\r\n";
    let request = [head, &"x".repeat(5_000_000)].concat();
    let answer = stage.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}
