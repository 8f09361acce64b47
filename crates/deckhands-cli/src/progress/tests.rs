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

#[test]
fn what_the_agent_does_is_told_without_escapes() {
    assert_eq!(doing(""), "starting the agent");
    assert_eq!(doing("ls\u{1b}]52;c;ZXZpbA==\u{7} -l\nx"), "ls -l x");
}

#[test]
fn a_pull_is_told_once_for_each_image() {
    let console = Console {
        json: false,
        quiet: true,
        live: false,
    };
    let progress = Progress::new(console);
    let rows = [
        ("app:1", true),
        ("app:1", false),
        ("box:2", true),
        ("box:2", false),
    ];
    for (image, news) in rows {
        let image = image.parse().unwrap();
        assert_eq!(progress.begins(&image), news, "{image}");
    }
}
