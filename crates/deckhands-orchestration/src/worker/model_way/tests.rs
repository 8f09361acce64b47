//! Whom the relay calls.

use deckhands_model::ModelId;

use super::*;
use crate::request::test_request;

fn called(model: &str, base_url: Option<&str>) -> Result<(String, String), RunFailure> {
    let request = TaskRequest {
        model: ModelId::resolve(model).unwrap(),
        base_url: base_url.map(str::to_owned),
        ..test_request("/nowhere".into())
    };
    upstream(&request).map(|upstream| (upstream.base_url, upstream.model))
}

#[test]
fn the_address_and_the_provider_s_own_id() {
    let rows = [
        (
            "openrouter/deepseek/deepseek-chat:free",
            None,
            "https://openrouter.ai/api/v1",
            "deepseek/deepseek-chat:free",
        ),
        (
            "openai/gpt-4o",
            Some("http://localhost:1/v1"),
            "http://localhost:1/v1",
            "gpt-4o",
        ),
        (
            "openai/local",
            Some("http://host.docker.internal:11434/v1"),
            "http://127.0.0.1:11434/v1",
            "local",
        ),
        (
            "openai/local",
            Some("http://host.docker.internal"),
            "http://127.0.0.1",
            "local",
        ),
        (
            "openai/local",
            Some("https://host.docker.internal.example/v1"),
            "https://host.docker.internal.example/v1",
            "local",
        ),
        (
            "openai/local",
            Some("https://example/v1//host.docker.internal/"),
            "https://example/v1//host.docker.internal/",
            "local",
        ),
    ];
    for (model, url, address, own) in rows {
        let expected = (address.to_owned(), own.to_owned());
        assert_eq!(called(model, url), Ok(expected), "{model}");
    }
}

#[test]
fn what_cannot_be_called_says_what_can() {
    for (model, says) in [
        ("bedrock/claude", "bedrock"),
        ("hosted_vllm/m", "DECKHANDS_BASE_URL"),
    ] {
        let failure = called(model, None).unwrap_err();
        assert_eq!(failure.cause, Cause::BadInput);
        let told = format!("{} {}", failure.message, failure.hint.unwrap_or_default());
        assert!(told.contains(says), "{told}");
    }
}
