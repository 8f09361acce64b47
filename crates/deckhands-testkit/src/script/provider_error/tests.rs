//! What the errors say: words, headers and times as the providers have them.

use serde_json::json;

use super::*;

fn headers(dialect: Dialect, error: ProviderError) -> Vec<(String, String)> {
    error.step(dialect).headers
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    list.iter().map(owned).collect()
}

#[test]
fn times_are_spelled_as_openai_does() {
    let rows = [
        (0, "0ms"),
        (644, "644ms"),
        (1000, "1s"),
        (1200, "1.2s"),
        (9816, "9.816s"),
        (20_000, "20s"),
        (360_000, "6m0s"),
        (432_050, "7m12.05s"),
        (3_600_000, "1h0m0s"),
    ];
    for (time, wanted) in rows {
        assert_eq!(spelled(time), wanted);
    }
}

#[test]
fn minute_limits_are_told_in_words_and_headers() {
    let tokens = ProviderError::TokensPerMinute(360_000);
    let body = tokens.body(Dialect::OpenAi);
    assert_eq!(
        body["error"]["message"],
        "Rate limit reached for scripted-model in organization org-scripted on tokens per min (TPM): Limit 30000, \
         Used 29000, Requested 2000. Please try again in 6m0s. Visit \
         https://platform.openai.com/account/rate-limits to learn more."
    );
    assert_eq!(body["error"]["type"], "tokens");
    let wanted = pairs(&[
        ("x-ratelimit-limit-tokens", "30000"),
        ("x-ratelimit-remaining-tokens", "1000"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ]);
    assert_eq!(headers(Dialect::OpenAi, tokens), wanted);
    let requests = ProviderError::RequestsPerMinute(1000);
    let body = requests.body(Dialect::OpenAi);
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(
            "on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 1s."
        ),
        "{message}"
    );
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");
    let wanted = pairs(&[
        ("x-ratelimit-limit-requests", "3"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1s"),
    ]);
    assert_eq!(headers(Dialect::OpenAi, requests), wanted);
    assert_eq!(headers(Dialect::OpenRouter, requests), []);
    let raw = requests.body(Dialect::OpenRouter)["error"]["metadata"]["raw"].take();
    assert!(
        raw.as_str().unwrap().contains("Please try again in 1s."),
        "{raw}"
    );
}

#[test]
fn openrouter_names_whose_limit_it_is() {
    let body = |error: ProviderError| error.body(Dialect::OpenRouter)["error"].take();
    let upstream = body(ProviderError::RateLimited(None));
    assert_eq!(upstream["message"], "Provider returned error");
    assert_eq!(upstream["metadata"]["provider_name"], "Scripted");
    let own = body(ProviderError::FreePerMinute(1_800_000_000_000));
    assert_eq!(own["message"], "Rate limit exceeded: free-models-per-min. ");
    assert_eq!(
        own["metadata"],
        json!({
            "headers": {
                "X-RateLimit-Limit": "20",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1800000000000",
            },
            "provider_name": null,
        })
    );
    let credit = body(ProviderError::CannotAfford {
        requested: 4096,
        affordable: 222,
    });
    assert_eq!(credit["code"], 402);
    assert_eq!(
        credit["message"],
        "This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only \
         afford 222. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account"
    );
}

#[test]
fn waits_in_milliseconds_have_a_header_of_their_own() {
    for dialect in [Dialect::OpenRouter, Dialect::OpenAi, Dialect::Anthropic] {
        assert_eq!(
            headers(dialect, ProviderError::RetryAfterMs(1500)),
            pairs(&[("retry-after-ms", "1500")])
        );
    }
}

#[test]
fn anthropic_names_the_kind() {
    let kinds = [
        (ProviderError::Overloaded, 529, "overloaded_error"),
        (ProviderError::RateLimited(None), 429, "rate_limit_error"),
        (ProviderError::BadKey, 401, "authentication_error"),
        (ProviderError::ContextWindow, 400, "invalid_request_error"),
        (ProviderError::Internal, 500, "api_error"),
    ];
    for (error, status, kind) in kinds {
        let body = error.body(Dialect::Anthropic);
        assert_eq!(error.status(), status);
        assert_eq!(body["type"], "error");
        assert_eq!(body["error"]["type"], kind);
        assert!(body["error"]["message"].is_string());
    }
    let overloaded = ProviderError::Overloaded.body(Dialect::Anthropic);
    assert_eq!(
        overloaded["error"],
        json!({ "type": "overloaded_error", "message": "Overloaded" })
    );
    let passed_on = ProviderError::Overloaded.body(Dialect::OpenRouter);
    assert_eq!(passed_on["error"]["code"], 529);
    let raw = passed_on["error"]["metadata"]["raw"].as_str().unwrap();
    assert!(raw.contains(r#""type":"overloaded_error""#), "{raw}");
}
