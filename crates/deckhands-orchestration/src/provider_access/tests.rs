//! A key goes to its own provider, or with everything to the one address.

use super::*;

fn model(id: &str) -> ModelId {
    ModelId::resolve(id).unwrap()
}

fn exposed(access: &ProviderAccess, id: &str) -> (Option<String>, Option<String>) {
    let (url, key) = access.of(&model(id)).unwrap();
    (url, key.map(|key| key.expose().to_owned()))
}

#[test]
fn each_provider_gets_its_own_key_and_no_other() {
    let keys = [
        ("openai", "sk-of-openai"),
        ("openrouter", "sk-of-openrouter"),
    ];
    let keys = keys.map(|(provider, key)| (provider.to_owned(), ApiKey::new(key)));
    let access = ProviderAccess::OwnAddresses(keys.into());
    for (id, key) in [
        ("openai/gpt-4o", "sk-of-openai"),
        ("openrouter/openai/gpt-4o", "sk-of-openrouter"),
    ] {
        assert_eq!(exposed(&access, id), (None, Some(key.to_owned())), "{id}");
    }
    let refused = access.of(&model("anthropic/claude")).unwrap_err();
    assert_eq!(refused.provider, "anthropic");
    let told = refused.to_string();
    assert!(told.contains("`anthropic/claude`"), "{told}");
    let shown = format!("{access:?}");
    assert!(!shown.contains("sk-of"), "{shown}");
}

#[test]
fn one_address_gets_every_call_with_its_key() {
    let access = ProviderAccess::OneAddress {
        base_url: "https://llm.example/v1".to_owned(),
        api_key: Some(ApiKey::new("sk-of-all")),
    };
    let all = (
        Some("https://llm.example/v1".to_owned()),
        Some("sk-of-all".to_owned()),
    );
    for id in ["openai/gpt-4o", "anthropic/claude"] {
        assert_eq!(exposed(&access, id), all, "{id}");
    }
}

#[test]
fn a_server_of_one_s_own_needs_no_key_and_gets_one_that_is_there() {
    let none = ProviderAccess::OwnAddresses(BTreeMap::new());
    for id in ["ollama/qwen3", "vllm/m", "litellm/m"] {
        assert_eq!(exposed(&none, id), (None, None), "{id}");
    }
    let keys = [("hosted_vllm".to_owned(), ApiKey::new("sk-own-server"))];
    let access = ProviderAccess::OwnAddresses(keys.into());
    let key = Some("sk-own-server".to_owned());
    assert_eq!(exposed(&access, "vllm/m"), (None, key));
}

#[test]
fn a_route_of_a_name_is_not_taken_for_the_usual_one() {
    let keys = [("openrouter".to_owned(), ApiKey::new("sk-own"))];
    let one = ProviderAccess::OneAddress {
        base_url: "https://llm.example/v1".to_owned(),
        api_key: None,
    };
    for access in [ProviderAccess::OwnAddresses(keys.into()), one] {
        let refused = access.of(&model("openrouter/a/b~work")).unwrap_err();
        let told = refused.to_string();
        assert_eq!(
            told,
            "there is no route `work` to `openrouter/a/b` with its key here"
        );
    }
}
