//! The limits that an answer's headers tell of, and how long until the one ends that is used up.
//!
//! Providers name them alike: `x-ratelimit-reset-requests` beside `x-ratelimit-remaining-requests`,
//! `anthropic-ratelimit-tokens-reset` beside `anthropic-ratelimit-tokens-remaining`, or a plain
//! `x-ratelimit-reset`.

use std::time::Duration;

use http::HeaderMap;

use super::reset::Reset;

/// What names of limits have in common; the rest says what is limited.
const COMMON: [&str; 5] = ["x", "anthropic", "ratelimit", "rate", "limit"];

/// One limit.
struct Window<'a> {
    /// What it limits, in the header's words: `requests`, `tokens`, `input`, `day`.
    of: Vec<&'a str>,
    /// How much of it is left; none where nothing says so.
    left: Option<f64>,
    /// How long it lasts.
    wait: Duration,
}

/// How long until calls are allowed again: of the limits that are used up the last to end, else of those
/// that the error names, else of one that stands for everything.
pub(super) fn wait(headers: &HeaderMap, words: &str, date: Option<Duration>) -> Option<Duration> {
    let windows: Vec<_> = headers
        .keys()
        .filter_map(|name| Window::of(headers, name.as_str(), date))
        .collect();
    let words = words.to_lowercase();
    let all = || windows.iter();
    longest(all().filter(|window| window.is_used_up()))
        .or_else(|| longest(all().filter(|window| window.is_named(&words))))
        .or_else(|| longest(all().filter(|window| window.is_alone())))
}

fn longest<'w, 'h: 'w>(windows: impl Iterator<Item = &'w Window<'h>>) -> Option<Duration> {
    windows.map(|window| window.wait).max()
}

impl<'a> Window<'a> {
    /// The limit whose end this header tells, if it does.
    fn of(headers: &HeaderMap, name: &'a str, date: Option<Duration>) -> Option<Self> {
        let is_reset = name.contains("ratelimit") && name.split('-').any(|part| part == "reset");
        let reset = Reset::parse(text(headers, name).filter(|_| is_reset)?)?;
        let left = text(headers, &name.replace("reset", "remaining"));
        let parts = name.split('-');
        Some(Self {
            of: parts
                .filter(|part| *part != "reset" && !COMMON.contains(part))
                .collect(),
            left: left.and_then(|left| left.trim().parse().ok()),
            wait: reset.wait(date)?,
        })
    }

    fn is_used_up(&self) -> bool {
        self.left.is_some_and(|left| left <= 0.0)
    }

    /// Whether it may be any limit.
    fn is_alone(&self) -> bool {
        self.of.is_empty() && self.left.is_none()
    }

    /// Whether the error speaks of it, e.g. of `tokens per min`.
    fn is_named(&self, words: &str) -> bool {
        let named = |part: &&str| match *part {
            "minute" => words.contains("min"),
            part => words.contains(part),
        };
        !self.of.is_empty() && self.of.iter().all(named)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
