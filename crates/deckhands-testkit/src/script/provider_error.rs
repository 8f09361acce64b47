//! Provider errors by what they mean; their forms are each provider's own, and when one is sent is the script's matter.

mod anthropic;
mod openai;
mod openrouter;

use serde_json::Value;

use super::step::{Reply, Step};

/// Requests a minute that OpenAI's form allows; all are used up.
const REQUEST_LIMIT: u32 = 3;

/// Tokens a minute that OpenAI's form allows, how many are used, and how many the request wants.
const TOKEN_LIMIT: (u32, u32, u32) = (30_000, 29_000, 2_000);

/// Whose form an error has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"error": {"message", "code": <status>, "metadata"}, "user_id"}`.
    OpenRouter,
    /// `{"error": {"message", "type", "param", "code": <word>}}`.
    OpenAi,
    /// `{"type": "error", "error": {"type", "message"}, "request_id"}`.
    Anthropic,
}

/// The errors a provider answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderError {
    /// 401: the key is missing or wrong.
    BadKey,
    /// 402: no credit left.
    OutOfCredit,
    /// 402: the credit is enough for fewer tokens than the request may use.
    CannotAfford {
        /// Tokens of the answer that the request may use.
        requested: u32,
        /// Tokens of the answer that the credit is enough for.
        affordable: u32,
    },
    /// 403: the input was refused by moderation.
    Refused,
    /// 404: no provider serves the model.
    NoEndpoint,
    /// 400: the model id is unknown.
    BadModel,
    /// 400: the request is longer than the context window, in the words that make OpenHands condense.
    ContextWindow,
    /// 429 of the provider behind the service, with a `Retry-After` header in seconds if one is given.
    RateLimited(Option<u32>),
    /// The same with a `retry-after-ms` header in milliseconds and no other.
    RetryAfterMs(u32),
    /// 429 that tells only in its text after how many seconds to try again.
    RetryInBody(u32),
    /// 429: too many requests a minute, for so many more milliseconds; OpenAI's form has them in headers too.
    RequestsPerMinute(u32),
    /// 429: too many tokens a minute, for so many more milliseconds; OpenAI's form has them in headers too.
    TokensPerMinute(u32),
    /// 429: too many requests a minute to models without a price until this time, in milliseconds since 1970, which
    /// only the body tells and only in OpenRouter's form.
    FreePerMinute(u64),
    /// 429: the quota of the day or of the account is used up.
    Quota,
    /// The same until this time, in milliseconds since 1970, which only the body tells and only in OpenRouter's form.
    QuotaUntil(u64),
    /// 500.
    Internal,
    /// 502.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
    /// 529: the provider has too much to do, as Anthropic says it.
    Overloaded,
}

impl ProviderError {
    /// The HTTP status of the error.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadKey => 401,
            Self::OutOfCredit | Self::CannotAfford { .. } => 402,
            Self::Refused => 403,
            Self::NoEndpoint => 404,
            Self::BadModel | Self::ContextWindow => 400,
            Self::RateLimited(_)
            | Self::RetryAfterMs(_)
            | Self::RetryInBody(_)
            | Self::RequestsPerMinute(_)
            | Self::TokensPerMinute(_)
            | Self::FreePerMinute(_)
            | Self::Quota
            | Self::QuotaUntil(_) => 429,
            Self::Internal => 500,
            Self::BadGateway => 502,
            Self::Unavailable => 503,
            Self::GatewayTimeout => 504,
            Self::Overloaded => 529,
        }
    }

    /// The whole body of the error in this provider's form.
    #[must_use]
    pub fn body(self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::OpenRouter => openrouter::body(self),
            Dialect::OpenAi => openai::body(self),
            Dialect::Anthropic => anthropic::body(self),
        }
    }

    pub(super) fn step(self, dialect: Dialect) -> Step {
        let step = Step::status(self.status(), self.body(dialect));
        let headers = self.headers(dialect).into_iter();
        headers.fold(step, |step, (name, value)| step.header(name, value))
    }

    /// The error after so many chunks of this text, in an answer whose status is 200.
    pub(super) fn reply_after(self, dialect: Dialect, text: String, chunks: usize) -> Reply {
        let error = self.body(dialect)["error"].take();
        Reply::ErrorAfter {
            text,
            chunks,
            error,
        }
    }

    fn headers(self, dialect: Dialect) -> Vec<(&'static str, String)> {
        match self {
            Self::RateLimited(Some(seconds)) => vec![("Retry-After", seconds.to_string())],
            Self::RetryAfterMs(time) => vec![("retry-after-ms", time.to_string())],
            Self::RequestsPerMinute(time) if dialect == Dialect::OpenAi => vec![
                ("x-ratelimit-limit-requests", REQUEST_LIMIT.to_string()),
                ("x-ratelimit-remaining-requests", "0".to_owned()),
                ("x-ratelimit-reset-requests", spelled(time)),
            ],
            Self::TokensPerMinute(time) if dialect == Dialect::OpenAi => vec![
                ("x-ratelimit-limit-tokens", TOKEN_LIMIT.0.to_string()),
                (
                    "x-ratelimit-remaining-tokens",
                    (TOKEN_LIMIT.0 - TOKEN_LIMIT.1).to_string(),
                ),
                ("x-ratelimit-reset-tokens", spelled(time)),
            ],
            _ => Vec::new(),
        }
    }
}

/// A time in milliseconds as OpenAI spells it: `644ms`, `1.2s`, `6m0s`, `1h0m0s`.
fn spelled(time: u32) -> String {
    if time < 1000 {
        return format!("{time}ms");
    }
    let (minutes, rest) = (time / 60_000, time % 60_000);
    let seconds = format!("{}.{:03}", rest / 1000, rest % 1000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests;
