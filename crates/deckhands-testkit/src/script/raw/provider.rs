//! Provider errors by name.

use super::RawStep;
use crate::script::error::ScriptErrorKind;
use crate::script::provider_error::{Dialect, ProviderError};
use crate::script::step::Step;

/// The error that `provider_error` names, in OpenRouter's form unless `dialect` says otherwise.
pub(super) fn step(raw: &RawStep) -> Result<Step, ScriptErrorKind> {
    let name = raw.provider_error.as_deref().unwrap_or_default();
    Ok(Step::provider_error(dialect(raw)?, error(raw, name)?))
}

/// Refuses keys that say more about another answer than about this one.
pub(super) fn check_companions(raw: &RawStep, answer: &str) -> Result<(), ScriptErrorKind> {
    let name = raw.provider_error.as_deref().unwrap_or_default();
    let rows = [
        (
            "dialect",
            raw.dialect.is_some(),
            "provider_error",
            answer == "provider_error",
        ),
        (
            "retry_after_s",
            raw.retry_after_s.is_some(),
            "rate_limited",
            name == "rate_limited",
        ),
        (
            "retry_in_body_s",
            raw.retry_in_body_s.is_some(),
            "rate_limited",
            name == "rate_limited",
        ),
        (
            "reset_in_body_ms",
            raw.reset_in_body_ms.is_some(),
            "quota",
            name == "quota",
        ),
    ];
    for (key, given, other, fits) in rows {
        if given && !fits {
            return Err(ScriptErrorKind::Alone(key, other));
        }
    }
    if raw.retry_after_s.is_some() && raw.retry_in_body_s.is_some() {
        return Err(ScriptErrorKind::Conflict(
            "retry_after_s",
            "retry_in_body_s",
        ));
    }
    Ok(())
}

fn dialect(raw: &RawStep) -> Result<Dialect, ScriptErrorKind> {
    match raw.dialect.as_deref() {
        None | Some("openrouter") => Ok(Dialect::OpenRouter),
        Some("openai") => Ok(Dialect::OpenAi),
        Some(_) => Err(ScriptErrorKind::Value {
            key: "dialect",
            wanted: "`openrouter` or `openai`",
        }),
    }
}

fn error(raw: &RawStep, name: &str) -> Result<ProviderError, ScriptErrorKind> {
    Ok(match name {
        "bad_key" => ProviderError::BadKey,
        "out_of_credit" => ProviderError::OutOfCredit,
        "refused" => ProviderError::Refused,
        "no_endpoint" => ProviderError::NoEndpoint,
        "bad_model" => ProviderError::BadModel,
        "context_window" => ProviderError::ContextWindow,
        "rate_limited" => match raw.retry_in_body_s {
            Some(seconds) => ProviderError::RetryInBody(seconds),
            None => ProviderError::RateLimited(raw.retry_after_s),
        },
        "quota" => raw
            .reset_in_body_ms
            .map_or(ProviderError::Quota, ProviderError::QuotaUntil),
        "internal" => ProviderError::Internal,
        "bad_gateway" => ProviderError::BadGateway,
        "unavailable" => ProviderError::Unavailable,
        "gateway_timeout" => ProviderError::GatewayTimeout,
        _ => {
            return Err(ScriptErrorKind::Value {
                key: "provider_error",
                wanted: "bad_key, out_of_credit, refused, no_endpoint, bad_model, context_window, rate_limited, \
                         quota, internal, bad_gateway, unavailable or gateway_timeout",
            });
        }
    })
}
