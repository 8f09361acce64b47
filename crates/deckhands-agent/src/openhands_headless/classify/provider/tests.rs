//! The corpus of provider failures, and texts that must not be taken for one.

use deckhands_model::{Cause, ErrorType};
use proptest::prelude::*;

use super::provider_error;

/// Errors as litellm words them.
const WRAPPED: &[(&str, Cause)] = &[
    (
        r#"litellm.APIError: APIError: OpenrouterException - {"error": {"message": "x", "code": 402}}"#,
        Cause::OutOfCredit,
    ),
    (
        r#"litellm.APIError: APIError: OpenrouterException - {"error": {"message": "x", "code": "503"}}"#,
        Cause::ProviderError,
    ),
    (
        r#"litellm.APIError: APIError: OpenrouterException - {"error": {"message": "code 401", "code": 500}}"#,
        Cause::ProviderError,
    ),
    (
        r#"litellm.APIError: APIError: OpenrouterException - {"error": {"code": 413}} and more"#,
        Cause::ContextWindow,
    ),
    (
        r#"litellm.Timeout: Timeout: OpenrouterException - {"error": {"code": 504}}"#,
        Cause::ProviderTimeout,
    ),
    (
        r#"litellm.RateLimitError: RateLimitError: OpenrouterException - {"error": {"message": "Provider returned error", "code": 429}}"#,
        Cause::RateLimited,
    ),
    (
        r#"litellm.RateLimitError: RateLimitError: OpenrouterException - {"error": {"message": "Rate limit exceeded: free-models-per-day. Add 10 credits", "code": 429}}"#,
        Cause::QuotaUntilReset,
    ),
    (
        r#"litellm.RateLimitError: RateLimitError: OpenrouterException - {"error": {"message": "Rate limit exceeded: free-models-per-min. ", "code": 429}}"#,
        Cause::RateLimited,
    ),
    (
        r#"litellm.RateLimitError: RateLimitError: X_Exception - {"error": {"message": "q", "code": "insufficient_quota"}}"#,
        Cause::OutOfCredit,
    ),
    (
        r#"litellm.RateLimitError: RateLimitError: XException - {"error": {"message": "q", "type": "insufficient_quota"}}"#,
        Cause::OutOfCredit,
    ),
    (
        "litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please",
        Cause::OutOfCredit,
    ),
    (
        "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached for x on requests per day (RPD): Limit 3",
        Cause::QuotaUntilReset,
    ),
    (
        "litellm.RateLimitError: connection lost while rate limited",
        Cause::RateLimited,
    ),
    (
        "litellm.APIError: APIError: OpenrouterException - [Errno 111] Connection refused",
        Cause::ProviderUnreachable,
    ),
    (
        "litellm.APIError: APIError: OpenrouterException - Provider returned error",
        Cause::ProviderError,
    ),
    (
        "litellm.APIError: APIError: OpenrouterException - see [Errno 111] in line 401",
        Cause::ProviderError,
    ),
    (
        "litellm.APIConnectionError: APIConnectionError: OpenAIException - x",
        Cause::ProviderUnreachable,
    ),
    (
        "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.",
        Cause::ProviderUnreachable,
    ),
    (
        "litellm.BadRequestError: BadRequestError: OpenAIException - prompt is too long: 9 tokens",
        Cause::ContextWindow,
    ),
    (
        "litellm.BadRequestError: Litellm_proxyException - ExceededBudget: over",
        Cause::OutOfCredit,
    ),
    (
        "litellm.BadRequestError: OpenAIException - permission denied for this field",
        Cause::Unknown,
    ),
    (
        "litellm.ContextWindowExceededError: x",
        Cause::ContextWindow,
    ),
    (
        "litellm.ContentPolicyViolationError: x",
        Cause::ContentRefused,
    ),
    (
        "litellm.PermissionDeniedError: PermissionDeniedError: OpenAIException - x",
        Cause::ContentRefused,
    ),
    (
        r#"litellm.APIError: APIError: OpenrouterException - {"error": {"message": "Key limit exceeded (total limit)", "code": 403}}"#,
        Cause::OutOfCredit,
    ),
    (
        r#"litellm.APIError: APIError: OpenrouterException - {"error": {"message": "Your API key may not use this model", "code": 403}}"#,
        Cause::BadKey,
    ),
    (
        r#"litellm.BadRequestError: XException - {"error": {"message": "m", "code": "context_length_exceeded"}}"#,
        Cause::ContextWindow,
    ),
    (
        r#"litellm.BadRequestError: XException - {"error": {"message": "m", "type": "content_filter"}}"#,
        Cause::ContentRefused,
    ),
    (
        r#"litellm.APIError: XException - {"error": {"message": "m", "code": "invalid_api_key"}}"#,
        Cause::BadKey,
    ),
    (
        r#"litellm.InternalServerError: XException - {"error": {"message": "m", "type": "overloaded_error"}}"#,
        Cause::ProviderError,
    ),
    (
        r#"litellm.BadRequestError: OpenrouterException - {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "{\"error\": {\"message\": \"maximum context length is 9\"}}"}}}"#,
        Cause::ContextWindow,
    ),
    (
        r#"litellm.BadRequestError: OpenrouterException - {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "no JSON, prompt is too long"}}}"#,
        Cause::ProviderError,
    ),
    (
        "litellm.APIError: APIError: OpenrouterException - [SSL: CERTIFICATE_VERIFY_FAILED] x",
        Cause::ProviderUnreachable,
    ),
    ("litellm.SomethingNew: x", Cause::Unknown),
    (
        "Response choices is less than 1 - This is only seen",
        Cause::ProviderError,
    ),
];

#[test]
fn wrapped_failures() {
    for (text, expected) in WRAPPED {
        assert_eq!(provider_error(text), *expected, "{text}");
    }
}

/// Texts that a search for bare words gets wrong.
const FREE: &[(&str, Cause, ErrorType)] = &[
    (
        "the author of auth_test.py is unknown",
        Cause::Unknown,
        ErrorType::Unknown,
    ),
    ("listening on port 4290", Cause::Unknown, ErrorType::Unknown),
    (
        "error in line 4012, then 401",
        Cause::Unknown,
        ErrorType::Unknown,
    ),
    ("HTTP 4012", Cause::Unknown, ErrorType::Unknown),
    ("read timed out", Cause::ProviderTimeout, ErrorType::Timeout),
    (
        "temporarily rate-limited upstream",
        Cause::RateLimited,
        ErrorType::RateLimit,
    ),
    (
        "HTTP 402, quota exceeded",
        Cause::OutOfCredit,
        ErrorType::Authentication,
    ),
    (
        "quota exceeded",
        Cause::OutOfCredit,
        ErrorType::Authentication,
    ),
    ("HTTP 503", Cause::ProviderError, ErrorType::Connection),
    (
        "connect ECONNREFUSED 127.0.0.1:1",
        Cause::ProviderUnreachable,
        ErrorType::Connection,
    ),
    (
        "LLM Provider NOT provided. Pass in",
        Cause::BadModel,
        ErrorType::Validation,
    ),
    (
        "context window exceeded",
        Cause::ContextWindow,
        ErrorType::Validation,
    ),
    (
        "rate limit reached, connection closed: connection refused",
        Cause::RateLimited,
        ErrorType::RateLimit,
    ),
    (
        "permission denied on .openhands",
        Cause::PermissionDenied,
        ErrorType::Validation,
    ),
    (
        "openhands sdk connection",
        Cause::Unknown,
        ErrorType::Unknown,
    ),
    (
        "the breaker for openhands is open, retry after 30 s",
        Cause::Unknown,
        ErrorType::Unknown,
    ),
    ("", Cause::Unknown, ErrorType::Unknown),
];

#[test]
fn free_text_is_read_by_whole_phrases() {
    for (text, cause, error_type) in FREE {
        assert_eq!(provider_error(text), *cause, "{text}");
        assert_eq!(cause.error_type(), *error_type, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_has_a_cause(text in any::<String>()) {
        let wrapped = format!("litellm.APIError: APIError: OpenrouterException - {text}");
        prop_assert_ne!(provider_error(&wrapped), Cause::Unknown);
        provider_error(&text);
    }
}
