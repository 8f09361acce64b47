//! How long a provider wants no more calls.
//!
//! A time of day is compared with the `Date` of the same answer, so both are the provider's clock;
//! without that header such a time tells nothing.

use std::time::{Duration, UNIX_EPOCH};

use crate::reply::Reply;

/// Longest wait that is believed: no quota is renewed later than after a month.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// The wait that an answer asks for; `reset` is what its body says, in milliseconds since 1970.
pub(crate) fn wait(status: u16, reply: &Reply, reset: Option<u64>) -> Option<Duration> {
    if !matches!(status, 429 | 503) {
        return None;
    }
    let date = reply.date().and_then(since_1970);
    let header = reply.retry_after().and_then(|told| told_wait(told, date));
    let body = || {
        let until = Duration::from_millis(reset?);
        Some(until.saturating_sub(date?))
    };
    header.or_else(body).map(|wait| wait.min(LONGEST))
}

/// A `Retry-After`: seconds, or a time of day.
fn told_wait(told: &str, date: Option<Duration>) -> Option<Duration> {
    if let Ok(seconds) = told.trim().parse::<f64>() {
        let most = LONGEST.as_secs_f64();
        // Not a number, and less than nothing, are no wait.
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(most)));
    }
    Some(since_1970(told)?.saturating_sub(date?))
}

fn since_1970(date: &str) -> Option<Duration> {
    let time = httpdate::parse_http_date(date.trim()).ok()?;
    time.duration_since(UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests;
