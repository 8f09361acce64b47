//! A length of time as providers write it: `120ms`, `1.2s`, `6m0s`, `1h30m12.5s`, `26 seconds`.

use std::time::Duration;

use super::in_seconds;

/// Parts of one span that are read; the longest that is written has four.
const MOST_PARTS: usize = 8;

/// The span that a text is, and nothing else.
pub(crate) fn whole(text: &str) -> Option<Duration> {
    let lower = text.trim().to_ascii_lowercase();
    let (span, rest) = leading(&lower)?;
    rest.is_empty().then_some(span)
}

/// The span that a text in lower case begins with, and what follows it. Every number has its unit: without
/// one it may be anything.
pub(super) fn leading(text: &str) -> Option<(Duration, &str)> {
    let (mut sum, mut rest) = (0.0, text);
    for _ in 0..MOST_PARTS {
        let Some((seconds, after)) = part(rest.trim_start_matches(' ')) else {
            break;
        };
        sum += seconds;
        rest = after;
    }
    let some = rest.len() < text.len();
    some.then(|| (in_seconds(sum), rest))
}

/// One number with its unit, in seconds.
fn part(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_alphabetic());
    let (unit, rest) = rest.split_at(end.unwrap_or(rest.len()));
    Some((number * seconds_in(unit)?, rest))
}

fn seconds_in(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "msec" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
