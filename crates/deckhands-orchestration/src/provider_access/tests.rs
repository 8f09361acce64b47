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
