//! The time that an error names in its words.

use std::time::Duration;

use super::span;

/// What stands before it: OpenAI's and Groq's `Please try again in 6m0s`, Google's `Please retry in 34.07s`
/// and its `"retryDelay": "34s"` within another one's text, Azure's `Please retry after 26 seconds`.
const BEFORE: [&str; 8] = [
    "try again in",
    "try again after",
    "retry in",
    "retry after",
    "retrydelay",
    "reset in",
    "resets in",
    "available in",
];

/// What may stand between.
const BETWEEN: [char; 6] = [' ', ':', '"', '\'', '\\', '='];

/// The longest time that the words name.
pub(super) fn wait(words: &str) -> Option<Duration> {
    let lower = words.to_lowercase();
    let named = BEFORE.iter().flat_map(|before| {
        let found = lower.match_indices(before);
        found.filter_map(|(at, before)| {
            let after = &lower[at + before.len()..];
            let (span, _rest) = span::leading(after.trim_start_matches(BETWEEN))?;
            Some(span)
        })
    });
    named.max()
}
