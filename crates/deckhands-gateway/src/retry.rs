//! How long a provider wants no more calls.
//!
//! Three places tell it, and the first that does is believed: the headers made for it (`retry-after-ms`,
//! `Retry-After`), the error in the body, and the headers of the limit that is used up. A time of day is
//! compared with the `Date` of the same answer, so both are the provider's clock; without that header such
//! a time tells nothing, and neither does a text that is no time.

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use crate::complaint::Complaint;
use crate::reply::Reply;

mod reset;
pub(crate) mod span;
mod windows;
mod words;

/// Longest wait that is believed: no quota is renewed later than after a month.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// What is told as milliseconds since 1970 and lies here is in seconds: of this century, where as
/// milliseconds it would be in the first three years.
const IN_SECONDS: Range<u64> = 1_000_000_000..100_000_000_000;

/// The wait that an answer asks for.
pub(crate) fn wait(status: u16, reply: &Reply, complaint: &Complaint) -> Option<Duration> {
    if !matches!(status, 429 | 503 | 529) {
        return None;
    }
    let date = reply.date().and_then(since_1970);
    let limits = || windows::wait(&reply.headers, &complaint.words, date);
    let wait = asked(reply, date)
        .or_else(|| in_body(complaint, date))
        .or_else(|| limits().filter(|_| status == 429))?;
    Some(wait.min(LONGEST))
}

/// What the headers say that were made for it. The finer one first, as OpenAI's own client reads them.
fn asked(reply: &Reply, date: Option<Duration>) -> Option<Duration> {
    let fine = reply.header("retry-after-ms").and_then(number);
    let fine = fine.map(|milliseconds| in_seconds(milliseconds / 1000.0));
    fine.or_else(|| {
        let told = reply.header("retry-after")?;
        let time = || Some(since_1970(told)?.saturating_sub(date?));
        number(told).map(in_seconds).or_else(time)
    })
}

/// What the body says, the longest where it says several: OpenRouter repeats the headers of a limit there,
/// Google has a field for it, and many say it in words.
fn in_body(complaint: &Complaint, date: Option<Duration>) -> Option<Duration> {
    let until = complaint.reset.map(|told| {
        if IN_SECONDS.contains(&told) {
            Duration::from_secs(told)
        } else {
            Duration::from_millis(told)
        }
    });
    let until = until.and_then(|until| Some(until.saturating_sub(date?)));
    until
        .max(complaint.delay)
        .max(words::wait(&complaint.words))
}

/// Not a number, and less than nothing, are none.
fn number(told: &str) -> Option<f64> {
    let number = told.trim().parse::<f64>().ok()?;
    (number >= 0.0).then_some(number)
}

/// So many seconds, which are not less than nothing; more than the longest wait is that.
fn in_seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64()))
}

fn since_1970(date: &str) -> Option<Duration> {
    let time = httpdate::parse_http_date(date.trim()).ok()?;
    time.duration_since(UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests;
