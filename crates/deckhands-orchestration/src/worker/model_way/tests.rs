//! Whom the relay calls.

use deckhands_agent::Retry;
use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_gateway::Price;
use deckhands_model::{Deadlines, ModelId};

use super::*;
use crate::request::{OtherModel, test_request};

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
fn a_token_lives_as_long_as_an_attempt_can_last_and_no_longer() {
    let secs = Duration::from_secs;
    let mut request = test_request("/nowhere".into());
    request.deadlines = Deadlines {
        start: secs(100),
        work: secs(1000),
        ..Deadlines::default()
    };
    request.retry = Retry {
        attempts: 3,
        max_wait: secs(20),
        ..Retry::RELAYED
    };
    request.limits.iterations = 10;
    // Twenty calls, each made three times, each of them held for a minute and waited for.
    let waits = 20 * 3 * (60 + 20);
    let expected = secs(100 + 1000 + waits + 3600);
    assert_eq!(lifetime(&request, secs(60)), expected);
    // Nothing that can be set is too much.
    request.limits.iterations = u32::MAX;
    request.retry.max_wait = Duration::MAX;
    assert_eq!(lifetime(&request, secs(60)), Duration::MAX);
}

#[test]
fn what_cannot_be_called_says_what_can() {
    let failure = called("bedrock/claude", None).unwrap_err();
    assert_eq!(failure.cause, Cause::BadInput);
    let told = format!("{} {}", failure.message, failure.hint.unwrap_or_default());
    for says in ["`bedrock`", "`openrouter/`"] {
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn a_route_goes_along_where_tools_are_called_in_the_same_way() {
    let other = |id: &str, native_tools| OtherModel {
        native_tools,
        ..OtherModel::usual(ModelId::resolve(id).unwrap(), (None, None))
    };
    // By its name only `gpt-4o` calls tools natively.
    let request = TaskRequest {
        model: ModelId::resolve("openai/m").unwrap(),
        other_models: vec![
            other("openai/gpt-4o", None),
            other("openai/gpt-4o~text", Some(false)),
            other("ollama/qwen3", None),
            other("ollama/llama3", Some(true)),
            other("bedrock/claude", Some(false)),
        ],
        ..test_request("/nowhere".into())
    };
    let check = |native_tools, expected: &[&str]| {
        let request = TaskRequest {
            native_tools,
            ..request.clone()
        };
        let routes = routes(&request, &OpenHandsHeadless).unwrap();
        let ids: Vec<_> = routes.iter().map(|route| route.model.as_str()).collect();
        assert_eq!(ids, expected, "{native_tools:?}");
    };
    check(None, &["openai/m", "openai/gpt-4o~text", "ollama/qwen3"]);
    check(Some(true), &["openai/m", "openai/gpt-4o", "ollama/llama3"]);
}

#[test]
fn what_runs_here_has_a_price_and_what_runs_elsewhere_has_none() {
    let request = TaskRequest {
        model: ModelId::resolve("vllm/m").unwrap(),
        other_models: vec![OtherModel::usual(
            ModelId::resolve("vllm/m~away").unwrap(),
            (Some("http://gpu.example:8000/v1".to_owned()), None),
        )],
        ..test_request("/nowhere".into())
    };
    let routes = routes(&request, &OpenHandsHeadless).unwrap();
    let prices: Vec<_> = routes.iter().map(|route| route.price).collect();
    assert_eq!(prices, [Some(Price::FREE), None]);
    assert_eq!(routes[1].upstream.model, "m");
    assert_eq!(routes[1].upstream.base_url, "http://gpu.example:8000/v1");
}
