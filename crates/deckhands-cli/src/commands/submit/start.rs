//! When a task may start: a time, or how long from now.

use jiff::{SignedDuration, Timestamp};

use crate::error::CliError;

/// The time that is meant, e.g. `2026-01-01T08:00:00+01:00` or `1h 30m`.
pub(super) fn time(when: &str, now: Timestamp) -> Result<Timestamp, CliError> {
    if let Ok(time) = when.parse::<Timestamp>() {
        return Ok(time);
    }
    let later = |wait: SignedDuration| now.checked_add(wait).ok();
    let wait = when.parse::<SignedDuration>().ok();
    let wait = wait.filter(|wait| !wait.is_negative());
    wait.and_then(later).ok_or_else(|| {
        CliError::usage(
            format!("`--not-before {when}` is neither a time nor how long from now"),
            "write it like `2026-01-31T08:00:00Z` (RFC 3339), or like `90s`, `2h` or `1h 30m`",
        )
    })
}

#[cfg(test)]
mod tests;
