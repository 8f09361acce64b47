//! From a model to its endpoint.

use super::*;

fn of(id: &str, base_url: Option<&str>) -> Result<Upstream, UpstreamError> {
    Upstream::of(&ModelId::resolve(id).unwrap(), base_url, None)
}

#[test]
fn calls_go_below_the_base_url() {
    let rows = [
        (
            "openrouter/a/b",
            None,
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        (
            "openai/x",
            Some("http://h:1/v1/"),
            "http://h:1/v1/chat/completions",
        ),
        (
            "ollama/x",
            None,
            "http://localhost:11434/v1/chat/completions",
        ),
        (
            "ollama/x",
            Some("http://h:11434"),
            "http://h:11434/v1/chat/completions",
        ),
        (
            "ollama_chat/x",
            Some("http://h:11434/"),
            "http://h:11434/v1/chat/completions",
        ),
        (
            "hosted_vllm/x",
            Some("http://h:8000"),
            "http://h:8000/chat/completions",
        ),
    ];
    for (id, base_url, target) in rows {
        assert_eq!(of(id, base_url).unwrap().target(), target);
    }
}

#[test]
fn what_cannot_be_relayed_says_so() {
    let incompatible = of("anthropic/claude", Some("http://h")).unwrap_err();
    assert!(incompatible.to_string().contains("`anthropic`"));
    let nowhere = of("litellm_proxy/x", None).unwrap_err();
    let provider = "litellm_proxy".to_owned();
    assert_eq!(nowhere, UpstreamError::NoBaseUrl { provider });
}

#[test]
fn debug_does_not_show_the_key() {
    let key = ProviderKey::new("sk-secret-key");
    let model = ModelId::resolve("openai/x").unwrap();
    let upstream = Upstream::of(&model, None, Some(key)).unwrap();
    assert!(!format!("{upstream:?}").contains("sk-secret"));
}
