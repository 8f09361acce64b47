//! Errors in OpenAI's form, after <https://platform.openai.com/docs/guides/error-codes> and what it is seen to answer.

use serde_json::{Value, json};

use super::{ProviderError as E, REQUEST_LIMIT, TOKEN_LIMIT, spelled};

/// Type and code of most errors.
const INVALID: &str = "invalid_request_error";
const LIMITED: Option<&str> = Some("rate_limit_exceeded");

pub(super) fn body(error: E) -> Value {
    let (kind, code) = kind(error);
    json!({ "error": { "message": message(error), "type": kind, "param": null, "code": code } })
}

fn kind(error: E) -> (&'static str, Option<&'static str>) {
    match error {
        E::BadKey => (INVALID, Some("invalid_api_key")),
        E::OutOfCredit | E::CannotAfford { .. } => ("insufficient_credits", None),
        E::Refused => (INVALID, None),
        E::NoEndpoint | E::BadModel => (INVALID, Some("model_not_found")),
        E::ContextWindow => (INVALID, Some("context_length_exceeded")),
        E::RateLimited(_)
        | E::RetryAfterMs(_)
        | E::RetryInBody(_)
        | E::RequestsPerMinute(_)
        | E::FreePerMinute(_) => ("requests", LIMITED),
        E::TokensPerMinute(_) => ("tokens", LIMITED),
        E::Quota | E::QuotaUntil(_) => ("insufficient_quota", Some("insufficient_quota")),
        E::Internal | E::BadGateway | E::GatewayTimeout | E::Unavailable => ("server_error", None),
        E::Overloaded => ("overloaded_error", None),
    }
}

fn message(error: E) -> String {
    let message = match error {
        E::BadKey => "Incorrect API key provided.",
        E::OutOfCredit => "Insufficient credits",
        E::CannotAfford {
            requested,
            affordable,
        } => {
            return format!("Insufficient credits for {requested} tokens, enough for {affordable}");
        }
        E::Refused => "The input was refused by moderation",
        E::NoEndpoint | E::BadModel => {
            "The model `no-such-model` does not exist or you do not have access to it."
        }
        E::ContextWindow => {
            "This model's maximum context length is 32768 tokens. However, your messages resulted in 40000 \
             tokens. Please reduce the length of the messages."
        }
        E::RateLimited(_) | E::RetryAfterMs(_) | E::FreePerMinute(_) => {
            "Rate limit reached for the model"
        }
        E::RetryInBody(seconds) => {
            return format!("Rate limit reached for the model. Please try again in {seconds}s.");
        }
        E::RequestsPerMinute(time) => {
            let numbers = format!("Limit {REQUEST_LIMIT}, Used {REQUEST_LIMIT}, Requested 1");
            return limited("requests per min (RPM)", &numbers, time);
        }
        E::TokensPerMinute(time) => {
            let (most, used, wanted) = TOKEN_LIMIT;
            let numbers = format!("Limit {most}, Used {used}, Requested {wanted}");
            return limited("tokens per min (TPM)", &numbers, time);
        }
        E::Quota | E::QuotaUntil(_) => {
            "You exceeded your current quota, please check your plan and billing details."
        }
        E::Internal => "The server had an error while processing your request",
        E::BadGateway => "Bad gateway",
        E::GatewayTimeout => "Gateway timeout",
        E::Unavailable => "The engine is currently overloaded, please try again later",
        E::Overloaded => "Overloaded",
    };
    message.to_owned()
}

fn limited(what: &str, numbers: &str, time: u32) -> String {
    let time = spelled(time);
    format!(
        "Rate limit reached for scripted-model in organization org-scripted on {what}: {numbers}. Please try again in \
         {time}. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
}
