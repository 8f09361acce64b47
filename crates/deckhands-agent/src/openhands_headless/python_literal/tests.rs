//! Rows of hostile texts, and the way back for any text.

use deckhands_runtime::Labels;
use proptest::prelude::*;

use super::{Dict, quote};

#[test]
fn texts_become_ascii_literals() {
    let rows = [
        ("", "''"),
        ("plain text", "'plain text'"),
        ("it's", r"'it\'s'"),
        (r"back\slash", r"'back\\slash'"),
        (r#"say "x""#, r#"'say "x"'"#),
        ("a\nb", r"'a\U0000000ab'"),
        ("é😀", r"'\U000000e9\U0001f600'"),
        (
            "', 'privileged': True, 'x': '",
            r"'\', \'privileged\': True, \'x\': \''",
        ),
        ("{}#%", "'{}#%'"),
    ];
    for (text, expected) in rows {
        assert_eq!(quote(text), expected);
    }
}

#[test]
fn dictionaries_nest() {
    let labels = Labels::from([
        ("a".to_owned(), "1".to_owned()),
        ("b".to_owned(), "'".to_owned()),
    ]);
    let literal = Dict::default()
        .texts("labels", &labels)
        .number("pids_limit", 7)
        .finish();
    assert_eq!(
        literal,
        r"{'labels': {'a': '1', 'b': '\''}, 'pids_limit': 7}"
    );
}

/// Reads a literal of the two escapes that `quote` writes.
fn unquote(literal: &str) -> Option<String> {
    let mut rest = literal.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    let mut text = String::new();
    while let Some(c) = rest.next() {
        if c == '\'' {
            return None;
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next()? {
            'U' => {
                let digits: String = rest.by_ref().take(8).collect();
                text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            c @ ('\'' | '\\') => text.push(c),
            _ => return None,
        }
    }
    Some(text)
}

proptest! {
    #[test]
    fn every_text_survives(text in any::<String>()) {
        let literal = quote(&text);
        prop_assert!(literal.is_ascii());
        let back = unquote(&literal);
        prop_assert_eq!(back.as_deref(), Some(text.as_str()));
    }
}
