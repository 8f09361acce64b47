//! What an attempt's document comes to for whoever decides over the next one.

use std::time::Duration;

use deckhands_model::{AttemptReport, RunReport, TaskState};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::order::AttemptResult;

/// What a provider asked for with the last call that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RetryAfter {
    /// How long it wants no more calls.
    pub(crate) wait: Duration,
    /// From when on.
    pub(crate) since: Instant,
}

/// Puts the two together; `now` is when the result is told.
pub(super) fn result(
    report: RunReport,
    attempt: AttemptReport,
    retry_after: Option<RetryAfter>,
    now: Timestamp,
) -> AttemptResult {
    let failed = report.state == TaskState::Failed;
    let left = |told: RetryAfter| told.wait.saturating_sub(told.since.elapsed());
    let retry_after = retry_after.filter(|_| failed).map(left);
    let reset_at = retry_after
        .and_then(|wait| SignedDuration::try_from(wait).ok())
        .and_then(|wait| now.checked_add(wait).ok());
    let seconds = |figure: f64| Duration::try_from_secs_f64(figure).unwrap_or_default();
    AttemptResult {
        cause: report.error.as_ref().and_then(|error| error.cause),
        retry_after,
        reset_at,
        work: seconds(attempt.work_time_s),
        wait: seconds(attempt.wait_time_s),
        usage: attempt.usage,
        attempt,
        report,
    }
}

#[cfg(test)]
mod tests;
