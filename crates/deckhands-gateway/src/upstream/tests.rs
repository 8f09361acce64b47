//! From a model to its endpoint.

use super::*;

fn of(id: &str, base_url: Option<&str>) -> Result<Upstream, Incompatible> {
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
        ("vllm/x", None, "http://localhost:8000/v1/chat/completions"),
        (
            "litellm/x",
            None,
            "http://localhost:4000/v1/chat/completions",
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
}

#[test]
fn an_account_is_known_by_its_key_and_without_one_by_its_address() {
    let account = |id: &str, base_url: Option<&str>, key: Option<&str>| {
        let model = ModelId::resolve(id).unwrap();
        let upstream = Upstream::of(&model, base_url, key.map(ProviderKey::new));
        upstream.unwrap().account()
    };
    let own = account("openrouter/a/b", None, Some("sk-1"));
    // Another model, another address, the same key.
    let same = account("openrouter/c/d", Some("http://h/v1"), Some("sk-1"));
    assert_eq!(own, same);
    assert_ne!(own, account("openrouter/a/b~work", None, Some("sk-2")));
    assert_ne!(own, account("openai/m", None, Some("sk-1")));
    let local = account("ollama/m", None, None);
    assert_eq!(local, account("ollama/n", None, None));
    assert_ne!(local, account("ollama/m", Some("http://h:1"), None));
    assert!(!format!("{own:?}").contains("sk-1"));
}

#[test]
fn debug_does_not_show_the_key() {
    let key = ProviderKey::new("sk-secret-key");
    let model = ModelId::resolve("openai/x").unwrap();
    let upstream = Upstream::of(&model, None, Some(key)).unwrap();
    assert!(!format!("{upstream:?}").contains("sk-secret"));
}
