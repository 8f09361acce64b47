//! Which state counts, and what is kept.

use deckhands_model::AgentState;

use super::Evidence;
use crate::adapter::EventFile;
use crate::openhands_headless::event::{parse, translate};
use crate::openhands_headless::log_line::LogFact;

fn take(evidence: &mut Evidence, json: &str) {
    let stored = parse(EventFile {
        number: 0,
        bytes: json.as_bytes(),
    })
    .unwrap();
    evidence.event(&translate(0, &stored), &stored);
}

#[test]
fn the_log_is_second_and_never_says_finished() {
    use AgentState::{AwaitingInput, Errored, Finished, RateLimited, Starting, Working};
    let rows = [
        (None, None, Starting),
        (None, Some(Working), Working),
        (None, Some(Finished), Working),
        (None, Some(RateLimited), RateLimited),
        (Some("running"), None, Working),
        (Some("running"), Some(Errored), Errored),
        (Some("running"), Some(Finished), Working),
        (Some("running"), Some(AwaitingInput), Working),
        (Some("awaiting_user_input"), Some(Working), AwaitingInput),
        (Some("finished"), Some(Errored), Finished),
        (Some("error"), Some(Finished), Errored),
        (Some("rate_limited"), Some(Working), RateLimited),
    ];
    for (stored, logged, expected) in rows {
        let mut evidence = Evidence::default();
        if let Some(word) = stored {
            let json = format!(
                r#"{{"observation":"agent_state_changed","extras":{{"agent_state":"{word}"}}}}"#
            );
            take(&mut evidence, &json);
        }
        if let Some(state) = logged {
            evidence.log_fact(&LogFact::State(state));
        }
        assert_eq!(evidence.state(), expected, "{stored:?} {logged:?}");
    }
}

#[test]
fn the_answer_is_the_last_word_and_bounded() {
    let mut evidence = Evidence::default();
    take(
        &mut evidence,
        r#"{"action":"finish","args":{"final_thought":" ","thought":"thought\u001b[1m\nhere"}}"#,
    );
    assert_eq!(evidence.answer, "thought\nhere");
    let long = format!(
        r#"{{"action":"finish","args":{{"final_thought":"{}"}}}}"#,
        "ä".repeat(100_000)
    );
    take(&mut evidence, &long);
    assert_eq!(evidence.answer.len(), 64 << 10);
}

#[test]
fn a_long_chain_keeps_its_beginning_and_its_end() {
    let mut evidence = Evidence::default();
    for number in 0..100 {
        evidence.log_fact(&LogFact::Exception(format!("E{number}")));
    }
    assert_eq!(evidence.exceptions.len(), 16);
    assert_eq!(evidence.exceptions.first().map(String::as_str), Some("E0"));
    assert_eq!(evidence.exceptions.last().map(String::as_str), Some("E99"));
    evidence.log_fact(&LogFact::Uncaught(vec!["X".to_owned()]));
    assert_eq!(evidence.exceptions, ["X"]);
}
