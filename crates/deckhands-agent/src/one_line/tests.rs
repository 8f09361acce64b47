//! Rows of hostile and ordinary text.

use proptest::prelude::*;

use super::{clean_text, one_line};

#[test]
fn text_fits_on_one_line() {
    let rows = [
        ("plain", 20, "plain"),
        ("  two\n\nlines\there ", 20, "two lines here"),
        ("\u{1b}[31mred\u{1b}[0m", 20, "red"),
        ("\u{1b}]0;title\u{7}after", 20, "after"),
        ("\u{9b}2Jcleared", 20, "cleared"),
        ("a\u{202e}b\u{0}c", 20, "abc"),
        ("\u{1b}(Bok", 20, "ok"),
        ("\u{1b}]8;;never closed\nnext", 20, "next"),
        ("12345", 5, "12345"),
        ("123456", 5, "1234…"),
        ("123 456", 5, "123 …"),
        ("1234 6", 5, "1234…"),
        ("", 5, ""),
    ];
    for (text, max, expected) in rows {
        assert_eq!(one_line(text, max), expected, "{text:?}");
    }
}

#[test]
fn clean_text_keeps_lines_and_its_bound() {
    assert_eq!(clean_text("a\n\tb\u{1b}[1mc", 10), "a\n\tbc");
    assert_eq!(clean_text("äää", 5), "ää");
}

proptest! {
    #[test]
    fn never_longer_never_a_control(text in any::<String>(), max in 1_usize..40) {
        let line = one_line(&text, max);
        prop_assert!(line.chars().count() <= max, "{line:?}");
        prop_assert!(!line.chars().any(char::is_control));
    }
}
