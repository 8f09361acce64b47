//! Lines in which a program tells that it could not go on.

use crate::one_line::one_line;

use super::MAX_TEXT;

/// Lines of a traceback that are kept.
const MAX_EXCEPTIONS: usize = 16;

/// The exceptions of a traceback; of a long chain the first and the last ones.
pub(super) fn exceptions(trace: &str) -> Vec<String> {
    let mut lines: Vec<String> = trace.lines().filter_map(exception_text).collect();
    if lines.len() > MAX_EXCEPTIONS {
        lines.drain(MAX_EXCEPTIONS / 2..lines.len() - MAX_EXCEPTIONS / 2);
    }
    lines
}

/// The line, if a Python exception, the argument parser or the image's entry point wrote it.
pub(super) fn exception_text(line: &str) -> Option<String> {
    let class = line
        .split_once(": ")
        .map_or(line, |(class, _text)| class)
        .trim_end_matches(':');
    let told = is_exception_class(class)
        || line.starts_with("main.py: error: ")
        || line.starts_with("stat: cannot stat");
    told.then(|| one_line(line, MAX_TEXT))
}

/// What the provider answered, by the last line of a traceback with which its client tells it:
/// `openai.APIStatusError: Error code: 402 - {…}`.
///
/// Only at a line's beginning, and not in litellm's own exception, whose message is not escaped:
/// it may repeat whatever the agent wrote.
pub(super) fn answer(trace: &str) -> Option<&str> {
    let (before, _) = trace
        .split_once("\nlitellm.exceptions.")
        .unwrap_or((trace, ""));
    before.lines().rev().find_map(|line| {
        let (class, told) = line.split_once(": ")?;
        let client = class.starts_with("openai.") || class.starts_with("litellm.");
        told.strip_prefix("Error code: ")
            .filter(|_| client && is_exception_class(class))
    })
}

/// `docker.errors.NotFound` and the like: a dotted name whose last part is a known kind of class.
fn is_exception_class(class: &str) -> bool {
    const ENDS: [&str; 6] = [
        "Error",
        "Exception",
        "NotFound",
        "Timeout",
        "Interrupt",
        "Exit",
    ];
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let last = class.rsplit('.').next().unwrap_or_default();
    class.split('.').all(word)
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && ENDS.iter().any(|end| last.ends_with(end))
}
