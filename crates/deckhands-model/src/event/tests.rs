//! States and the form of events in documents.

use serde_json::json;

use super::*;

#[test]
fn in_five_states_an_agent_does_nothing_more() {
    use AgentState::{
        AwaitingInput, Errored, Finished, RateLimited, Rejected, Starting, Stopped, Unknown,
        Working,
    };
    for state in [Finished, Rejected, Stopped, Errored, RateLimited] {
        assert!(state.is_final(), "{state:?}");
    }
    for state in [Starting, Working, AwaitingInput, Unknown] {
        assert!(!state.is_final(), "{state:?}");
    }
}

#[test]
fn events_name_their_kind() {
    let rows = [
        (
            EventKind::StateChanged {
                state: AgentState::RateLimited,
                reason: String::new(),
            },
            json!({"event": "state_changed", "state": "rate_limited", "reason": ""}),
        ),
        (
            EventKind::Action {
                action: ActionKind::Command,
                summary: "ls".to_owned(),
            },
            json!({"event": "action", "action": "command", "summary": "ls"}),
        ),
        (
            EventKind::Observation {
                name: "run".to_owned(),
                failed: Some(true),
                summary: "no".to_owned(),
            },
            json!({"event": "observation", "name": "run", "failed": true, "summary": "no"}),
        ),
        (
            EventKind::Other {
                name: "new".to_owned(),
            },
            json!({"event": "other", "name": "new"}),
        ),
    ];
    for (kind, document) in rows {
        let event = AgentEvent {
            sequence: 3,
            stamp: None,
            kind,
        };
        let whole = json!({"sequence": 3, "stamp": null, "kind": document});
        assert_eq!(serde_json::to_value(&event).unwrap(), whole);
        assert_eq!(serde_json::from_value::<AgentEvent>(whole).unwrap(), event);
    }
}
