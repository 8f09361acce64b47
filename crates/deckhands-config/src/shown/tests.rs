//! Text for a terminal.

use super::*;

#[test]
fn control_characters_do_not_reach_the_terminal() {
    for (text, expected) in [
        ("plain", "plain"),
        ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
        ("a\nb", "a\\nb"),
        ("grüße", "grüße"),
    ] {
        assert_eq!(plain(text), expected);
    }
    assert_eq!(plain(&"x".repeat(500)).chars().count(), MAX_CHARS + 1);
}

#[test]
fn a_shell_takes_the_word_as_it_is() {
    for (text, expected) in [
        ("/home/a", "/home/a"),
        ("/a b", "'/a b'"),
        ("/a'; rm", r"'/a'\''; rm'"),
        ("", "''"),
    ] {
        assert_eq!(shell_word(text), expected);
    }
}

#[test]
fn times_are_shown_in_the_form_they_are_written() {
    for (time, expected) in [
        (Duration::from_secs(300), "300s"),
        (Duration::from_millis(1500), "1500ms"),
    ] {
        assert_eq!(time.shown(), expected);
    }
}

#[test]
fn only_a_near_name_is_suggested() {
    let known = ["TIMEOUT", "MODEL"];
    let suggest = |name: &str| nearest(known, |known| likeness(known, name));
    assert_eq!(suggest("TIMOUT"), Some("TIMEOUT"));
    assert_eq!(suggest("CONVERSATION"), None);
}

#[test]
fn what_must_be_exact_is_never_cut() {
    let long = format!("/a b/{}", "x".repeat(1000));
    assert_eq!(shell_word(&long), format!("'{long}'"));
    assert_eq!(PathBuf::from(&long).shown(), long);
    assert_eq!(path(Path::new("/a\u{1b}[2J")), "/a\\u{1b}[2J");
}

#[test]
fn names_that_nobody_meant_are_not_compared() {
    assert!(likeness("model.id", "model.id") > 0.99);
    assert!(likeness("model.id", &"x".repeat(1 << 20)) < NEAR);
}
