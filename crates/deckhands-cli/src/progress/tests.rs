//! Figures for people.

use super::*;

#[test]
fn times_and_tokens() {
    let secs = Duration::from_secs;
    assert_eq!(clock(secs(7), Duration::from_millis(900)), "7 s at work");
    assert_eq!(clock(secs(7), secs(3)), "7 s at work, 3 s waiting");
    let usage = Usage {
        input_tokens: Some(3),
        output_tokens: None,
        cost_usd: None,
    };
    assert_eq!(tokens(usage), "3 tokens in, ? out");
}

#[test]
fn every_action_a_person_wants_to_see_has_a_word() {
    assert_eq!(word(ActionKind::Command), Some("runs"));
    assert_eq!(word(ActionKind::Finish), Some("finishes"));
    assert_eq!(
        (word(ActionKind::Condense), word(ActionKind::Other)),
        (None, None)
    );
}
