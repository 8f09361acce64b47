//! What a refused model call was refused for: by its status, and by phrases of its text.

use deckhands_model::Cause;

use super::super::words::has_phrase;
use super::tables::REFUSALS;

/// Status of a request that came after too many others.
pub(super) const TOO_MANY: i64 = 429;

/// Whether the status says that the request itself is at fault.
pub(super) fn is_refusal(status: i64) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | TOO_MANY)
}

/// What an HTTP status means.
pub(in super::super) fn by_status(status: i64, message: &str) -> Option<Cause> {
    match status {
        400 | 422 => by_phrase(message),
        401 => Some(Cause::BadKey),
        402 => Some(Cause::OutOfCredit),
        403 => Some(forbidden(message)),
        404 => Some(Cause::BadModel),
        408 | 504 => Some(Cause::ProviderTimeout),
        413 => Some(Cause::ContextWindow),
        TOO_MANY => Some(rate_limit(&[], message, message)),
        500..=599 => Some(Cause::ProviderError),
        _ => None,
    }
}

/// What access was refused for: the content where the provider speaks of it, else the access.
pub(super) fn forbidden(message: &str) -> Cause {
    const CONTENT: [&str; 6] = [
        "moderation",
        "flagged",
        "content policy",
        "content_policy_violation",
        "content filter",
        "content_filter",
    ];
    let lower = message.to_lowercase();
    if has_phrase(&lower, "key limit exceeded") {
        return Cause::OutOfCredit;
    }
    if CONTENT.iter().any(|phrase| has_phrase(&lower, phrase)) {
        return Cause::ContentRefused;
    }
    by_phrase(message)
        .filter(|cause| *cause == Cause::OutOfCredit)
        .unwrap_or(Cause::BadKey)
}

/// What a refused request was refused for, in the provider's words.
pub(super) fn by_phrase(message: &str) -> Option<Cause> {
    let lower = message.to_lowercase();
    REFUSALS
        .iter()
        .find(|(phrase, _)| has_phrase(&lower, phrase))
        .map(|(_, cause)| *cause)
}

/// Which kind of "too much" a refusal is: `message` is the provider's own, `whole` all there is.
pub(super) fn rate_limit(words: &[&str], message: &str, whole: &str) -> Cause {
    /// With these the limit is one of minutes, whatever the message calls it.
    const SOON: [&str; 4] = [
        "resource_exhausted",
        "retry in",
        "please retry",
        "retrydelay",
    ];
    let (message, whole) = (message.to_lowercase(), whole.to_lowercase());
    if message.contains("request too large for") && message.contains("tokens per min") {
        return Cause::ContextWindow;
    }
    let credit = by_phrase(&message) == Some(Cause::OutOfCredit);
    if credit || words.contains(&"insufficient_quota") {
        return Cause::OutOfCredit;
    }
    if whole.contains("-per-day") || whole.contains("per day (") || has_daily_quota(&whole) {
        return Cause::QuotaUntilReset;
    }
    let soon = SOON.iter().any(|sign| whole.contains(sign));
    if message.contains("exceeded your current quota") && !soon {
        return Cause::OutOfCredit;
    }
    Cause::RateLimited
}

/// Whether a `quotaId` names a quota of a day, e.g. `GenerateRequestsPerDayPerProjectPerModel`.
fn has_daily_quota(lower: &str) -> bool {
    lower.split("quotaid").skip(1).any(|rest| {
        let id = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        id.split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .is_some_and(|id| id.contains("perday"))
    })
}
