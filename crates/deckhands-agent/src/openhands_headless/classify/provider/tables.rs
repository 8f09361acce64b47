//! What providers, litellm and the network stack call the failures of a model call.

use deckhands_model::Cause;

/// Words in `code` or `type` of a provider's error.
pub(super) const KINDS: &[(&str, Cause)] = &[
    ("insufficient_quota", Cause::OutOfCredit),
    ("billing_hard_limit_reached", Cause::OutOfCredit),
    ("invalid_api_key", Cause::BadKey),
    ("authentication_error", Cause::BadKey),
    ("permission_error", Cause::BadKey),
    ("model_not_found", Cause::BadModel),
    ("not_found_error", Cause::BadModel),
    ("context_length_exceeded", Cause::ContextWindow),
    ("request_too_large", Cause::ContextWindow),
    ("content_policy_violation", Cause::ContentRefused),
    ("content_filter", Cause::ContentRefused),
    ("rate_limit_exceeded", Cause::RateLimited),
    ("rate_limit_error", Cause::RateLimited),
    ("overloaded_error", Cause::ProviderError),
    ("server_error", Cause::ProviderError),
    ("api_error", Cause::ProviderError),
];

/// Phrases of a refused request, the first one that is there.
pub(super) const REFUSALS: &[(&str, Cause)] = &[
    ("credit balance is too low", Cause::OutOfCredit),
    ("insufficient balance", Cause::OutOfCredit),
    ("requires more credits", Cause::OutOfCredit),
    ("can only afford", Cause::OutOfCredit),
    ("exceededbudget", Cause::OutOfCredit),
    ("incorrect api key provided", Cause::BadKey),
    ("api key not valid", Cause::BadKey),
    ("api key expired", Cause::BadKey),
    ("api key was reported as leaked", Cause::BadKey),
    ("is not a valid model id", Cause::BadModel),
    ("llm provider not provided", Cause::BadModel),
    ("maximum context length", Cause::ContextWindow),
    ("context_length_exceeded", Cause::ContextWindow),
    ("prompt is too long", Cause::ContextWindow),
    ("context window exceeded", Cause::ContextWindow),
    (
        "exceeds the maximum number of tokens allowed",
        Cause::ContextWindow,
    ),
    ("exceed the configured limit of", Cause::ContextWindow),
    (
        "exceeds the context window of this model",
        Cause::ContextWindow,
    ),
];

/// Bodies without a code, by their beginning.
pub(super) const BODIES: &[(&str, Cause)] = &[
    ("Insufficient credits", Cause::OutOfCredit),
    ("Insufficient Balance", Cause::OutOfCredit),
    ("Your credit balance is too low", Cause::OutOfCredit),
    ("This request requires more credits", Cause::OutOfCredit),
    ("Provider returned error", Cause::ProviderError),
    ("[Errno 111]", Cause::ProviderUnreachable),
    ("[Errno 104]", Cause::ProviderUnreachable),
    ("[Errno 113]", Cause::ProviderUnreachable),
    ("[Errno 101]", Cause::ProviderUnreachable),
    ("[Errno 110]", Cause::ProviderUnreachable),
    ("[SSL: ", Cause::ProviderUnreachable),
    ("All connection attempts failed", Cause::ProviderUnreachable),
    ("[Errno -2]", Cause::ProviderUnreachable),
    ("[Errno -3]", Cause::ProviderUnreachable),
    ("[Errno -5]", Cause::ProviderUnreachable),
    ("peer closed connection", Cause::ProviderUnreachable),
    ("Server disconnected", Cause::ProviderUnreachable),
    ("Connection error", Cause::ProviderUnreachable),
    ("Unable to get json response", Cause::ProviderError),
    ("error - Expecting value", Cause::ProviderError),
    ("Response choices is less than 1", Cause::ProviderError),
];

/// Classes of litellm's exceptions.
pub(super) const CLASSES: &[(&str, Cause)] = &[
    ("AuthenticationError", Cause::BadKey),
    ("RateLimitError", Cause::RateLimited),
    ("LLMNoResponseError", Cause::ProviderError),
    ("PermissionDeniedError", Cause::BadKey),
    ("NotFoundError", Cause::BadModel),
    ("Timeout", Cause::ProviderTimeout),
    ("APIConnectionError", Cause::ProviderUnreachable),
    ("ContextWindowExceededError", Cause::ContextWindow),
    ("ContentPolicyViolationError", Cause::ContentRefused),
    ("BudgetExceededError", Cause::OutOfCredit),
    ("InternalServerError", Cause::ProviderError),
    ("ServiceUnavailableError", Cause::ProviderError),
    ("APIResponseValidationError", Cause::ProviderError),
    ("APIError", Cause::ProviderError),
];
