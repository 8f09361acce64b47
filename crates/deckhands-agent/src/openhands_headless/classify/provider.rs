//! What a failed model call means.
//!
//! Structure first: the code in the provider's JSON body, then the class that litellm gave the
//! error, then the body's own beginning. Free text, `words`, comes last.

use deckhands_model::Cause;
use serde::Deserialize;

use super::super::lenient::{Leaf, Shape, object};
use super::words::{by_words, has_phrase};

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
        .limit()
        .or_else(|| error.by_status())
        .or_else(|| error.by_body())
        .or_else(|| error.by_class())
        .or_else(|| error.class.is_empty().then(|| by_words(text)).flatten())
        .unwrap_or(Cause::Unknown)
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
        Some(rate_limit(self.words(), &[self.message(), raw]))
    }

    /// The provider's own words for the error's kind.
    fn words(&self) -> [&str; 2] {
        let code = match &self.error.code.0 {
            Some(Code::Word(word)) => word.as_str(),
            Some(Code::Status(_)) | None => "",
        };
        [code, self.error.kind.0.as_deref().unwrap_or_default()]
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

    fn by_class(&self) -> Option<Cause> {
        CLASSES
            .iter()
            .find(|(class, _)| *class == self.class)
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
        403 => Some(Cause::ContentRefused),
        404 => Some(Cause::BadModel),
        408 | 504 => Some(Cause::ProviderTimeout),
        413 => Some(Cause::ContextWindow),
        429 => Some(rate_limit(["", ""], &[message])),
        500..=599 => Some(Cause::ProviderError),
        _ => None,
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

/// Bodies without a code, by their beginning.
const BODIES: &[(&str, Cause)] = &[
    ("Insufficient credits", Cause::OutOfCredit),
    ("Provider returned error", Cause::ProviderError),
    ("[Errno 111]", Cause::ProviderUnreachable),
    ("[Errno 104]", Cause::ProviderUnreachable),
    ("[Errno 113]", Cause::ProviderUnreachable),
    ("[Errno 101]", Cause::ProviderUnreachable),
    ("[Errno -2]", Cause::ProviderUnreachable),
    ("[Errno -3]", Cause::ProviderUnreachable),
    ("[Errno -5]", Cause::ProviderUnreachable),
    ("peer closed connection", Cause::ProviderUnreachable),
    ("Server disconnected", Cause::ProviderUnreachable),
    ("Connection error", Cause::ProviderUnreachable),
    ("Unable to get json response", Cause::ProviderError),
    ("error - Expecting value", Cause::ProviderError),
    ("Response choices is less than 1", Cause::ProviderError),
];

/// Classes of litellm's exceptions.
const CLASSES: &[(&str, Cause)] = &[
    ("AuthenticationError", Cause::BadKey),
    ("PermissionDeniedError", Cause::ContentRefused),
    ("NotFoundError", Cause::BadModel),
    ("Timeout", Cause::ProviderTimeout),
    ("APIConnectionError", Cause::ProviderUnreachable),
    ("ContextWindowExceededError", Cause::ContextWindow),
    ("ContentPolicyViolationError", Cause::ContentRefused),
    ("BudgetExceededError", Cause::OutOfCredit),
    ("InternalServerError", Cause::ProviderError),
    ("ServiceUnavailableError", Cause::ProviderError),
    ("APIResponseValidationError", Cause::ProviderError),
    ("APIError", Cause::ProviderError),
];

#[cfg(test)]
mod tests;
