//! The corpus of provider failures, and texts that must not be taken for one.

use deckhands_model::{Cause, ErrorType};
use proptest::prelude::*;

use crate::openhands_headless::log_line::RunError;

fn provider_error(text: &str) -> Cause {
    answered(text, "")
}

fn answered(text: &str, answer: &str) -> Cause {
    super::provider_error(&RunError {
        text: text.to_owned(),
        answer: answer.to_owned(),
    })
}

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
        Cause::BadKey,
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
        Cause::ContextWindow,
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

const OPENAI: &str = "litellm.APIError: APIError: OpenAIException - m";
const LIMIT: &str = "litellm.RateLimitError: RateLimitError: OpenAIException - ";
const GEMINI: &str = "litellm.BadRequestError: GeminiException BadRequestError - ";
const GEMINI_LIMIT: &str = "litellm.RateLimitError: litellm.RateLimitError: VertexAIException - ";
const ROUTER: &str = "litellm.APIError: APIError: OpenrouterException - ";
const ANTHROPIC: &str = "litellm.BadRequestError: AnthropicException - ";

/// The head of an error, its body, the answer in the traceback, and what they mean.
const PARTS: &[(&str, &str, &str, Cause)] = &[
    // A spent quota, and one that is only used up for a minute or a day.
    (
        GEMINI_LIMIT,
        r#"{"error": {"code": 429, "message": "You exceeded your current quota, please check your plan.", "status": "RESOURCE_EXHAUSTED"}}"#,
        "",
        Cause::RateLimited,
    ),
    (
        GEMINI_LIMIT,
        r#"{"error": {"code": 429, "message": "You exceeded your current quota. Please retry in 21.5s."}}"#,
        "",
        Cause::RateLimited,
    ),
    (
        GEMINI_LIMIT,
        r#"{"error": {"code": 429, "message": "You exceeded your current quota.", "details": [{"retryDelay": "21s"}]}}"#,
        "",
        Cause::RateLimited,
    ),
    (
        GEMINI_LIMIT,
        r#"{"error": {"code": 429, "message": "You exceeded your current quota.", "status": "RESOURCE_EXHAUSTED", "details": [{"violations": [{"quotaId": "GenerateRequestsPerMinutePerProject"}, {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}"#,
        "",
        Cause::QuotaUntilReset,
    ),
    (
        GEMINI_LIMIT,
        r#"{"error": {"code": 429, "message": "You exceeded your current quota. See quotas: PerDay.", "status": "RESOURCE_EXHAUSTED"}}"#,
        "",
        Cause::RateLimited,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "Provider returned error", "code": 429, "metadata": {"raw": "You exceeded your current quota"}}}"#,
        "",
        Cause::RateLimited,
    ),
    (
        ROUTER,
        r#"{"error": {"code": 429, "metadata": {"raw": "You exceeded your current quota"}}}"#,
        "",
        Cause::RateLimited,
    ),
    (
        LIMIT,
        "You exceeded your current quota",
        "429 - {'error': {'code': 'insufficient_quota'}}",
        Cause::OutOfCredit,
    ),
    (
        LIMIT,
        "You exceeded your current quota",
        "429 - [{'error': {'status': 'RESOURCE_EXHAUSTED'}}]",
        Cause::RateLimited,
    ),
    (
        LIMIT,
        "m",
        "429 - {'error': {'type': 'insufficient_quota', 'code': None}}",
        Cause::OutOfCredit,
    ),
    // Credit.
    (
        ANTHROPIC,
        r#"{"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}}"#,
        "",
        Cause::OutOfCredit,
    ),
    (
        "litellm.BadRequestError: OpenAIException - ",
        "Your credit balance is too low",
        "400 - {}",
        Cause::OutOfCredit,
    ),
    (
        "litellm.BadRequestError: DeepseekException - ",
        "Insufficient Balance",
        "",
        Cause::OutOfCredit,
    ),
    (
        "litellm.APIError: APIError: DeepseekException - ",
        "Insufficient Balance",
        "402 - {}",
        Cause::OutOfCredit,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "This request requires more credits, or fewer max_tokens.", "code": 400}}"#,
        "",
        Cause::OutOfCredit,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "You requested 9 tokens, but can only afford 3.", "code": 403}}"#,
        "",
        Cause::OutOfCredit,
    ),
    // A status that only the traceback has.
    (
        OPENAI,
        "",
        "402 - {'error': {'message': 'm', 'code': None}}",
        Cause::OutOfCredit,
    ),
    (OPENAI, "", "402", Cause::OutOfCredit),
    (
        OPENAI,
        "",
        "402 - {'error': {'type': 'api_error'}}",
        Cause::OutOfCredit,
    ),
    (OPENAI, "", "403 - {}", Cause::BadKey),
    (OPENAI, " was flagged", "403 - {}", Cause::ContentRefused),
    (OPENAI, "", "413 - {}", Cause::ContextWindow),
    (OPENAI, "", "502 - {}", Cause::ProviderError),
    (OPENAI, "", "4020 - {}", Cause::ProviderError),
    (
        ROUTER,
        r#"{"error": {"message": "m", "code": 503}}"#,
        "402 - {}",
        Cause::ProviderError,
    ),
    (
        "litellm.BadRequestError: OpenAIException - ",
        "m",
        "400 - {'error': {'code': 'context_length_exceeded'}}",
        Cause::ContextWindow,
    ),
    // The class that any text with `429` in it gets.
    (
        LIMIT,
        "Incorrect API key provided: sk-4290",
        "",
        Cause::BadKey,
    ),
    (LIMIT, "request 429a is odd", "401 - {}", Cause::BadKey),
    (
        LIMIT,
        "request 429a is odd",
        "500 - {}",
        Cause::ProviderError,
    ),
    (LIMIT, "request 429a is odd", "400 - {}", Cause::Unknown),
    (
        LIMIT,
        "This model's maximum context length is 4290 tokens",
        "400 - {}",
        Cause::ContextWindow,
    ),
    (
        LIMIT,
        "This model's maximum context length is 4290 tokens",
        "",
        Cause::ContextWindow,
    ),
    (
        LIMIT,
        "Request too large for m in organization o on tokens per min (TPM): Limit 9",
        "429 - {'error': {'code': 'rate_limit_exceeded'}}",
        Cause::ContextWindow,
    ),
    (
        LIMIT,
        "Rate limit reached for m on tokens per min (TPM): Limit 9",
        "429 - {}",
        Cause::RateLimited,
    ),
    // Wrappers of several words.
    (
        GEMINI,
        r#"{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}"#,
        "",
        Cause::BadKey,
    ),
    (
        GEMINI,
        r#"{"error": {"code": 400, "message": "API key expired. Please renew it."}}"#,
        "",
        Cause::BadKey,
    ),
    (
        GEMINI,
        r#"{"error": {"code": 403, "message": "Your API key was reported as leaked."}}"#,
        "",
        Cause::BadKey,
    ),
    (
        GEMINI,
        r#"{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum number of tokens allowed (3)."}}"#,
        "",
        Cause::ContextWindow,
    ),
    (
        GEMINI,
        r#"{"error": {"code": 503, "message": "The model is overloaded."}}"#,
        "",
        Cause::ProviderError,
    ),
    // Context, and a refusal that a router hands on.
    (
        "litellm.BadRequestError: XException - ",
        "Your input exceeds the context window of this model.",
        "",
        Cause::ContextWindow,
    ),
    (
        "litellm.BadRequestError: XException - ",
        "The tokens exceed the configured limit of 9.",
        "",
        Cause::ContextWindow,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "Provider returned error", "code": 422, "metadata": {"raw": "Your credit balance is too low"}}}"#,
        "",
        Cause::OutOfCredit,
    ),
    (
        "litellm.BadRequestError: OpenrouterException - ",
        r#"{"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "odd"}}}"#,
        "",
        Cause::Unknown,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "prompt is too long"}}}"#,
        "",
        Cause::ProviderError,
    ),
    // Access and content.
    (
        "litellm.PermissionDeniedError: PermissionDeniedError: XException - ",
        "blocked by content policy",
        "",
        Cause::ContentRefused,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "Not available in your region", "code": 403}}"#,
        "",
        Cause::BadKey,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "m", "code": 403, "metadata": {"reasons": ["violence"]}}}"#,
        "",
        Cause::ContentRefused,
    ),
    (
        ROUTER,
        r#"{"error": {"message": "m", "code": 403, "metadata": {"reasons": null}}}"#,
        "",
        Cause::BadKey,
    ),
];

#[test]
fn parts_of_a_failure() {
    for (head, body, answer, expected) in PARTS {
        let text = format!("{head}{body}");
        assert_eq!(answered(&text, answer), *expected, "{text} | {answer}");
    }
}

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
