//! What free text means that nobody gave a structure.
//!
//! By whole phrases only, and by statuses that are named as one: a bare number or a part of a
//! word means nothing.

use deckhands_model::Cause;

use super::provider::by_status;

/// Phrases of free text, the first one that is there; a rate limit that mentions a connection is
/// still a rate limit.
const PHRASES: &[(&str, Cause)] = &[
    ("insufficient credits", Cause::OutOfCredit),
    ("insufficient_quota", Cause::OutOfCredit),
    ("exceeded your current quota", Cause::OutOfCredit),
    ("quota exceeded", Cause::OutOfCredit),
    ("rate limit", Cause::RateLimited),
    ("rate-limited", Cause::RateLimited),
    ("rate limited", Cause::RateLimited),
    ("too many requests", Cause::RateLimited),
    ("llm provider not provided", Cause::BadModel),
    ("is not a valid model id", Cause::BadModel),
    ("context window exceeded", Cause::ContextWindow),
    ("maximum context length", Cause::ContextWindow),
    ("context_length_exceeded", Cause::ContextWindow),
    ("read timed out", Cause::ProviderTimeout),
    ("request timed out", Cause::ProviderTimeout),
    ("connection timed out", Cause::ProviderTimeout),
    ("permission denied", Cause::PermissionDenied),
    ("econnrefused", Cause::ProviderUnreachable),
    ("connection refused", Cause::ProviderUnreachable),
    ("econnreset", Cause::ProviderUnreachable),
    ("connection reset by peer", Cause::ProviderUnreachable),
    ("name or service not known", Cause::ProviderUnreachable),
];

/// What free text means: a status that is named as one, or a phrase.
pub(super) fn by_words(text: &str) -> Option<Cause> {
    let lower = text.to_lowercase();
    named_status(&lower)
        .and_then(|status| by_status(status, &lower))
        .or_else(|| {
            PHRASES
                .iter()
                .find(|(phrase, _)| has_phrase(&lower, phrase))
                .map(|(_, cause)| *cause)
        })
}

/// The three digits after `http ` or `error code: `, with no digit behind them.
fn named_status(lower: &str) -> Option<i64> {
    const DIGITS: usize = 3;
    ["http ", "error code: "].iter().find_map(|mark| {
        let (before, after) = lower.split_once(mark)?;
        let digits = after.get(..DIGITS)?;
        let alone = !after[DIGITS..].starts_with(is_word) && !before.ends_with(is_word);
        digits
            .parse()
            .ok()
            .filter(|_| alone && digits.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Whether the phrase stands there as whole words.
pub(super) fn has_phrase(lower: &str, phrase: &str) -> bool {
    lower.match_indices(phrase).any(|(at, _)| {
        !lower[..at].ends_with(is_word) && !lower[at + phrase.len()..].starts_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
