//! Rows of lines in both forms, and lines that only look like it.

use deckhands_model::AgentState;
use deckhands_runtime::OutputSource::{Stderr, Stdout};

use super::{LogFact, LogReader, RunError};

const STATE: &str = "[Agent Controller s-1] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.ERROR";

fn json(message: &str) -> String {
    let message = message
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!(r#"{{"message": "{message}", "level": "INFO", "timestamp": "t"}}"#)
}

fn text(message: &str) -> String {
    format!("\u{1b}[92m18:03:47 - openhands:INFO\u{1b}[0m: file.py:645 - {message}")
}

fn read(source: deckhands_runtime::OutputSource, line: &str) -> Option<LogFact> {
    LogReader::default().read(source, line.as_bytes())
}

fn run_error(text: &str) -> LogFact {
    LogFact::RunError(RunError {
        text: text.to_owned(),
        answer: String::new(),
    })
}

/// Messages that tell nothing; who says a thing is part of what is said.
const SILENT: &[&str] = &[
    "Saved conversation stats",
    "says: Error while running the agent (session ID: x): no",
    "[Agent Controller s-1] says: Runtime is ready.",
    "[Agent Controller s-1] Runtime is ready.",
    "Runtime is ready.",
    "Container started: openhands-runtime-s-1. VSCode URL: None",
    "Error while running the agent (session ID: s-1): no",
    "[runtime s-1] Error while running the agent (session ID: s-1): no",
    "[Agent Controller s-1] Error while running the agent (session ID: s-2): no",
    "Setting agent(X) state from AgentState.RUNNING to AgentState.ERROR",
    "[runtime s-1] Setting agent(X) state from AgentState.RUNNING to AgentState.ERROR",
    "[Agent Controller s-1] Control flag limits hit",
    "",
];

#[test]
fn both_forms_tell_the_same() {
    let error = "litellm.APIError: APIError: OpenrouterException - {\"a\": 1}";
    let failed =
        format!("[Agent Controller s-1] Error while running the agent (session ID: s-1): {error}");
    let retry = "boom. Attempt #2 | You can customize retry values in the configuration.";
    let setting =
        "Error setting env var MAX_ITERATIONS=abc: check that the value is of the right type";
    let rows = [
        (STATE, Some(LogFact::State(AgentState::Errored))),
        (failed.as_str(), Some(run_error(error))),
        (retry, Some(LogFact::Retry)),
        (
            "[runtime s-1] Container started: openhands-runtime-s-1. VSCode URL: None",
            Some(LogFact::SandboxStarted),
        ),
        (
            "[runtime s-1] Runtime is ready.",
            Some(LogFact::SandboxReady),
        ),
        ("Control flag limits hit", Some(LogFact::LimitsHit)),
        ("Uncaught exception", Some(LogFact::Uncaught(Vec::new()))),
        (setting, Some(LogFact::BadSetting(setting.to_owned()))),
        (
            "STATUS$ERROR_LLM_AUTHENTICATION",
            Some(LogFact::Status(
                "STATUS$ERROR_LLM_AUTHENTICATION".to_owned(),
            )),
        ),
        (
            "ConnectError: [Errno 111] Connection refused",
            Some(LogFact::Status(
                "ConnectError: [Errno 111] Connection refused".to_owned(),
            )),
        ),
    ];
    let silent = SILENT.iter().map(|message| (*message, None));
    for (message, expected) in rows.into_iter().chain(silent) {
        assert_eq!(read(Stdout, &json(message)), expected, "json: {message}");
        assert_eq!(read(Stderr, &text(message)), expected, "text: {message}");
    }
}

#[test]
fn a_json_traceback_gives_its_exceptions() {
    let line = r#"{"message": "Uncaught exception", "level": "ERROR", "exc_info": "Traceback (most recent call last):\n  File \"x.py\", line 1\nrequests.exceptions.HTTPError: 404\n\nDuring handling:\ndocker.errors.NotFound: 404 (\"No such container: 1\")"}"#;
    let expected = [
        "requests.exceptions.HTTPError: 404",
        "docker.errors.NotFound: 404 (\"No such container: 1\")",
    ];
    assert_eq!(
        read(Stdout, line),
        Some(LogFact::Uncaught(expected.map(str::to_owned).to_vec()))
    );
}

#[test]
fn lines_of_a_traceback_are_known_by_their_form() {
    let told = [
        "docker.errors.DockerException: Error while fetching server API version",
        "PermissionError: [Errno 13] Permission denied: '/.openhands/.jwt_secret'",
        "KeyboardInterrupt",
        "main.py: error: unrecognized arguments: --no-such-flag",
        "stat: cannot statx '/var/run/docker.sock': No such file or directory",
    ];
    for line in told {
        assert_eq!(
            read(Stderr, line),
            Some(LogFact::Exception(line.to_owned())),
            "{line}"
        );
    }
    let silent = [
        "  File \"x.py\", line 3, in y",
        "    raise PermissionError(1)",
        "x.py:10: DeprecationWarning: deprecated",
        "Error in the middle of a sentence: no",
        "error: no class",
        "Running OpenHands as root",
        "1Error: no name",
        ": no name",
    ];
    for line in silent {
        assert_eq!(read(Stderr, line), None, "{line}");
    }
}

#[test]
fn what_the_agent_makes_appear_in_the_log_is_not_believed() {
    // An event in words, JSON form: the record says so.
    let repeated = format!(r#"{{"message": "{STATE}", "msg_type": "OBSERVATION"}}"#);
    assert_eq!(read(Stdout, &repeated), None);
    // Text records after JSON was seen.
    let mut reader = LogReader::default();
    assert_eq!(reader.read(Stdout, json("hello").as_bytes()), None);
    assert_eq!(reader.read(Stderr, text(STATE).as_bytes()), None);
    // The lines of an event in text form, up to the next record.
    let mut reader = LogReader::default();
    let lines = [
        "18:03:47 - OBSERVATION",
        "[Agent Controller s] x",
        "ValueError: by the agent",
        "main.py: error: x",
    ];
    for line in lines {
        assert_eq!(reader.read(Stderr, line.as_bytes()), None, "{line}");
    }
    assert_eq!(
        reader.read(Stderr, text(STATE).as_bytes()),
        Some(LogFact::State(AgentState::Errored))
    );
}

#[test]
fn a_text_record_has_its_colour() {
    let plain = text(STATE)
        .replace("\u{1b}[92m", "")
        .replace("\u{1b}[0m", "");
    assert_eq!(read(Stderr, &plain), None);
    let other = text(STATE).replace("\u{1b}[92m", "\u{1b}[91m");
    assert_eq!(read(Stderr, &other), None);
    // Within an event, only a record with its colour ends it.
    let mut reader = LogReader::default();
    for line in [
        "18:03:47 - ACTION",
        &plain,
        &other,
        "ValueError: by the agent",
    ] {
        assert_eq!(reader.read(Stderr, line.as_bytes()), None, "{line}");
    }
}

#[test]
fn states_are_written_in_capitals() {
    for (word, state) in [
        ("FINISHED", AgentState::Finished),
        ("USER_REJECTED", AgentState::AwaitingInput),
        ("finished", AgentState::Unknown),
        ("Finished", AgentState::Unknown),
        ("SOMETHING_NEW", AgentState::Unknown),
    ] {
        let line = STATE.replace("ERROR", word);
        assert_eq!(
            read(Stdout, &json(&line)),
            Some(LogFact::State(state)),
            "{word}"
        );
    }
}

#[test]
fn half_a_character_in_a_record_costs_nothing() {
    let line = r#"{"message": "[Agent Controller s] Error while running the agent (session ID: s): \ud83d x", "level": "ERROR"}"#;
    assert_eq!(read(Stdout, line), Some(run_error("\u{fffd} x")));
}

#[test]
fn a_provider_s_body_is_kept_whole() {
    let body = format!("litellm.APIError: {}", "x".repeat(50_000));
    let line =
        format!("[Agent Controller s] Error while running the agent (session ID: s): {body}");
    assert_eq!(read(Stdout, &json(&line)), Some(run_error(&body)));
}

#[test]
fn broken_and_endless_lines_are_data() {
    let endless = format!(r#"{{"message": "{}"}}"#, "x".repeat(2 << 20));
    let rows: [&[u8]; 7] = [
        b"",
        b"{",
        b"{}",
        b"{\"message\": 3}",
        b"\xff\xfe - x",
        b"\x1b[",
        endless.as_bytes(),
    ];
    for line in rows {
        assert_eq!(LogReader::default().read(Stdout, line), None);
        assert_eq!(LogReader::default().read(Stderr, line), None);
    }
}

#[test]
fn the_provider_s_answer_is_read_from_the_traceback_of_the_same_record() {
    let said = "litellm.APIError: APIError: OpenAIException - Error code: 401 - x";
    let rows = [
        (
            "Traceback\n  File \"x\"\nopenai.APIStatusError: Error code: 500 - {}\n\nDuring\nlitellm.llms.openai.common_utils.OpenAIError: Error code: 402 - {'error': {}}\nlitellm.exceptions.APIError: litellm.APIError: APIError: OpenAIException - x",
            "402 - {'error': {}}",
        ),
        ("openai.APIStatusError: Error code: 402", "402"),
        // A message of several lines.
        (
            "openai.APIStatusError: Error code: 500 - {}\nlitellm.exceptions.APIError: x\nopenai.APIStatusError: Error code: 402 - {}",
            "500 - {}",
        ),
        // Words of a message, of a line of code, of another class.
        (
            "litellm.exceptions.APIError: litellm.APIError: Error code: 402 - x",
            "",
        ),
        ("    raise openai.APIStatusError: Error code: 402 - x", ""),
        ("Error code: 402 - x", ""),
        ("ValueError: Error code: 402 - x", ""),
        ("", ""),
    ];
    for (trace, answer) in rows {
        let record = |kind: &str| {
            serde_json::json!({"message": format!("[Agent Controller s] Error while running the agent (session ID: s): {said}"), "exc_info": trace, kind: "OBSERVATION"})
                .to_string()
        };
        let expected = LogFact::RunError(RunError {
            text: said.to_owned(),
            answer: answer.to_owned(),
        });
        assert_eq!(read(Stdout, &record("other")), Some(expected), "{trace}");
        assert_eq!(read(Stdout, &record("msg_type")), None, "{trace}");
    }
}
