//! Short names, full ids, and what is refused with which suggestion.

use super::*;

#[test]
fn every_short_name_stands_for_a_full_id() {
    let rows = [
        ("deepseek-v3", "openrouter/deepseek/deepseek-chat-v3.1:free"),
        (
            "mistral-small",
            "openrouter/mistralai/mistral-small-3.2-24b-instruct:free",
        ),
        (
            "gemini-flash",
            "openrouter/google/gemini-2.0-flash-exp:free",
        ),
        ("llama-scout", "openrouter/meta-llama/llama-4-scout:free"),
        (
            "deepseek-r1",
            "openrouter/deepseek/deepseek-r1-0528-qwen3-8b:free",
        ),
    ];
    for (name, id) in rows {
        let model = ModelId::resolve(name).unwrap();
        assert_eq!(model.as_str(), id);
        assert_eq!(model.provider(), "openrouter");
        assert_eq!(ModelId::resolve(id), Ok(model), "an id resolves to itself");
    }
    assert_eq!(ALIASES.len(), rows.len());
}

#[test]
fn a_known_provider_in_front_is_enough() {
    let rows = [
        ("openai/gpt-4o", "openai"),
        ("deepseek/deepseek-chat", "deepseek"),
        ("anthropic/claude-sonnet", "anthropic"),
        ("openrouter/any/thing:free", "openrouter"),
        ("litellm_proxy/team/model", "litellm_proxy"),
        ("  ollama/qwen3 \n", "ollama"),
    ];
    for (text, provider) in rows {
        let model = ModelId::resolve(text).unwrap();
        assert_eq!(model.as_str(), text.trim());
        assert_eq!(model.provider(), provider);
        assert_eq!(model.to_string(), text.trim());
    }
}

#[test]
fn an_id_without_provider_is_refused_with_what_is_probably_meant() {
    let deepseek = "openrouter/deepseek/deepseek-chat-v3.1:free";
    let rows = [
        (
            "mistralai/mistral-small-3.2-24b-instruct:free",
            Some("openrouter/mistralai/mistral-small-3.2-24b-instruct:free"),
        ),
        ("deepseek-chat-v3.1:free", Some(deepseek)),
        ("DeepSeek-V3", Some(deepseek)),
        (
            "qwen/qwen3-coder:free",
            Some("openrouter/qwen/qwen3-coder:free"),
        ),
        ("gpt-4o", None),
        ("openai", None),
    ];
    for (text, suggestion) in rows {
        assert_eq!(
            ModelId::resolve(text),
            Err(ModelIdError::NoProvider {
                id: text.to_owned(),
                suggestion: suggestion.map(str::to_owned),
            })
        );
    }
}

#[test]
fn a_suggestion_can_be_used_as_it_stands() {
    for text in [
        "qwen/qwen3-coder",
        "DEEPSEEK-R1",
        "llama-4-scout:free",
        "google/gemini-2.0-flash-exp:free",
    ] {
        let Err(ModelIdError::NoProvider {
            suggestion: Some(better),
            ..
        }) = ModelId::resolve(text)
        else {
            panic!("{text}");
        };
        assert_eq!(
            ModelId::resolve(&better).map(|m| m.as_str().to_owned()),
            Ok(better)
        );
    }
}

#[test]
fn nonsense_is_refused_for_what_it_is() {
    let bad = |id: &str| ModelIdError::BadCharacter { id: id.to_owned() };
    let rows = [
        ("", ModelIdError::Empty),
        (" \t ", ModelIdError::Empty),
        ("openai/gpt 4o", bad("openai/gpt 4o")),
        ("openai/\u{1b}[31m", bad("openai/\u{1b}[31m")),
        ("a\nb", bad("a\nb")),
        (
            "openai/",
            ModelIdError::NoModel {
                id: "openai/".to_owned(),
            },
        ),
    ];
    for (text, error) in rows {
        assert_eq!(ModelId::resolve(text), Err(error), "{text:?}");
    }
}

#[test]
fn json_is_checked_like_every_other_way_in() {
    let model: ModelId = serde_json::from_str("\"gemini-flash\"").unwrap();
    assert_eq!(
        serde_json::to_string(&model).unwrap(),
        "\"openrouter/google/gemini-2.0-flash-exp:free\""
    );
    assert!(serde_json::from_str::<ModelId>("\"gpt-4o\"").is_err());
}

#[test]
fn short_names_of_providers_stand_for_those_that_the_library_knows() {
    for (text, id) in [
        ("vllm/qwen3-coder", "hosted_vllm/qwen3-coder"),
        ("litellm/team/model", "litellm_proxy/team/model"),
    ] {
        assert_eq!(ModelId::resolve(text).unwrap().as_str(), id);
    }
    let none = Err(ModelIdError::NoModel {
        id: "hosted_vllm/".to_owned(),
    });
    assert_eq!(ModelId::resolve("vllm/"), none);
}

#[test]
fn a_route_s_name_is_no_part_of_the_model() {
    // An id, its model, the provider's own id and the route's name.
    let rows = [
        ("openrouter/a/b~work", "openrouter/a/b", "a/b", Some("work")),
        (
            "openrouter/a/b:free~w-2",
            "openrouter/a/b:free",
            "a/b:free",
            Some("w-2"),
        ),
        ("openai/m", "openai/m", "m", None),
        ("openrouter/~a/b", "openrouter/~a/b", "~a/b", None),
        ("openrouter/~latest", "openrouter/~latest", "~latest", None),
        ("openai/m~", "openai/m~", "m~", None),
        ("openai/m~Work", "openai/m~Work", "m~Work", None),
        ("openai/a~b~c", "openai/a~b", "a~b", Some("c")),
    ];
    for (text, model, own, name) in rows {
        let id = ModelId::resolve(text).unwrap();
        assert_eq!(id.as_str(), text);
        assert_eq!(
            (id.model(), id.own_id(), id.route_name()),
            (model, own, name),
            "{text}"
        );
        let plain = ModelId::resolve(model).unwrap();
        if let Some(name) = name.filter(|_| plain.route_name().is_none()) {
            assert_eq!(plain.by_route(name), Ok(id), "{text}");
        }
    }
}

#[test]
fn a_name_that_no_id_could_hold_names_no_route() {
    let model = ModelId::resolve("openai/m").unwrap();
    for name in ["", "Work", "a b", "a/b", "a~b", &"a".repeat(33)] {
        let name = name.to_owned();
        assert_eq!(
            model.by_route(&name),
            Err(ModelIdError::BadRouteName { name })
        );
    }
}

#[test]
fn servers_of_one_s_own_want_no_key() {
    for (text, own) in [
        ("ollama/qwen3", true),
        ("ollama_chat/qwen3", true),
        ("vllm/m", true),
        ("litellm/m", true),
        ("openai/m", false),
        ("openrouter/a/b", false),
    ] {
        assert_eq!(
            ModelId::resolve(text).unwrap().is_self_hosted(),
            own,
            "{text}"
        );
    }
}
