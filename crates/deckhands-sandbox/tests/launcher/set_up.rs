//! The calls of OpenHands' set-up that the launcher answers itself.

use serde_json::{Value, json};

use crate::server::json as answer_json;
use crate::stage::{Stage, with_key};

const PASSED_ON: &str = r#"{"passed":"on"}"#;

fn execute(action: &Value) -> Value {
    with_key(
        "POST",
        "/action/execute_action",
        &json!({ "action": action }).to_string(),
    )
}

/// As the client sends it.
fn run(command: &str) -> Value {
    json!({
        "action": "run", "message": format!("Running command: {command}"), "timeout": 120.0,
        "args": {"command": command, "is_input": false, "thought": "", "blocking": false,
            "is_static": false, "cwd": null, "hidden": false, "confirmation_state": "confirmed"},
    })
}

fn identity(name: &str) -> Value {
    run(&format!(
        "git config --global user.name \"{name}\" && git config --global user.email \"openhands@all-hands.dev\""
    ))
}

fn read(path: &str) -> Value {
    json!({"action": "read", "timeout": 120.0, "args": {"path": path, "start": 0, "end": -1}})
}

fn list(path: &str) -> Value {
    with_key(
        "POST",
        "/action/list_files",
        &json!({ "path": path }).to_string(),
    )
}

const INSTRUCTIONS: &str = "/workspace/.openhands_instructions";
const MICROAGENTS: &str = "/workspace/.openhands/microagents";

async fn stage(variables: &[(&str, &str)]) -> (Stage, crate::server::Server) {
    let mut stage = Stage::start(variables).await;
    let action = stage.ready().await;
    action.answer(|_| answer_json(PASSED_ON));
    (stage, action)
}

const NOTHING_THERE: [(&str, &str); 2] = [
    ("DECKHANDS_NO_INSTRUCTIONS", "1"),
    ("DECKHANDS_NO_MICROAGENTS", "1"),
];

#[tokio::test]
async fn what_is_known_is_answered_until_the_first_call_of_the_model() {
    let (mut stage, action) = stage(&NOTHING_THERE).await;
    let known = [
        execute(&identity("openhands")),
        execute(&read(INSTRUCTIONS)),
        list(MICROAGENTS),
    ];
    let mut answers = Vec::new();
    for request in &known {
        let answer = stage.ask(request.clone()).await;
        assert_eq!(answer["status"], 200);
        answers.push(serde_json::from_str::<Value>(answer["body"].as_str().unwrap()).unwrap());
    }
    assert_eq!(answers[0]["observation"], "run");
    assert_eq!(answers[0]["extras"]["metadata"]["exit_code"], 0);
    assert_eq!(answers[1]["observation"], "error");
    assert_eq!(answers[1]["extras"], json!({"error_id": ""}));
    assert_eq!(answers[2], json!([]));
    assert_eq!(action.count(), 1, "only the look whether it is alive");

    stage
        .ask(with_key("POST", "/llm/v1/chat/completions", "{}"))
        .await;
    for request in known {
        assert_eq!(stage.ask(request).await["body"], PASSED_ON);
    }
    assert_eq!(action.count(), 4);
}

#[tokio::test]
async fn files_that_may_be_there_are_looked_for() {
    let (mut stage, _action) = stage(&[("DECKHANDS_NO_INSTRUCTIONS", "0")]).await;
    for request in [execute(&read(INSTRUCTIONS)), list(MICROAGENTS)] {
        assert_eq!(stage.ask(request).await["body"], PASSED_ON);
    }
}

#[tokio::test]
async fn only_the_calls_of_the_set_up_are_answered() {
    let (mut stage, _action) = stage(&NOTHING_THERE).await;
    let mut of_the_agent = identity("openhands");
    of_the_agent["id"] = json!(4);
    let rows = [
        execute(&of_the_agent),
        execute(&identity("another")),
        execute(&run("true")),
        execute(&read("/workspace/other")),
        execute(&json!({"action": "read"})),
        execute(&json!("action")),
        list("/workspace"),
        with_key("POST", "/action/list_files", "{}"),
        with_key(
            "POST",
            "/action/list_files",
            &json!({"path": MICROAGENTS, "more": 1}).to_string(),
        ),
        with_key("POST", "/action/execute_action", "[1]"),
        with_key("POST", "/action/execute_action", "no JSON"),
        with_key("POST", "/action/execute_action", &"[".repeat(100_000)),
        with_key(
            "GET",
            "/action/list_files",
            &json!({"path": MICROAGENTS}).to_string(),
        ),
    ];
    for request in rows {
        let shown = request["body"]
            .as_str()
            .unwrap()
            .chars()
            .take(80)
            .collect::<String>();
        assert_eq!(stage.ask(request).await["body"], PASSED_ON, "{shown}");
    }
}
