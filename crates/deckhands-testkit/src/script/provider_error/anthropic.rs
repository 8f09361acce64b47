//! Errors in Anthropic's form, after <https://docs.anthropic.com/en/api/errors>.

use serde_json::{Value, json};

use super::{ProviderError as E, spelled};

pub(super) fn body(error: E) -> Value {
    json!({
        "type": "error",
        "error": { "type": kind(error), "message": message(error) },
        "request_id": "req_scripted",
    })
}

fn kind(error: E) -> &'static str {
    match error.status() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400 => "invalid_request_error",
        _ => "api_error",
    }
}

fn message(error: E) -> String {
    let message = match error {
        E::BadKey => "invalid x-api-key",
        E::OutOfCredit | E::CannotAfford { .. } => {
            "Your credit balance is too low to access the Anthropic API. \
             Please go to Plans & Billing to upgrade or purchase credits."
        }
        E::Refused => "The input was refused",
        E::NoEndpoint | E::BadModel => "model: no-such-model",
        E::ContextWindow => "prompt is too long: 40000 tokens > 32768 maximum",
        E::RetryInBody(seconds) => return format!("Rate limited. Please try again in {seconds}s."),
        E::RequestsPerMinute(time) | E::TokensPerMinute(time) => {
            return format!("Rate limited. Please try again in {}.", spelled(time));
        }
        E::RateLimited(_)
        | E::RetryAfterMs(_)
        | E::FreePerMinute(_)
        | E::Quota
        | E::QuotaUntil(_) => {
            "This request would exceed your organization's rate limit. Please try again later."
        }
        E::Internal | E::BadGateway | E::Unavailable => "Internal server error",
        E::GatewayTimeout => "The request timed out",
        E::Overloaded => "Overloaded",
    };
    message.to_owned()
}
