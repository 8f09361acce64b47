//! What a provider says of a call that it did not serve; what follows from it is for `verdict`.

use std::time::Duration;

use serde_json::Value;

use crate::retry::span;
use crate::route::Scope;

/// Phrases by which providers say that a request is longer than the model's window.
const TOO_LONG: &[&str] = &[
    "maximum context length",
    "context_length_exceeded",
    "context length exceeded",
    "exceed_context_size_error",
    "available context size",
    "context window",
    "prompt is too long",
    "maximum prompt length",
    "input is too long",
    "input token count",
    "exceeds the maximum number of tokens allowed",
    "exceed the configured limit of",
    "reduce the length of",
    "request_too_large",
];

/// Phrases by which providers say with a 503 that they have too much to do; others say with it that
/// nobody serves the model.
const OVERLOADED: &[&str] = &[
    "overload",
    "at capacity",
    "over capacity",
    "high demand",
    "too busy",
    "server is busy",
    "too many requests",
];

/// How much of a body is read for its error: errors have a few hundred bytes, pages of HTML some KiB.
const LONGEST_READ: usize = 64 << 10;

/// A provider's error, taken apart. Of a body without one the text counts as its message.
#[derive(Default, Debug)]
pub(crate) struct Complaint {
    /// What it says to people.
    pub(crate) words: String,
    /// The status that it names.
    pub(crate) code: Option<u16>,
    /// When calls are allowed again, in milliseconds since 1970.
    pub(crate) reset: Option<u64>,
    /// After how long, in a field of its own.
    pub(crate) delay: Option<Duration>,
    /// The error's words for its own kind.
    pub(crate) kinds: [String; 2],
}

impl Complaint {
    /// Reads the body of an answer that has a bad status. A long one is read as the beginning of a
    /// text: as a tree of values it could take a hundred times its size.
    pub(crate) fn of_body(body: &[u8]) -> Self {
        let begins = &body[..body.len().min(LONGEST_READ)];
        let read = serde_json::from_slice::<Value>(begins).ok();
        let Some(root) = read.filter(|_| begins.len() == body.len()) else {
            return Self {
                words: String::from_utf8_lossy(begins).trim().to_owned(),
                ..Self::default()
            };
        };
        // Some providers put the error in a list, some have no `error` around it.
        let root = root.get(0).unwrap_or(&root);
        Self::of_error(error_in(root).unwrap_or(root))
    }

    /// Reads an error: an object, or just its message.
    pub(crate) fn of_error(error: &Value) -> Self {
        let raw = text(&error["metadata"]["raw"]);
        let message = [&error["message"], &error["detail"], error]
            .into_iter()
            .map(text)
            .find(|message| !message.is_empty())
            .unwrap_or_default();
        let words = [message, raw].into_iter().filter(|part| !part.is_empty());
        Self {
            words: words.collect::<Vec<_>>().join(": "),
            code: status(&error["code"]),
            reset: reset(&error["metadata"]["headers"]),
            delay: delay(&error["details"]),
            kinds: [&error["code"], &error["type"]].map(|word| text(word).to_lowercase()),
        }
    }

    /// Whether the request does not fit into the model's window.
    pub(crate) fn is_too_long(&self) -> bool {
        self.says(TOO_LONG)
    }

    /// Whether the request alone is more than a minute's allowance: waiting does not help.
    pub(crate) fn is_more_than_a_minute(&self) -> bool {
        self.says(&["request too large for"]) && self.says(&["tokens per min"])
    }

    /// Whether the provider wants fewer calls, or has too much to do: the same call may pass a little later.
    pub(crate) fn is_busy(&self, status: u16) -> bool {
        match status {
            429 | 529 => true,
            503 => self.says(OVERLOADED),
            _ => false,
        }
    }

    /// Whether there is no money left, which no waiting changes.
    pub(crate) fn is_out_of_quota(&self) -> bool {
        let mut kinds = self.kinds.iter();
        kinds.any(|kind| kind == "insufficient_quota" || kind.starts_with("billing"))
    }

    /// What the refusal is about.
    pub(crate) fn scope(&self, status: u16) -> Scope {
        match status {
            401 | 402 => Scope::Account,
            _ if self.is_out_of_quota() => Scope::Account,
            429 if self.says(&["free-models-per"]) => Scope::Free,
            _ => Scope::Model,
        }
    }

    fn says(&self, phrases: &[&str]) -> bool {
        let words = self.words.to_lowercase();
        let places = [&words, &self.kinds[0], &self.kinds[1]];
        places
            .iter()
            .any(|place| phrases.iter().any(|phrase| place.contains(phrase)))
    }
}

/// The error of an answer, if it has one.
fn error_in(root: &Value) -> Option<&Value> {
    root.get("error").filter(|error| !error.is_null())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A status as a number or as its digits.
fn status(code: &Value) -> Option<u16> {
    let number = code.as_u64().or_else(|| text(code).parse().ok())?;
    u16::try_from(number)
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// OpenRouter repeats the headers of a rate limit in the body.
fn reset(headers: &Value) -> Option<u64> {
    let (_, value) = headers
        .as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-ratelimit-reset"))?;
    value.as_u64().or_else(|| text(value).parse().ok())
}

/// Google tells it in one of several details.
fn delay(details: &Value) -> Option<Duration> {
    let details = details.as_array()?.iter();
    let told = details.filter_map(|detail| span::whole(text(&detail["retryDelay"])));
    told.max()
}

#[cfg(test)]
mod tests;
