//! Rows of stored events.

use deckhands_model::{ActionKind, AgentState, EventKind};

use super::{parse, translate};
use crate::adapter::EventFile;
use crate::launch::EventStore;

fn kind(json: &str) -> EventKind {
    let stored = parse(EventFile {
        number: 3,
        bytes: json.as_bytes(),
    })
    .unwrap();
    let event = translate(3, &stored);
    assert_eq!(event.sequence, 3);
    event.kind
}

fn acts(action: ActionKind, summary: &str) -> EventKind {
    EventKind::Action {
        action,
        summary: summary.to_owned(),
    }
}

fn sees(name: &str, failed: Option<bool>, summary: &str) -> EventKind {
    EventKind::Observation {
        name: name.to_owned(),
        failed,
        summary: summary.to_owned(),
    }
}

/// Actions of the agent, what kind each is, and its summary.
const ACTIONS: &[(&str, ActionKind, &str)] = &[
    (
        r#"{"action":"run","args":{"command":"ls\n-l"}}"#,
        ActionKind::Command,
        "ls -l",
    ),
    (
        r#"{"action":"run_ipython","args":{"code":"1+1"}}"#,
        ActionKind::Python,
        "1+1",
    ),
    (
        r#"{"action":"read","args":{"path":"/a"}}"#,
        ActionKind::Read,
        "/a",
    ),
    (
        r#"{"action":"write","args":{"path":"/a"}}"#,
        ActionKind::Edit,
        "/a",
    ),
    (
        r#"{"action":"edit","args":{"path":"/a","command":"create"}}"#,
        ActionKind::Edit,
        "create /a",
    ),
    (
        r#"{"action":"browse","args":{"url":"u"}}"#,
        ActionKind::Browse,
        "u",
    ),
    (
        r#"{"action":"message","source":"agent","args":{"content":"c"}}"#,
        ActionKind::Message,
        "c",
    ),
    (
        r#"{"action":"think","args":{"thought":"t"}}"#,
        ActionKind::Think,
        "t",
    ),
    (
        r#"{"action":"task_tracking","args":{"command":"plan"}}"#,
        ActionKind::Plan,
        "plan",
    ),
    (
        r#"{"action":"finish","args":{"final_thought":"f"}}"#,
        ActionKind::Finish,
        "f",
    ),
    (
        r#"{"action":"condensation_request","args":{}}"#,
        ActionKind::Condense,
        "",
    ),
    (
        r#"{"action":"system","args":{"openhands_version":"1"}}"#,
        ActionKind::Other,
        "OpenHands 1",
    ),
    (
        r#"{"action":"call_tool_mcp","args":{"name":"n"}}"#,
        ActionKind::Other,
        "n",
    ),
    (
        r#"{"action":"run","args":{"command":{"not":["text"]}}}"#,
        ActionKind::Command,
        "",
    ),
    (
        r#"{"action":"run","args":[1,{"a":2}],"extras":"x"}"#,
        ActionKind::Command,
        "",
    ),
    (r#"{"action":"run"}"#, ActionKind::Command, ""),
    (
        r#"{"action":"run","args":{"command":"\u001b[31mx\u0000\u202e"}}"#,
        ActionKind::Command,
        "x",
    ),
];

#[test]
fn actions() {
    for (json, action, summary) in ACTIONS {
        assert_eq!(kind(json), acts(*action, summary), "{json}");
    }
}

#[test]
fn what_a_person_says_and_what_is_new_are_no_actions() {
    let said = r#"{"action":"message","source":"user","args":{"content":"c"}}"#;
    assert_eq!(kind(said), sees("message", None, "c"));
    let new = r#"{"action":"something_new","source":"agent","new":{"a":[1]}}"#;
    assert_eq!(
        kind(new),
        EventKind::Other {
            name: "something_new".to_owned()
        }
    );
}

#[test]
fn observations() {
    let rows = [
        (
            r#"{"observation":"run","content":"a\nb","extras":{"metadata":{"exit_code":0}},"success":true}"#,
            sees("run", Some(false), "a b"),
        ),
        (
            r#"{"observation":"run","content":"","extras":{"metadata":{"exit_code":2}}}"#,
            sees("run", Some(true), ""),
        ),
        (
            r#"{"observation":"run","content":"","extras":{"metadata":{"exit_code":-1}},"success":false}"#,
            sees("run", None, ""),
        ),
        (
            r#"{"observation":"run","content":"","success":false}"#,
            sees("run", Some(true), ""),
        ),
        (
            r#"{"observation":"run_ipython","content":"x","success":true}"#,
            sees("run_ipython", Some(false), "x"),
        ),
        (
            r#"{"observation":"edit","content":"ERROR:\nno"}"#,
            sees("edit", Some(true), "ERROR: no"),
        ),
        (
            r#"{"observation":"edit","content":"done"}"#,
            sees("edit", Some(false), "done"),
        ),
        (
            r#"{"observation":"error","content":"e"}"#,
            sees("error", Some(true), "e"),
        ),
        (
            r#"{"observation":"recall","content":"r"}"#,
            sees("recall", None, "r"),
        ),
        (
            r#"{"observation":"null"}"#,
            EventKind::Other {
                name: "null".to_owned(),
            },
        ),
    ];
    for (json, expected) in rows {
        assert_eq!(kind(json), expected, "{json}");
    }
}

#[test]
fn states() {
    let rows = [
        ("loading", AgentState::Starting),
        ("running", AgentState::Working),
        ("awaiting_user_input", AgentState::AwaitingInput),
        ("awaiting_user_confirmation", AgentState::AwaitingInput),
        ("user_rejected", AgentState::AwaitingInput),
        ("user_confirmed", AgentState::Working),
        ("paused", AgentState::Stopped),
        ("stopped", AgentState::Stopped),
        ("finished", AgentState::Finished),
        ("rejected", AgentState::Rejected),
        ("error", AgentState::Errored),
        ("rate_limited", AgentState::RateLimited),
        ("something_new", AgentState::Unknown),
        ("FINISHED", AgentState::Unknown),
        ("Finished", AgentState::Unknown),
        ("finished ", AgentState::Unknown),
        ("", AgentState::Unknown),
    ];
    for (word, state) in rows {
        let json = format!(
            r#"{{"observation":"agent_state_changed","extras":{{"agent_state":"{word}","reason":"why"}}}}"#
        );
        let reason = "why".to_owned();
        assert_eq!(
            kind(&json),
            EventKind::StateChanged { state, reason },
            "{word}"
        );
    }
}

#[test]
fn only_openhands_itself_tells_a_state() {
    for source in ["agent", "user"] {
        let json = format!(
            r#"{{"source":"{source}","observation":"agent_state_changed","extras":{{"agent_state":"finished"}}}}"#
        );
        let name = "agent_state_changed".to_owned();
        assert_eq!(kind(&json), EventKind::Other { name }, "{source}");
    }
}

#[test]
fn the_bound_is_named_and_exact() {
    let max = usize::try_from(EventStore::MAX_BYTES).unwrap();
    let sized = |bytes: usize| {
        let frame = r#"{"action":"run","args":{"command":""}}"#;
        let text = "x".repeat(bytes - frame.len());
        format!(r#"{{"action":"run","args":{{"command":"{text}"}}}}"#)
    };
    let whole = sized(max);
    assert_eq!(whole.len(), max);
    let read = |json: &str| {
        let bytes = json.as_bytes();
        parse(EventFile { number: 4, bytes }).map(|stored| translate(4, &stored))
    };
    let EventKind::Action { summary, .. } = read(&whole).unwrap().kind else {
        panic!("no action")
    };
    assert_eq!(summary.chars().count(), 200);
    let error = read(&sized(max + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "event 4 is not readable: larger than 16777216 bytes"
    );
}

#[test]
fn python_s_json_is_read() {
    assert_eq!(
        kind(
            r#"{"action":"run","args":{"command":"a\ud83db"},"llm_metrics":{"accumulated_cost":NaN}}"#
        ),
        acts(ActionKind::Command, "a\u{fffd}b")
    );
}

#[test]
fn a_key_given_twice_is_no_event() {
    let twice = r#"{"observation":"agent_state_changed","extras":{"agent_state":"error","agent_state":"finished"}}"#;
    let bytes = twice.as_bytes();
    assert!(parse(EventFile { number: 0, bytes }).is_err());
}

#[test]
fn stamps_are_told_to_be_utc() {
    let stamp = |json: &str| {
        let stored = parse(EventFile {
            number: 0,
            bytes: json.as_bytes(),
        })
        .unwrap();
        translate(0, &stored).stamp
    };
    assert_eq!(
        stamp(r#"{"action":"run","timestamp":"2026-11-22T17:56:45.292911"}"#).as_deref(),
        Some("2026-11-22T17:56:45.292911Z")
    );
    assert_eq!(stamp(r#"{"action":"run","timestamp":"t\nx"}"#), None);
    assert_eq!(stamp(r#"{"action":"run"}"#), None);
}

#[test]
fn a_summary_is_bounded() {
    let json = format!(
        r#"{{"action":"run","args":{{"command":"{}"}}}}"#,
        "x".repeat(5000)
    );
    let EventKind::Action { summary, .. } = kind(&json) else {
        panic!("no action")
    };
    assert_eq!(summary.chars().count(), 200);
}

#[test]
fn what_is_no_whole_event_is_unreadable() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_name = format!(
        r#"{{"action":{}1{}}}"#,
        "{\"a\":".repeat(100_000),
        "}".repeat(100_000)
    );
    let huge = vec![b' '; usize::try_from(EventStore::MAX_BYTES).unwrap() + 1];
    let rows: [&[u8]; 12] = [
        b"",
        b"{",
        br#"{"action":"run","args":{"comm"#,
        br#"{"action":"run"} trailing"#,
        b"null",
        b"[]",
        b"{}",
        br#"{"action":null,"observation":3}"#,
        b"\xff\xfe",
        // Not whole, although nobody looks at the place.
        b"{\"action\":\"run\",\"message\":\"\xff\"}",
        deep.as_bytes(),
        &huge,
    ];
    for bytes in rows {
        let read = parse(EventFile { number: 9, bytes });
        let unreadable = read.map(|_event| ()).unwrap_err();
        assert_eq!(unreadable.number, 9);
        assert!(
            unreadable.reason.chars().count() <= 200,
            "{}",
            unreadable.reason
        );
    }
    // As deep as one likes is no danger: what is not asked for is skipped without recursion.
    assert!(
        parse(EventFile {
            number: 9,
            bytes: deep_name.as_bytes()
        })
        .is_err()
    );
}

#[test]
fn depth_is_no_danger() {
    let (open, close) = (r#"{"a":["#.repeat(100_000), "]}".repeat(100_000));
    // What is not asked for is skipped without recursion, wherever it stands.
    for place in ["new", "args", "extras", "content", "llm_metrics"] {
        let json = format!(r#"{{"action":"run","{place}":{open}1{close}}}"#);
        assert_eq!(kind(&json), acts(ActionKind::Command, ""), "{place}");
    }
    let cut = format!(r#"{{"action":"run","args":{open}"#);
    assert!(
        parse(EventFile {
            number: 0,
            bytes: cut.as_bytes()
        })
        .is_err()
    );
}
