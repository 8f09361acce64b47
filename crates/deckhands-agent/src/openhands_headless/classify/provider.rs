//! What a failed model call means.
//!
//! Structure first: the code in the provider's JSON body, then the class that litellm gave the
//! error, then the body's own beginning. Free text comes last, word by word and never by a bare
//! number: `401`, `auth` or `connection` alone mean nothing.

use deckhands_model::Cause;
use serde::Deserialize;

use super::super::lenient::{Leaf, object};

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

impl super::super::lenient::Shape for Option<Code> {
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
fn by_status(status: i64, message: &str) -> Option<Cause> {
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

/// Phrases of free text, the first one that is there; a rate limit that mentions a connection is
/// still a rate limit.
const PHRASES: &[(&str, Cause)] = &[
    ("insufficient credits", Cause::OutOfCredit),
    ("insufficient_quota", Cause::OutOfCredit),
    ("exceeded your current quota", Cause::OutOfCredit),
    ("quota exceeded", Cause::OutOfCredit),
    ("rate limit", Cause::RateLimited),
    ("rate-limited", Cause::RateLimited),
    ("rate limited", Cause::RateLimited),
    ("too many requests", Cause::RateLimited),
    ("llm provider not provided", Cause::BadModel),
    ("is not a valid model id", Cause::BadModel),
    ("context window exceeded", Cause::ContextWindow),
    ("maximum context length", Cause::ContextWindow),
    ("context_length_exceeded", Cause::ContextWindow),
    ("read timed out", Cause::ProviderTimeout),
    ("request timed out", Cause::ProviderTimeout),
    ("connection timed out", Cause::ProviderTimeout),
    ("permission denied", Cause::PermissionDenied),
    ("econnrefused", Cause::ProviderUnreachable),
    ("connection refused", Cause::ProviderUnreachable),
    ("econnreset", Cause::ProviderUnreachable),
    ("connection reset by peer", Cause::ProviderUnreachable),
    ("name or service not known", Cause::ProviderUnreachable),
];

/// What free text means: a status that is named as one, or a phrase.
fn by_words(text: &str) -> Option<Cause> {
    let lower = text.to_lowercase();
    named_status(&lower)
        .and_then(|status| by_status(status, &lower))
        .or_else(|| {
            PHRASES
                .iter()
                .find(|(phrase, _)| has_phrase(&lower, phrase))
                .map(|(_, cause)| *cause)
        })
}

/// The three digits after `http ` or `error code: `, with no digit behind them.
fn named_status(lower: &str) -> Option<i64> {
    const DIGITS: usize = 3;
    ["http ", "error code: "].iter().find_map(|mark| {
        let (before, after) = lower.split_once(mark)?;
        let digits = after.get(..DIGITS)?;
        let alone = !after[DIGITS..].starts_with(is_word) && !before.ends_with(is_word);
        digits
            .parse()
            .ok()
            .filter(|_| alone && digits.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Whether the phrase stands there as whole words.
fn has_phrase(lower: &str, phrase: &str) -> bool {
    lower.match_indices(phrase).any(|(at, _)| {
        !lower[..at].ends_with(is_word) && !lower[at + phrase.len()..].starts_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests;
