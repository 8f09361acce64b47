//! Errors in OpenRouter's form, after <https://openrouter.ai/docs/api-reference/errors> and what it is seen to answer.

use serde_json::{Value, json};

use super::{ProviderError as E, openai};

/// When the quota of [`E::Quota`] is renewed, in milliseconds since 1970.
const QUOTA_RESET: u64 = 1_790_000_000_000;

pub(super) fn body(error: E) -> Value {
    let mut told = json!({ "message": message(error), "code": error.status() });
    if let Some(metadata) = metadata(error) {
        told["metadata"] = metadata;
    }
    json!({ "error": told, "user_id": "user_scripted" })
}

fn message(error: E) -> String {
    let message = match error {
        E::BadKey => "No auth credentials found",
        E::OutOfCredit => {
            "Insufficient credits. Add more using https://openrouter.ai/settings/credits"
        }
        E::CannotAfford {
            requested,
            affordable,
        } => {
            return format!(
                "This request requires more credits, or fewer max_tokens. You requested up to {requested} tokens, but \
                 can only afford {affordable}. To increase, visit https://openrouter.ai/settings/credits and upgrade \
                 to a paid account"
            );
        }
        E::Refused => "The model requires moderation and your input was flagged",
        E::NoEndpoint => "No endpoints found for scripted/model.",
        E::BadModel => "scripted/no-such-model is not a valid model ID",
        E::ContextWindow => {
            "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens. \
             Please reduce the length of either one."
        }
        E::RateLimited(_)
        | E::RetryAfterMs(_)
        | E::RetryInBody(_)
        | E::RequestsPerMinute(_)
        | E::TokensPerMinute(_)
        | E::Overloaded => "Provider returned error",
        E::FreePerMinute(_) => "Rate limit exceeded: free-models-per-min. ",
        E::Quota | E::QuotaUntil(_) => {
            "Rate limit exceeded: free-models-per-day. \
             Add 10 credits to unlock 1000 free model requests per day"
        }
        E::Internal => "Internal Server Error",
        E::BadGateway => "Bad gateway",
        E::Unavailable => "No available model provider that meets your routing requirements",
        E::GatewayTimeout => "Gateway timeout",
    };
    message.to_owned()
}

/// What OpenRouter tells besides the message.
fn metadata(error: E) -> Option<Value> {
    let upstream = |raw: String| json!({ "raw": raw, "provider_name": "Scripted" });
    match error {
        E::Refused => Some(json!({ "reasons": ["violence"], "provider_name": "Scripted" })),
        E::RateLimited(_) | E::RetryAfterMs(_) => Some(upstream(
            "scripted/model is temporarily rate-limited upstream. Please retry shortly.".to_owned(),
        )),
        E::RetryInBody(seconds) => Some(upstream(format!(
            "Rate limit reached for the model. Please try again in {seconds}s."
        ))),
        E::RequestsPerMinute(_) | E::TokensPerMinute(_) => {
            Some(upstream(openai::body(error).to_string()))
        }
        E::Overloaded => Some(upstream(super::anthropic::body(error).to_string())),
        E::CannotAfford { .. } => Some(json!({ "provider_name": null })),
        E::FreePerMinute(reset) => Some(limit(20, reset)),
        E::Quota => Some(limit(50, QUOTA_RESET)),
        E::QuotaUntil(reset) => Some(limit(50, reset)),
        E::BadKey
        | E::OutOfCredit
        | E::NoEndpoint
        | E::BadModel
        | E::ContextWindow
        | E::Internal
        | E::BadGateway
        | E::Unavailable
        | E::GatewayTimeout => None,
    }
}

/// A limit of OpenRouter itself, which ends at this time.
fn limit(most: u32, reset: u64) -> Value {
    let headers = json!({
        "X-RateLimit-Limit": most.to_string(),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset.to_string(),
    });
    json!({ "headers": headers, "provider_name": null })
}
