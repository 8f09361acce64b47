//! Rows of texts with and without secrets.

use proptest::prelude::*;

use super::redact;

#[test]
fn secrets_are_hidden_and_words_are_not() {
    let rows: [(&str, &[&str], &str); 10] = [
        ("key=canary-0001 end", &["canary-0001"], "key=*** end"),
        ("abc-long abc-", &["abc-", "abc-long"], "*** ***"),
        ("the word", &["", "e", "the"], "the word"),
        (
            "Authorization: Bearer abcdefgh12345678",
            &[],
            "Authorization: Bearer ***",
        ),
        (
            "'authorization': 'bearer abcdefgh12345678'",
            &[],
            "'authorization': 'bearer ***'",
        ),
        ("bearer of news", &[], "bearer of news"),
        (
            "key sk-or-v1-0123456789abcdef, twice sk-0123456789",
            &[],
            "key ***, twice ***",
        ),
        ("task-force-one-and-two", &[], "task-force-one-and-two"),
        ("sk-short", &[], "sk-short"),
        ("naïve Bearer ünder", &[], "naïve Bearer ünder"),
    ];
    for (text, secrets, expected) in rows {
        assert_eq!(redact(text, secrets), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn a_secret_never_survives(before in any::<String>(), after in any::<String>()) {
        let text = format!("{before}canary-0001{after}");
        prop_assert!(!redact(&text, &["canary-0001"]).contains("canary-0001"));
    }
}
