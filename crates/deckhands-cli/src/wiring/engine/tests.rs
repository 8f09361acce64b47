//! From settings to the engine's own, and which models share a key.

use deckhands_config::{Flags, Sources, load};

use super::*;

fn settings(set: &[(Key, &str)]) -> Settings {
    let mut flags = Flags::new();
    for (key, value) in set {
        flags = flags.with(*key, "--x", *value);
    }
    let sources = Sources {
        cwd: "/".into(),
        state_dir: Some("/tmp/state".into()),
        flags,
        ..Sources::default()
    };
    load(&sources).unwrap()
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

#[test]
fn a_fallback_of_another_provider_needs_one_address_for_all() {
    let other = (Key::FallbackModels, "openrouter/a/b,openai/gpt-4o");
    let error = check_fallbacks(&settings(&[other])).unwrap_err().0;
    assert!(error.message.contains("`openai/gpt-4o`"), "{error:?}");
    let address = (Key::BaseUrl, "https://llm.example/v1");
    assert!(check_fallbacks(&settings(&[other, address])).is_ok());
    let same = (Key::FallbackModels, "openrouter/a/b");
    assert!(check_fallbacks(&settings(&[same])).is_ok());
    assert!(check_fallbacks(&settings(&[])).is_ok());
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
