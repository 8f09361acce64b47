//! What a failed model call means.
//!
//! Structure first: the code and the word for it in the provider's JSON body, then the body's own
//! beginning, then the class that litellm gave the error. Free text, `words`, comes last, and only
//! where nothing of all that is there.

mod tables;

use deckhands_model::Cause;
use serde::Deserialize;

use super::super::lenient::{Leaf, Shape, object};
use super::words::{by_words, has_phrase};
use tables::{BODIES, CLASSES, KINDS};

/// A failed model call, taken apart.
struct ProviderError<'a> {
    /// Class of the exception, e.g. `RateLimitError`; empty where none is named.
    class: &'a str,
    /// What the provider said, or the whole text.
    body: &'a str,
    /// The body, where it is JSON.
    error: ErrorBody,
}

/// The `error` object that OpenAI, OpenRouter and their likes answer with.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: Leaf<Code>,
    #[serde(rename = "type")]
    kind: Leaf<String>,
    message: Leaf<String>,
    #[serde(deserialize_with = "object")]
    metadata: ErrorMetadata,
}

/// A code, which is a status for one provider and a word for another one.
#[derive(Clone, PartialEq, Debug)]
enum Code {
    Status(i64),
    Word(String),
}

impl Shape for Option<Code> {
    fn whole(number: i64) -> Self {
        Some(Code::Status(number))
    }

    fn text(text: &str) -> Self {
        Some(
            text.parse()
                .map_or_else(|_no_number| Code::Word(text.to_owned()), Code::Status),
        )
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorMetadata {
    raw: Leaf<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "object")]
    error: ErrorBody,
}

/// The cause that a failed model call's text shows; [`Cause::Unknown`] where it shows none.
pub(in super::super) fn provider_error(text: &str) -> Cause {
    let error = ProviderError::parse(text);
    error
        .cause()
        .or_else(|| error.class.is_empty().then(|| by_words(text)).flatten())
        .unwrap_or(Cause::Unknown)
}

/// As [`provider_error`], by structure alone.
pub(super) fn structured(text: &str) -> Option<Cause> {
    ProviderError::parse(text).cause()
}

/// The cause that a class of exceptions of the model's side stands for.
pub(super) fn class_cause(class: &str) -> Option<Cause> {
    CLASSES
        .iter()
        .find(|(known, _)| *known == class)
        .map(|(_, cause)| *cause)
}

impl<'a> ProviderError<'a> {
    /// Takes apart `litellm.Class: Class: WrapperException - body`; every part may be missing.
    fn parse(text: &'a str) -> Self {
        let (class, rest) = match text
            .strip_prefix("litellm.")
            .and_then(|t| t.split_once(": "))
        {
            Some((class, rest)) => (class, rest),
            None => ("", text),
        };
        let body = match rest.split_once(" - ") {
            Some((head, body)) if !class.is_empty() && ends_with_wrapper(head) => body,
            _ => rest
                .strip_prefix(class)
                .and_then(|r| r.strip_prefix(": "))
                .unwrap_or(rest),
        };
        // Only the first value: litellm may add its own words behind the provider's JSON.
        let parsed = serde_json::Deserializer::from_str(body)
            .into_iter::<Envelope>()
            .next();
        let error = match parsed {
            Some(Ok(envelope)) if body.starts_with('{') => envelope.error,
            _ => ErrorBody::default(),
        };
        Self { class, body, error }
    }

    fn cause(&self) -> Option<Cause> {
        self.limit()
            .or_else(|| self.error.by_words())
            .or_else(|| self.by_raw())
            .or_else(|| self.by_status())
            .or_else(|| self.by_body())
            .or_else(|| class_cause(self.class))
    }

    /// What the provider said in words.
    fn message(&self) -> &str {
        self.error.message.0.as_deref().unwrap_or(self.body)
    }

    fn status(&self) -> Option<i64> {
        match self.error.code.0 {
            Some(Code::Status(status)) => Some(status),
            Some(Code::Word(_)) | None => None,
        }
    }

    /// Which of the three kinds of "too much" it is, if it is one.
    fn limit(&self) -> Option<Cause> {
        const TOO_MANY: i64 = 429;
        if self.status() != Some(TOO_MANY) && self.class != "RateLimitError" {
            return None;
        }
        let raw = self.error.metadata.raw.0.as_deref().unwrap_or_default();
        Some(rate_limit(self.error.words(), &[self.message(), raw]))
    }

    /// What the provider behind the provider said, where a router hands its JSON on.
    fn by_raw(&self) -> Option<Cause> {
        let raw = self.error.metadata.raw.0.as_deref()?;
        let inner = serde_json::from_str::<Envelope>(raw).ok()?.error;
        let said = inner.message.0.as_deref().unwrap_or_default();
        let refused = matches!(self.status(), Some(400 | 422));
        inner
            .by_words()
            .or_else(|| refused.then(|| bad_request(said)).flatten())
    }

    fn by_status(&self) -> Option<Cause> {
        by_status(self.status()?, self.message())
    }

    fn by_body(&self) -> Option<Cause> {
        let body = self.message();
        BODIES
            .iter()
            .find(|(start, _)| body.starts_with(start))
            .map(|(_, cause)| *cause)
            .or_else(|| {
                // What litellm and OpenHands put in front of a wrapped message differs by version.
                (self.class == "BadRequestError")
                    .then(|| bad_request(body))
                    .flatten()
            })
    }
}

impl ErrorBody {
    /// The provider's own words for the error's kind.
    fn words(&self) -> [&str; 2] {
        let code = match &self.code.0 {
            Some(Code::Word(word)) => word.as_str(),
            Some(Code::Status(_)) | None => "",
        };
        [code, self.kind.0.as_deref().unwrap_or_default()]
    }

    fn by_words(&self) -> Option<Cause> {
        let known = |word: &str| KINDS.iter().find(|(kind, _)| *kind == word);
        self.words()
            .into_iter()
            .find_map(known)
            .map(|(_, cause)| *cause)
    }
}

/// `…: OpenrouterException`, `OpenAIException` or `APITimeoutError`: what litellm puts before a body.
fn ends_with_wrapper(head: &str) -> bool {
    let word = head.rsplit(": ").next().unwrap_or_default();
    (word.ends_with("Exception") || word.ends_with("Error")) && !word.contains(' ')
}

/// Which of the three kinds of "too much" a refusal is.
fn rate_limit(words: [&str; 2], texts: &[&str]) -> Cause {
    let says = |phrase: &str| {
        texts
            .iter()
            .any(|text| text.to_lowercase().contains(phrase))
    };
    if words.contains(&"insufficient_quota") || says("exceeded your current quota") {
        Cause::OutOfCredit
    } else if says("-per-day") || says("per day (") {
        Cause::QuotaUntilReset
    } else {
        Cause::RateLimited
    }
}

/// What an HTTP status means that is not about too many requests.
pub(super) fn by_status(status: i64, message: &str) -> Option<Cause> {
    match status {
        400 | 422 => bad_request(message),
        401 => Some(Cause::BadKey),
        402 => Some(Cause::OutOfCredit),
        403 => Some(forbidden(message)),
        404 => Some(Cause::BadModel),
        408 | 504 => Some(Cause::ProviderTimeout),
        413 => Some(Cause::ContextWindow),
        429 => Some(rate_limit(["", ""], &[message])),
        500..=599 => Some(Cause::ProviderError),
        _ => None,
    }
}

/// What access was refused for: moderation, unless the provider speaks of the key.
fn forbidden(message: &str) -> Cause {
    let lower = message.to_lowercase();
    if has_phrase(&lower, "key limit exceeded") {
        Cause::OutOfCredit
    } else if has_phrase(&lower, "api key") {
        Cause::BadKey
    } else {
        Cause::ContentRefused
    }
}

/// What a refused request was refused for.
fn bad_request(message: &str) -> Option<Cause> {
    const PHRASES: [(&str, Cause); 7] = [
        ("is not a valid model id", Cause::BadModel),
        ("llm provider not provided", Cause::BadModel),
        ("exceededbudget", Cause::OutOfCredit),
        ("maximum context length", Cause::ContextWindow),
        ("context_length_exceeded", Cause::ContextWindow),
        ("prompt is too long", Cause::ContextWindow),
        ("context window exceeded", Cause::ContextWindow),
    ];
    let lower = message.to_lowercase();
    PHRASES
        .iter()
        .find(|(phrase, _)| has_phrase(&lower, phrase))
        .map(|(_, cause)| *cause)
}

#[cfg(test)]
mod tests;
