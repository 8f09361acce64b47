//! A whole run, and what of the process is OpenHands' own.

use serde_json::json;

use crate::server::{Seen, json as answer_json};
use crate::stage::{RUNTIME, SESSION, Stage, key, python, session_key, with_key, within};

#[tokio::test]
async fn the_conversation_of_a_run() {
    let mut stage = Stage::start(&[
        ("DECKHANDS_NO_INSTRUCTIONS", "1"),
        ("DECKHANDS_NO_MICROAGENTS", "1"),
    ])
    .await;
    let session = with_key("GET", &format!("/api/sessions/{SESSION}"), "");
    assert_eq!(stage.ask(session).await["status"], 404);

    let start = json!({"session_id": SESSION, "image": "any", "command": []}).to_string();
    let started = stage.ask(with_key("POST", "/api/start", &start)).await;
    let started: serde_json::Value =
        serde_json::from_str(started["body"].as_str().unwrap()).unwrap();
    assert_eq!(started["session_api_key"], session_key().expose());
    assert!(stage.api.started());

    let action = stage.ready().await;
    assert_eq!(action.lines(), ["GET /alive"]);
    let alive = stage.ask(with_key("GET", "/action/alive", "")).await;
    assert_eq!(alive["body"], r#"{"status": "ok"}"#);

    let path = "/action/execute_action";
    let python = json!({"action": {"action": "run_ipython", "args": {"code": "import os\n\n"}}});
    action.answer(|_| answer_json(r#"{"observation":"run_ipython"}"#));
    let observation = stage.ask(with_key("POST", path, &python.to_string())).await;
    assert_eq!(observation["body"], r#"{"observation":"run_ipython"}"#);

    stage.host.answer(|_| answer_json(r#"{"choices":[]}"#));
    let told = stage
        .ask(with_key("POST", "/llm/v1/chat/completions", "{}"))
        .await;
    assert_eq!(told["body"], r#"{"choices":[]}"#);
    assert_eq!(told["reused"], true, "the connection was kept all along");

    let stop = json!({"runtime_id": RUNTIME}).to_string();
    assert_eq!(
        stage.ask(with_key("POST", "/api/stop", &stop)).await["status"],
        200
    );
    assert!(stage.api.stopped());
    assert_eq!(action.lines(), ["GET /alive", "POST /execute_action"]);
    let expected = [
        format!("GET /api/sessions/{SESSION}"),
        "POST /api/start".to_owned(),
        "POST /llm/v1/chat/completions".to_owned(),
        "POST /api/stop".to_owned(),
    ];
    assert_eq!(stage.host.lines(), expected);
    let (status, printed) = stage.end().await;
    assert_eq!((status.code(), printed.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn openhands_is_started_as_without_a_launcher() {
    let mut stage = Stage::start(&[("DECKHANDS_ANYTHING", "else")]).await;
    let report = stage.report.clone();
    assert_eq!(report["arguments"], json!(["-f", "task.md", "-n", "demo"]));
    assert_eq!(report["environment"], json!([]));
    assert_eq!(report["key"], key().expose());
    assert_eq!(report["first_path"], report["directory"]);
    assert_eq!(report["main"], "openhands.core.main");
    stage.tell(json!({"exit": 7})).await;
    let (status, printed) = stage.end().await;
    assert_eq!((status.code(), printed.as_str()), (Some(7), ""));
}

/// OpenHands gives its sandbox back in an exit handler, where Python makes no new threads.
#[tokio::test]
async fn the_launcher_serves_the_exit_handlers() {
    let mut stage = Stage::start(&[]).await;
    let stop = json!({"runtime_id": RUNTIME}).to_string();
    stage
        .ask(json!({"at_exit": with_key("POST", "/api/stop", &stop)}))
        .await;
    let (status, printed) = stage.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(
        printed.contains(r#""status": 200"#) && printed.contains(r#""reused": false"#),
        "{printed}"
    );
    assert!(stage.api.stopped());
}

#[tokio::test]
async fn the_wait_for_the_sandbox_is_held_until_it_is_alive() {
    let mut stage = Stage::start(&[]).await;
    let path = format!("/api/runtime/{RUNTIME}");
    // Refused at first: nobody listens yet.
    stage.tell(with_key("GET", &path, "")).await;
    let action = stage.action();
    action.answer(|_| answer_json(r#"{"status":"not initialized"}"#));
    within(action.wait(2)).await;
    action.answer(|_| b"HTTP/1.1 500 no\r\n\r\n{\"status\":\"ok\"}".to_vec());
    within(action.wait(action.count() + 2)).await;
    action.answer(|_| answer_json(r#"["status"]"#));
    within(action.wait(action.count() + 2)).await;
    action.answer(|_| answer_json(r#"{"status":"ok"}"#));
    let answer = stage.told().await;
    assert_eq!(answer["status"], 200);
    assert_eq!(
        answer["body"],
        format!(r#"{{"runtime_id": "{RUNTIME}", "pod_status": "ready"}}"#)
    );
    assert_eq!(stage.host.count(), 0);
    // From now on it is known.
    let count = action.count();
    assert_eq!(
        stage.ask(with_key("GET", &path, "")).await["body"],
        answer["body"]
    );
    assert_eq!(action.count(), count);
}

#[tokio::test]
async fn answers_of_any_length_come_through_unchanged() {
    let mut stage = Stage::start(&[]).await;
    let body = "0123456789".repeat(300_000);
    let length = body.len();
    let pieces = body.as_bytes().chunks(70_000);
    let chunked = pieces.fold(String::new(), |text, piece| {
        text + &format!(
            "{:x}\r\n{}\r\n",
            piece.len(),
            std::str::from_utf8(piece).unwrap()
        )
    });
    let rows = [
        format!("Content-Length: {length}\r\n\r\n{body}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{chunked}0\r\n\r\n"),
        format!("Content-Length: 3\r\n\r\n{}", &body[..3]),
        format!(
            "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\r\n0\r\n\r\n",
            &body[..3]
        ),
    ];
    for (index, row) in rows.into_iter().enumerate() {
        let expected = if index < 2 { &*body } else { &body[..3] };
        stage.host.answer(move |_: &Seen| {
            format!("HTTP/1.1 201 Made\r\nX-More: kept\r\n{row}").into_bytes()
        });
        let answer = stage.ask(with_key("GET", "/llm/x", "")).await;
        assert_eq!(answer["status"], 201, "row {index}");
        assert_eq!(answer["headers"]["x-more"], "kept", "row {index}");
        assert!(answer["body"] == expected, "row {index}");
        assert_eq!(answer["reused"], index > 0, "row {index}");
    }
}

#[tokio::test]
async fn long_requests_come_through_unchanged() {
    let mut stage = Stage::start(&[]).await;
    let action = stage.ready().await;
    let body = "0123456789".repeat(500_000);
    for (path, server) in [
        ("/llm/x", &stage.host.seen.clone()),
        ("/action/x", &action.seen.clone()),
    ] {
        assert_eq!(
            stage.ask(with_key("POST", path, &body)).await["status"],
            200
        );
        assert!(server.borrow().last().unwrap().body == body, "{path}");
    }
}

/// Each row: a variable that is wrong, and the line that says so.
#[tokio::test]
async fn a_launcher_that_cannot_start_says_so_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_port = taken.local_addr().unwrap().port().to_string();
    let rows = [
        ("SANDBOX_API_KEY", "", "SANDBOX_API_KEY is not set"),
        ("DECKHANDS_PORT", "x", "DECKHANDS_PORT is no port"),
        (
            "DECKHANDS_ACTION_PORT",
            "65536",
            "DECKHANDS_ACTION_PORT is no port",
        ),
        ("DECKHANDS_PORT", &taken_port, "Address already in use"),
    ];
    for (name, value, expected) in rows {
        let dir = tempfile::tempdir().unwrap();
        let app = deckhands_sandbox::launchers::write(dir.path()).unwrap().app;
        let mut command = python(&dir, "openhands/core/main.py");
        command
            .arg(app)
            .env("RUNTIME", "remote")
            .env("SANDBOX_API_KEY", "k")
            .env(name, value);
        let output = within(command.output()).await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        assert!(errors.starts_with("deckhands launcher: "), "{errors}");
        assert!(
            errors.contains(expected) && errors.lines().count() == 1,
            "{errors}"
        );
    }
}

#[tokio::test]
async fn an_image_without_openhands_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let app = deckhands_sandbox::launchers::write(dir.path()).unwrap().app;
    let port = crate::stage::Port::reserve().number.to_string();
    let mut command = python(&dir, "openhands/another.py");
    command
        .arg(app)
        .env("SANDBOX_API_KEY", "k")
        .env("DECKHANDS_PORT", port);
    let output = within(command.output()).await.unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        errors,
        "deckhands launcher: there is no module openhands.core.main\n"
    );
}
