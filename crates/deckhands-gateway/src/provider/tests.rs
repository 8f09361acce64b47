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
        ("vllm/org/model~work", Some("org/model")),
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
        assert_eq!(default_base_url(provider), Some(*url));
        assert!(url.starts_with("http") && !url.ends_with('/'), "{provider}");
    }
    assert_eq!(default_base_url("anthropic"), None);
}

#[test]
fn a_server_of_one_s_own_is_at_a_loopback_address() {
    let rows = [
        ("ollama/qwen3", None, true),
        ("ollama_chat/qwen3", None, true),
        ("vllm/qwen3", None, true),
        ("vllm/qwen3", Some("http://127.0.0.1:9000/v1"), true),
        ("vllm/qwen3", Some("http://[::1]:9000/v1"), true),
        ("vllm/qwen3", Some("http://host.docker.internal:9000"), true),
        ("vllm/qwen3", Some("http://gpu.example:8000/v1"), false),
        ("vllm/qwen3", Some("http://localhost.example/v1"), false),
        ("ollama/qwen3", Some("https://ollama.example/v1"), false),
        ("ollama/qwen3", Some("http://10.0.0.7:11434"), false),
        ("ollama/qwen3", Some("no address"), false),
        // It may pass calls on to anybody.
        ("litellm/gpt-4o", None, false),
        ("openai/gpt-4o", Some("http://127.0.0.1:8080/v1"), false),
    ];
    for (id, base_url, here) in rows {
        let model = ModelId::resolve(id).unwrap();
        assert_eq!(runs_here(&model, base_url), here, "{id} {base_url:?}");
    }
}
