//! The providers' own ids and addresses.

use deckhands_model::ModelId;

use super::*;

#[test]
fn every_provider_is_known_by_its_own_id_or_refused() {
    let rows = [
        (
            "openrouter/deepseek/deepseek-chat-v3.1:free",
            Some("deepseek/deepseek-chat-v3.1:free"),
        ),
        ("openai/gpt-4o", Some("gpt-4o")),
        ("gemini/gemini-2.5-pro", Some("gemini-2.5-pro")),
        ("together_ai/meta/llama", Some("meta/llama")),
        ("litellm_proxy/openai/x", Some("openai/x")),
        ("hosted_vllm/org/model", Some("org/model")),
        (
            "fireworks_ai/qwen3-coder",
            Some("accounts/fireworks/models/qwen3-coder"),
        ),
        (
            "fireworks_ai/accounts/me/models/own",
            Some("accounts/me/models/own"),
        ),
        ("anthropic/claude", None),
        ("azure/gpt", None),
        ("bedrock/x", None),
        ("cohere/x", None),
        ("huggingface/x", None),
        ("replicate/x", None),
        ("vertex_ai/x", None),
    ];
    for (id, own) in rows {
        let model = ModelId::resolve(id).unwrap();
        let found = own_model_id(&model);
        assert_eq!(found.as_deref().ok(), own, "{id}");
        if let Err(refused) = found {
            assert!(refused.to_string().contains(model.provider()), "{refused}");
            assert!(refused.hint().contains("openrouter/"));
            assert!(refused.hint().contains("`socket`"));
        }
    }
}

#[test]
fn addresses_are_complete_and_without_a_slash_at_the_end() {
    for (provider, url) in COMPATIBLE {
        assert_eq!(default_base_url(provider), *url);
        let well_formed = |url: &str| url.starts_with("http") && !url.ends_with('/');
        assert!(url.is_none_or(well_formed), "{provider}");
    }
    assert_eq!(default_base_url("hosted_vllm"), None);
    assert_eq!(default_base_url("litellm_proxy"), None);
    assert_eq!(default_base_url("anthropic"), None);
}
