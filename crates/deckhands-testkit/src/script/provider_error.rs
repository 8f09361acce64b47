//! Provider errors in the forms that OpenRouter and OpenAI give them; when one is sent is the script's matter.
//!
//! The forms follow the documentation of both services
//! (<https://openrouter.ai/docs/api-reference/errors>, <https://platform.openai.com/docs/guides/error-codes>).

use serde_json::{Value, json};

use super::step::Step;

/// When the quota of [`ProviderError::Quota`] is renewed, in milliseconds since 1970.
const QUOTA_RESET: u64 = 1_790_000_000_000;

/// Whose form an error has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"error": {"message", "code": <status>, "metadata"}, "user_id"}`.
    OpenRouter,
    /// `{"error": {"message", "type", "param", "code": <word>}}`.
    OpenAi,
}

/// The errors a provider answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderError {
    /// 401: the key is missing or wrong.
    BadKey,
    /// 402: no credit left.
    OutOfCredit,
    /// 403: the input was refused by moderation.
    Refused,
    /// 404: no provider serves the model.
    NoEndpoint,
    /// 400: the model id is unknown.
    BadModel,
    /// 400: the request is longer than the context window, in the words that make OpenHands condense.
    ContextWindow,
    /// 429, with a `Retry-After` header in seconds if one is given.
    RateLimited(Option<u32>),
    /// 429 that tells only in its text after how many seconds to try again.
    RetryInBody(u32),
    /// 429: the quota of the day or of the account is used up.
    Quota,
    /// The same until this time, in milliseconds since 1970, which only the body tells; OpenAI's form has no time.
    QuotaUntil(u64),
    /// 500.
    Internal,
    /// 502.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
}

impl ProviderError {
    pub(super) fn step(self, dialect: Dialect) -> Step {
        let status = self.status();
        let body = match dialect {
            Dialect::OpenRouter => self.openrouter(status),
            Dialect::OpenAi => self.openai(),
        };
        let step = Step::status(status, body);
        match self {
            Self::RateLimited(Some(seconds)) => step.header("Retry-After", seconds.to_string()),
            _ => step,
        }
    }

    fn status(self) -> u16 {
        match self {
            Self::BadKey => 401,
            Self::OutOfCredit => 402,
            Self::Refused => 403,
            Self::NoEndpoint => 404,
            Self::BadModel | Self::ContextWindow => 400,
            Self::RateLimited(_) | Self::RetryInBody(_) | Self::Quota | Self::QuotaUntil(_) => 429,
            Self::Internal => 500,
            Self::BadGateway => 502,
            Self::Unavailable => 503,
            Self::GatewayTimeout => 504,
        }
    }

    fn openrouter(self, status: u16) -> Value {
        let message = match self {
            Self::BadKey => "No auth credentials found",
            Self::OutOfCredit => {
                "Insufficient credits. Add more using https://openrouter.ai/settings/credits"
            }
            Self::Refused => "The model requires moderation and your input was flagged",
            Self::NoEndpoint => "No endpoints found for scripted/model.",
            Self::BadModel => "scripted/no-such-model is not a valid model ID",
            Self::ContextWindow => {
                "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens. \
                 Please reduce the length of either one."
            }
            Self::RateLimited(_) | Self::RetryInBody(_) => "Provider returned error",
            Self::Quota | Self::QuotaUntil(_) => {
                "Rate limit exceeded: free-models-per-day. \
                 Add 10 credits to unlock 1000 free model requests per day"
            }
            Self::Internal => "Internal Server Error",
            Self::BadGateway => "Bad gateway",
            Self::Unavailable => "No available model provider that meets your routing requirements",
            Self::GatewayTimeout => "Gateway timeout",
        };
        let mut error = json!({ "message": message, "code": status });
        if let Some(metadata) = self.metadata() {
            error["metadata"] = metadata;
        }
        json!({ "error": error, "user_id": "user_scripted" })
    }

    /// What OpenRouter tells besides the message.
    fn metadata(self) -> Option<Value> {
        let upstream = |raw: String| json!({ "raw": raw, "provider_name": "Scripted" });
        let limit = |reset: u64| {
            let headers = json!({
                "X-RateLimit-Limit": "50",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": reset.to_string(),
            });
            json!({ "headers": headers, "provider_name": null })
        };
        match self {
            Self::Refused => Some(json!({ "reasons": ["violence"], "provider_name": "Scripted" })),
            Self::RateLimited(_) => Some(upstream(
                "scripted/model is temporarily rate-limited upstream. Please retry shortly."
                    .to_owned(),
            )),
            Self::RetryInBody(seconds) => Some(upstream(format!(
                "Rate limit reached for the model. Please try again in {seconds}s."
            ))),
            Self::Quota => Some(limit(QUOTA_RESET)),
            Self::QuotaUntil(reset) => Some(limit(reset)),
            Self::BadKey
            | Self::OutOfCredit
            | Self::NoEndpoint
            | Self::BadModel
            | Self::ContextWindow
            | Self::Internal
            | Self::BadGateway
            | Self::Unavailable
            | Self::GatewayTimeout => None,
        }
    }

    fn openai(self) -> Value {
        let (message, kind, code) = match self {
            Self::BadKey => (
                "Incorrect API key provided.",
                "invalid_request_error",
                Some("invalid_api_key"),
            ),
            Self::OutOfCredit => ("Insufficient credits", "insufficient_credits", None),
            Self::Refused => (
                "The input was refused by moderation",
                "invalid_request_error",
                None,
            ),
            Self::NoEndpoint | Self::BadModel => (
                "The model `no-such-model` does not exist or you do not have access to it.",
                "invalid_request_error",
                Some("model_not_found"),
            ),
            Self::ContextWindow => (
                "This model's maximum context length is 32768 tokens. However, your messages resulted in 40000 \
                 tokens. Please reduce the length of the messages.",
                "invalid_request_error",
                Some("context_length_exceeded"),
            ),
            Self::RateLimited(_) => (
                "Rate limit reached for the model",
                "requests",
                Some("rate_limit_exceeded"),
            ),
            Self::RetryInBody(_) => (
                "Rate limit reached for the model. Please try again in",
                "requests",
                Some("rate_limit_exceeded"),
            ),
            Self::Quota | Self::QuotaUntil(_) => (
                "You exceeded your current quota, please check your plan and billing details.",
                "insufficient_quota",
                Some("insufficient_quota"),
            ),
            Self::Internal => (
                "The server had an error while processing your request",
                "server_error",
                None,
            ),
            Self::BadGateway => ("Bad gateway", "server_error", None),
            Self::GatewayTimeout => ("Gateway timeout", "server_error", None),
            Self::Unavailable => (
                "The engine is currently overloaded, please try again later",
                "server_error",
                None,
            ),
        };
        let message = match self {
            Self::RetryInBody(seconds) => format!("{message} {seconds}s."),
            _ => message.to_owned(),
        };
        json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
    }
}
