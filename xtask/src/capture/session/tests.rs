//! What stored events say about the moment a session is in.

use super::{is_command, last_state};

fn stored(texts: &[&str]) -> Vec<(u64, String)> {
    (0..)
        .zip(texts.iter().map(|text| (*text).to_owned()))
        .collect()
}

#[test]
fn the_last_state_counts() {
    let state = |word: &str| {
        format!(
            r#"{{"observation": "agent_state_changed", "extras": {{"agent_state": "{word}"}}}}"#
        )
    };
    let (running, error) = (state("running"), state("error"));
    let message = r#"{"action": "message", "args": {"content": "rate_limited"}}"#;
    assert_eq!(last_state(&stored(&[])).unwrap(), "none");
    assert_eq!(last_state(&stored(&[message])).unwrap(), "none");
    assert_eq!(
        last_state(&stored(&[&running, &error, message])).unwrap(),
        "error"
    );
    assert!(last_state(&stored(&[&running, "{half"])).is_err());
}

#[test]
fn a_command_is_an_action_and_not_its_observation() {
    assert!(is_command(
        r#"{"action": "run", "args": {"command": "ls"}}"#
    ));
    assert!(!is_command(
        r#"{"observation": "run", "content": "\"action\": \"run\""}"#
    ));
    assert!(!is_command("{half"));
}
