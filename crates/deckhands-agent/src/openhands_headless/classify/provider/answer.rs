//! The provider's answer as the controller's own traceback repeats it.
//!
//! With models of the OpenAI form litellm's error drops the status; the traceback has it as
//! `402 - {'error': {…}}`, in Python's notation.

/// What a repeated answer tells.
#[derive(Default)]
pub(super) struct Answer<'a> {
    /// The HTTP status.
    pub(super) status: Option<i64>,
    /// The provider's words for the error's kind.
    pub(super) words: [&'a str; 2],
    /// The whole of it.
    pub(super) text: &'a str,
}

impl<'a> Answer<'a> {
    /// Takes the answer apart; nothing where it does not begin with a status.
    pub(super) fn parse(text: &'a str) -> Self {
        const DIGITS: usize = 3;
        let status = text
            .get(..DIGITS)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            .filter(|_| !text[DIGITS..].starts_with(|c: char| c.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        if status.is_none() {
            return Self::default();
        }
        Self {
            status,
            words: [word(text, "'code': '"), word(text, "'type': '")],
            text,
        }
    }
}

/// The word behind the key, or nothing.
fn word<'a>(text: &'a str, key: &str) -> &'a str {
    text.split_once(key)
        .and_then(|(_, rest)| rest.split_once('\''))
        .map(|(word, _)| word)
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        .unwrap_or_default()
}
