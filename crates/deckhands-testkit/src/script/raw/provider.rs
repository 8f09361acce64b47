//! Provider errors by name.

use super::{RawStep, manner};
use crate::script::error::ScriptErrorKind;
use crate::script::provider_error::{Dialect, ProviderError};
use crate::script::step::Step;

/// Tokens that a request may use where no number is given.
const REQUESTED: u32 = 4096;

/// The error that `provider_error` names, in OpenRouter's form unless `dialect` says otherwise.
pub(super) fn step(raw: &RawStep) -> Result<Step, ScriptErrorKind> {
    let name = raw.provider_error.as_deref().unwrap_or_default();
    let (dialect, error) = (dialect(raw)?, error(raw, name)?);
    Ok(match manner::content_before(raw)? {
        None => Step::provider_error(dialect, error),
        Some((text, chunks)) => Step::new(error.reply_after(dialect, text, chunks)),
    })
}

/// Refuses keys that say more about another answer than about this one.
pub(super) fn check_companions(raw: &RawStep, answer: &str) -> Result<(), ScriptErrorKind> {
    if raw.dialect.is_some() && answer != "provider_error" {
        return Err(ScriptErrorKind::Alone("dialect", "provider_error"));
    }
    let name = raw.provider_error.as_deref().unwrap_or_default();
    let limited: &[&str] = &["rate_limited"];
    let minute: &[&str] = &["requests_per_minute", "tokens_per_minute"];
    let renewed: &[&str] = &["quota", "free_per_minute"];
    let priced: &[&str] = &["cannot_afford"];
    let rows = [
        ("retry_after_s", raw.retry_after_s.is_some(), limited),
        ("retry_after_ms", raw.retry_after_ms.is_some(), limited),
        ("retry_in_body_s", raw.retry_in_body_s.is_some(), limited),
        ("retry_in_ms", raw.retry_in_ms.is_some(), minute),
        ("reset_in_body_ms", raw.reset_in_body_ms.is_some(), renewed),
        ("requested_tokens", raw.requested_tokens.is_some(), priced),
        ("affordable_tokens", raw.affordable_tokens.is_some(), priced),
    ];
    for (key, given, names) in rows {
        if given && !names.contains(&name) {
            return Err(ScriptErrorKind::Alone(key, names[0]));
        }
    }
    // The first three rows are ways to tell the same time.
    let mut ways = rows[..3].iter().filter(|(_, given, _)| *given);
    match (ways.next(), ways.next()) {
        (Some((first, ..)), Some((second, ..))) => Err(ScriptErrorKind::Conflict(first, second)),
        _ => Ok(()),
    }
}

fn dialect(raw: &RawStep) -> Result<Dialect, ScriptErrorKind> {
    match raw.dialect.as_deref() {
        None | Some("openrouter") => Ok(Dialect::OpenRouter),
        Some("openai") => Ok(Dialect::OpenAi),
        Some("anthropic") => Ok(Dialect::Anthropic),
        Some(_) => Err(ScriptErrorKind::Value {
            key: "dialect",
            wanted: "`openrouter`, `openai` or `anthropic`",
        }),
    }
}

fn error(raw: &RawStep, name: &str) -> Result<ProviderError, ScriptErrorKind> {
    Ok(match name {
        "bad_key" => ProviderError::BadKey,
        "out_of_credit" => ProviderError::OutOfCredit,
        "cannot_afford" => ProviderError::CannotAfford {
            requested: raw.requested_tokens.unwrap_or(REQUESTED),
            affordable: raw.affordable_tokens.unwrap_or_default(),
        },
        "refused" => ProviderError::Refused,
        "no_endpoint" => ProviderError::NoEndpoint,
        "bad_model" => ProviderError::BadModel,
        "context_window" => ProviderError::ContextWindow,
        "rate_limited" => match (raw.retry_in_body_s, raw.retry_after_ms) {
            (Some(seconds), _) => ProviderError::RetryInBody(seconds),
            (None, Some(time)) => ProviderError::RetryAfterMs(time),
            (None, None) => ProviderError::RateLimited(raw.retry_after_s),
        },
        "requests_per_minute" => ProviderError::RequestsPerMinute(in_time(raw)),
        "tokens_per_minute" => ProviderError::TokensPerMinute(in_time(raw)),
        "free_per_minute" => ProviderError::FreePerMinute(raw.reset_in_body_ms.ok_or(
            ScriptErrorKind::Alone("free_per_minute", "reset_in_body_ms"),
        )?),
        "quota" => raw
            .reset_in_body_ms
            .map_or(ProviderError::Quota, ProviderError::QuotaUntil),
        "internal" => ProviderError::Internal,
        "bad_gateway" => ProviderError::BadGateway,
        "unavailable" => ProviderError::Unavailable,
        "gateway_timeout" => ProviderError::GatewayTimeout,
        "overloaded" => ProviderError::Overloaded,
        _ => {
            return Err(ScriptErrorKind::Value {
                key: "provider_error",
                wanted: "bad_key, out_of_credit, cannot_afford, refused, no_endpoint, bad_model, context_window, \
                         rate_limited, requests_per_minute, tokens_per_minute, free_per_minute, quota, internal, \
                         bad_gateway, unavailable, gateway_timeout or overloaded",
            });
        }
    })
}

/// When a limit of the minute ends: in a second where no time is given.
fn in_time(raw: &RawStep) -> u32 {
    raw.retry_in_ms.unwrap_or(1000)
}
