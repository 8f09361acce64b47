//! From settings to the engine's own, and which models share a key.

use deckhands_config::{Flags, Sources, load};

use super::*;

fn settings(set: &[(Key, &str)]) -> Settings {
    with_keys(set, &[])
}

#[test]
fn every_setting_reaches_the_engine() {
    let engine = engine_settings(&settings(&[
        (Key::Workers, "9"),
        (Key::Grace, "7s"),
        (Key::Attempts, "2"),
        (Key::TaskTime, "2h"),
        (Key::TaskWork, "1h"),
        (Key::FallbackModels, "openrouter/a/b"),
    ]));
    assert_eq!((engine.workers, engine.grace), (9, Duration::from_secs(7)));
    let budget = engine.policies.budget;
    assert_eq!(budget.attempts, 2);
    assert_eq!(budget.wall, Duration::from_secs(7200));
    assert_eq!(budget.work, Duration::from_secs(3600));
    assert_eq!(engine.fallback_models, ["openrouter/a/b"]);
}

#[test]
fn the_defaults_are_those_of_the_engine() {
    assert_eq!(engine_settings(&settings(&[])), EngineSettings::default());
}

/// The same with these variables in the environment.
fn with_keys(set: &[(Key, &str)], keys: &[(&str, &str)]) -> Settings {
    let mut flags = Flags::new();
    for (key, value) in set {
        flags = flags.with(*key, "--x", *value);
    }
    let keys = keys.iter();
    let sources = Sources {
        cwd: "/".into(),
        state_dir: Some("/tmp/state".into()),
        flags,
        env: keys
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        ..Sources::default()
    };
    load(&sources).unwrap()
}

#[test]
fn a_fallback_needs_a_key_of_its_provider_or_one_address_for_all() {
    let own = ("DECKHANDS_API_KEY", "sk-own");
    let other = (Key::FallbackModels, "openrouter/a/b,openai/gpt-4o");
    let error = check_fallbacks(&with_keys(&[other], &[own])).unwrap_err().0;
    assert!(error.message.contains("`openai/gpt-4o`"), "{error:?}");
    let hint = error.hint.unwrap_or_default();
    assert!(hint.contains("OPENAI_API_KEY"), "{hint}");
    let both = [own, ("OPENAI_API_KEY", "sk-openai")];
    assert!(check_fallbacks(&with_keys(&[other], &both)).is_ok());
    let address = (Key::BaseUrl, "https://llm.example/v1");
    assert!(check_fallbacks(&with_keys(&[other, address], &[own])).is_ok());
    let same = (Key::FallbackModels, "openrouter/a/b");
    assert!(check_fallbacks(&with_keys(&[same], &[own])).is_ok());
    assert!(check_fallbacks(&with_keys(&[], &[own])).is_ok());
}

#[test]
fn a_named_key_goes_to_the_provider_of_the_own_model_and_nowhere_else() {
    let settings = with_keys(
        &[],
        &[
            ("DECKHANDS_API_KEY", "sk-own"),
            ("OPENAI_API_KEY", "sk-openai"),
        ],
    );
    let of = |id: &str| {
        let (url, key) = providers(&settings).of(&ModelId::resolve(id).unwrap())?;
        assert_eq!(url, None);
        Ok::<_, deckhands_orchestration::NoKey>(key.map(|key| key.expose().to_owned()))
    };
    assert_eq!(of("openrouter/a/b").unwrap().as_deref(), Some("sk-own"));
    assert_eq!(of("openai/gpt-4o").unwrap().as_deref(), Some("sk-openai"));
    assert_eq!(of("anthropic/claude").unwrap_err().provider, "anthropic");
}

#[test]
fn a_pool_goes_before_the_fallbacks_and_takes_its_keys_along() {
    let dir = tempfile::TempDir::new().unwrap();
    let file = "model.routes = 'night'\n[engine]\nfallback_models = ['ollama/q', 'groq/m', 'openrouter/x/y']\n\
        [[routes.night]]\nmodel = 'openrouter/a/b'\n\
        [[routes.night]]\nmodel = 'openrouter/a/b'\nname = 'work'\napi_key_env = 'WORK_KEY'\ntools = 'native'\n\
        [[routes.night]]\nmodel = 'ollama/q'\nbase_url = 'http://gpu.example:11434/v1'\n\
        [[routes.night]]\nmodel = 'openai/gone'\n";
    std::fs::write(dir.path().join("config.toml"), file).unwrap();
    let sources = Sources {
        cwd: dir.path().to_owned(),
        user_config_dir: Some(dir.path().to_owned()),
        state_dir: Some(dir.path().join("state")),
        env: [("OPENROUTER_API_KEY", "sk-own"), ("WORK_KEY", "sk-work")]
            .map(|(name, key)| (name.into(), key.into()))
            .into(),
        ..Sources::default()
    };
    let settings = load(&sources).unwrap();
    let ids = [
        "openrouter/a/b",
        "openrouter/a/b~work",
        "ollama/q",
        "groq/m",
        "openrouter/x/y",
    ];
    assert_eq!(engine_settings(&settings).fallback_models, ids);
    let others = other_models(&settings).into_iter().map(|other| {
        let key = other.api_key.map(|key| key.expose().to_owned());
        (
            other.model.to_string(),
            other.base_url,
            key,
            other.native_tools,
        )
    });
    let key = |key: &str| Some(key.to_owned());
    let expected = [
        ("openrouter/a/b~work", None, key("sk-work"), Some(true)),
        ("ollama/q", Some("http://gpu.example:11434/v1"), None, None),
        ("openrouter/x/y", None, key("sk-own"), None),
    ];
    let expected =
        expected.map(|(id, url, key, tools)| (id.to_owned(), url.map(str::to_owned), key, tools));
    assert_eq!(others.collect::<Vec<_>>(), expected);
    for (id, there) in [("openrouter/a/b~work", true), ("openai/gone", false)] {
        let model = ModelId::resolve(id).unwrap();
        assert_eq!(require_key_for(&settings, &model).is_ok(), there, "{id}");
    }
}

#[test]
fn times_have_units_or_are_seconds() {
    for (text, seconds) in [("0", 0), ("90", 90), ("90s", 90), ("1h", 3600)] {
        assert_eq!(
            time("--x", text).unwrap(),
            Duration::from_secs(seconds),
            "{text}"
        );
    }
    for text in ["", "-1", "soon", "1.5"] {
        let error = time("--x", text).unwrap_err().0;
        assert!(error.message.contains("`--x`"), "{text}");
    }
}
