//! What must not be written anywhere.

use super::*;

#[test]
fn the_keys_of_all_models_are_secrets() {
    let other = |id: &str, key: Option<&str>| OtherModel {
        model: ModelId::resolve(id).unwrap(),
        base_url: None,
        api_key: key.map(ApiKey::new),
        native_tools: None,
    };
    let request = TaskRequest {
        api_key: Some(ApiKey::new("sk-own")),
        other_models: vec![other("groq/a", Some("sk-other")), other("ollama/b", None)],
        ..test_request("/nowhere".into())
    };
    assert_eq!(request.secrets(), ["sk-own", "sk-other"]);
}
