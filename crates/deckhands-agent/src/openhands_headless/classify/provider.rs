//! What a failed model call means.
//!
//! Structure first: the code and the word for it in the provider's JSON body, then the body's own
//! beginning, then the class that litellm gave the error. Free text, `words`, comes last, and only
//! where nothing of all that is there.

mod answer;
mod refusal;
mod tables;

use deckhands_model::Cause;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::lenient::{Leaf, Shape, object};
use super::super::log_line::RunError;
use super::words::by_words;
use answer::Answer;
pub(super) use refusal::by_status;
use refusal::{TOO_MANY, by_phrase, forbidden, is_refusal, rate_limit};
use tables::{BODIES, CLASSES, KINDS};

/// A failed model call, taken apart.
struct ProviderError<'a> {
    /// Class of the exception, e.g. `RateLimitError`; empty where none is named.
    class: &'a str,
    /// What the provider said, or the whole text.
    body: &'a str,
    /// The body, where it is JSON.
    error: ErrorBody,
    /// The answer as the traceback has it; counts for what the body does not tell.
    answer: Answer<'a>,
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
    /// What a moderation found, in whatever form.
    reasons: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "object")]
    error: ErrorBody,
}

/// The cause that a failed model call shows; [`Cause::Unknown`] where it shows none.
pub(in super::super) fn provider_error(failed: &RunError) -> Cause {
    let error = ProviderError::parse(&failed.text, &failed.answer);
    error
        .cause()
        .or_else(|| {
            error
                .class
                .is_empty()
                .then(|| by_words(&failed.text))
                .flatten()
        })
        .unwrap_or(Cause::Unknown)
}

/// As [`provider_error`], by structure alone, for a text and the answer it came from.
pub(super) fn structured(text: &str, answer: &str) -> Option<Cause> {
    ProviderError::parse(text, answer).cause()
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
    fn parse(text: &'a str, answer: &'a str) -> Self {
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
        let answer = Answer::parse(answer);
        Self {
            class,
            body,
            error,
            answer,
        }
    }

    fn cause(&self) -> Option<Cause> {
        self.limit()
            .or_else(|| self.by_kind())
            .or_else(|| self.by_raw())
            .or_else(|| self.by_status())
            .or_else(|| self.by_body())
            .or_else(|| self.by_class())
    }

    /// What the provider said in words.
    fn message(&self) -> &str {
        self.error.message.0.as_deref().unwrap_or(self.body)
    }

    fn raw(&self) -> Option<&str> {
        self.error.metadata.raw.0.as_deref()
    }

    fn status(&self) -> Option<i64> {
        match self.error.code.0 {
            Some(Code::Status(status)) => Some(status),
            Some(Code::Word(_)) | None => self.answer.status,
        }
    }

    fn is_refused(&self) -> bool {
        self.status().is_some_and(is_refusal)
    }

    /// Which kind of "too much" it is, if it is one.
    ///
    /// litellm gives the class to any text with `429` in it: all that is plainer comes first.
    fn limit(&self) -> Option<Cause> {
        const PLAINER: [Cause; 2] = [Cause::ContextWindow, Cause::BadKey];
        match self.status() {
            Some(TOO_MANY) => {}
            None if self.class == "RateLimitError" => {
                let told = self.by_kind().or_else(|| by_phrase(self.message()));
                if let Some(cause) = told.filter(|cause| PLAINER.contains(cause)) {
                    return Some(cause);
                }
            }
            Some(_) | None => return None,
        }
        // A router's `raw` is no word about our own account.
        let message = match (&self.error.message.0, self.raw()) {
            (None, Some(_)) => "",
            _ => self.message(),
        };
        let [code, kind] = self.error.words();
        let [answer_code, answer_kind] = self.answer.words;
        let words = [code, kind, answer_code, answer_kind];
        let whole = [self.body, self.answer.text].join(" ");
        Some(rate_limit(&words, message, &whole))
    }

    /// By the words for the error's kind; a refusal is no failure of the provider's.
    fn by_kind(&self) -> Option<Cause> {
        self.error
            .by_words()
            .or_else(|| by_kinds(self.answer.words))
            .filter(|cause| *cause != Cause::ProviderError || !self.is_refused())
    }

    /// What the provider behind the provider said, where a router hands its text on.
    fn by_raw(&self) -> Option<Cause> {
        let raw = self.raw()?;
        serde_json::from_str::<Envelope>(raw)
            .ok()
            .and_then(|inner| inner.error.by_words())
            .filter(|cause| *cause != Cause::ProviderError || !self.is_refused())
            .or_else(|| self.is_refused().then(|| by_phrase(raw)).flatten())
    }

    fn by_status(&self) -> Option<Cause> {
        const FORBIDDEN: i64 = 403;
        let status = self.status()?;
        if status == FORBIDDEN && self.error.metadata.reasons.is_some() {
            return Some(Cause::ContentRefused);
        }
        by_status(status, self.message())
    }

    /// By litellm's class, where the status does not contradict it.
    fn by_class(&self) -> Option<Cause> {
        let mistaken = self.class == "RateLimitError" && self.is_refused();
        class_cause(self.class).filter(|_| !mistaken)
    }

    fn by_body(&self) -> Option<Cause> {
        let body = self.message();
        BODIES
            .iter()
            .find(|(start, _)| body.starts_with(start))
            .map(|(_, cause)| *cause)
            .filter(|cause| *cause != Cause::ProviderError || !self.is_refused())
            .or_else(|| match self.class {
                // What litellm and OpenHands put in front of a wrapped message differs by version.
                "BadRequestError" => by_phrase(body),
                "PermissionDeniedError" => Some(forbidden(body)),
                _ => None,
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
        by_kinds(self.words())
    }
}

/// The cause of the first word that is known.
fn by_kinds(words: [&str; 2]) -> Option<Cause> {
    let known = |word: &str| KINDS.iter().find(|(kind, _)| *kind == word);
    words.into_iter().find_map(known).map(|(_, cause)| *cause)
}

/// `…: OpenrouterException`, `GeminiException BadRequestError` or `APITimeoutError`: what litellm
/// puts before a body.
fn ends_with_wrapper(head: &str) -> bool {
    let last = head.rsplit(": ").next().unwrap_or_default();
    last.split(' ')
        .all(|word| word.ends_with("Exception") || word.ends_with("Error"))
}

#[cfg(test)]
mod tests;
