//! Every kind of value at and beyond its bounds.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::origin::Trust;
use crate::shown::Shown;

/// Parses a text for a key and shows the result, `None` when it is refused.
fn check<T: Shown>(parse: Parse<T>, key: Key, text: &str) -> Option<String> {
    let layer = Layer::new(Trust::Trusted, Path::new("/base").to_owned());
    parse(key, &RawValue::Text(text.to_owned()), &layer)
        .ok()
        .map(|value| value.shown())
}

#[test]
fn booleans() {
    for (texts, expected) in [
        ("true TRUE 1 yes Yes on ON", Some("true")),
        ("false False 0 no NO off", Some("false")),
        ("2 y t enabled nein - truefalse", None),
    ] {
        for text in texts.split(' ') {
            let got = check(boolean, Key::CircuitBreaker, text);
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }
    assert_eq!(check(boolean, Key::CircuitBreaker, ""), None);
}

#[test]
fn times() {
    for (text, expected) in [
        ("10", Some("10s")),
        ("10.0", Some("10s")),
        ("3600", Some("3600s")),
        ("90s", Some("90s")),
        ("5m", Some("300s")),
        ("1m 30s", Some("90s")),
        ("1h", Some("3600s")),
        ("12500ms", Some("12500ms")),
        ("9", None),
        ("9.999", None),
        ("3601", None),
        ("3600.001", None),
        ("2h", None),
        ("-10", None),
        ("", None),
        ("abc", None),
        ("1e2", None),
        ("inf", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(
            check(duration, Key::Work, text).as_deref(),
            expected,
            "{text}"
        );
        assert_eq!(
            check(duration, Key::Pull, text).as_deref(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn counts_sizes_and_processors() {
    for (text, expected) in [
        ("1", Some("1")),
        ("10000", Some("10000")),
        ("0", None),
        ("10001", None),
        ("1.5", None),
    ] {
        assert_eq!(
            check(count, Key::Iterations, text).as_deref(),
            expected,
            "{text}"
        );
    }
    for (text, expected) in [
        ("256m", Some("256m")),
        ("4g", Some("4g")),
        ("4294967296", Some("4g")),
        ("4t", Some("4t")),
        ("255m", None),
        ("5t", None),
        ("4 gigs", None),
    ] {
        assert_eq!(
            check(size, Key::Memory, text).as_deref(),
            expected,
            "{text}"
        );
    }
    for (text, expected) in [
        ("2", Some("2")),
        ("1.5", Some("1.5")),
        ("0.1", Some("0.1")),
        ("0.125", Some("0.125")),
        ("1024", Some("1024")),
        ("0.09", None),
        ("0", None),
        ("1024.1", None),
        ("0.1234", None),
        ("two", None),
        (".5", None),
        ("2.", None),
        ("-1", None),
    ] {
        assert_eq!(check(cpus, Key::Cpus, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn money_is_exact() {
    for (text, expected) in [
        ("1", Some("$1.00")),
        ("$2", Some("$2.00")),
        ("0.50", Some("$0.50")),
        ("0", Some("$0.00")),
        ("0.000000001", Some("$0.000000001")),
        ("0.0000000001", None),
        ("-1", None),
        ("1e2", None),
        ("1,50", None),
        ("1 USD", None),
        ("", None),
    ] {
        assert_eq!(
            check(money, Key::MaxCost, text).as_deref(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn names_paths_and_commands() {
    for (text, expected) in [
        ("MY_KEY_2", Some("MY_KEY_2")),
        ("_K", Some("_K")),
        ("my_key", None),
        ("2K", None),
        ("sk-or-v1-00", None),
    ] {
        assert_eq!(
            check(variable_name, Key::ApiKeyEnv, text).as_deref(),
            expected,
            "{text}"
        );
    }
    for (text, expected) in [
        ("a", Some("/base/a")),
        ("/a", Some("/a")),
        ("~/a", None),
        ("~", None),
        ("a\0", None),
        (" ", None),
    ] {
        assert_eq!(check(path, Key::Home, text).as_deref(), expected, "{text}");
    }
    for (text, expected) in [
        ("make test", Some("make test")),
        ("", None),
        ("  ", None),
        ("a\0b", None),
    ] {
        assert_eq!(
            check(commands, Key::Checks, text).as_deref(),
            expected,
            "{text:?}"
        );
    }
    for (text, expected) in [
        ("unix:///run/docker.sock", true),
        ("tcp://127.0.0.1:2375", true),
        ("127.0.0.1:2375", false),
        ("://x", false),
    ] {
        assert_eq!(
            check(docker_host, Key::DockerHost, text).is_some(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_model_without_provider_is_refused_with_what_is_meant() {
    let layer = Layer::new(Trust::Trusted, PathBuf::new());
    let raw = RawValue::Text("meta-llama/llama-4-scout:free".to_owned());
    let refusal = model(Key::Model, &raw, &layer).unwrap_err();
    let expected = "did you mean `openrouter/meta-llama/llama-4-scout:free`?";
    assert_eq!(refusal.hint.as_deref(), Some(expected));
}

#[test]
fn a_list_is_no_single_value() {
    let layer = Layer::new(Trust::Trusted, PathBuf::new());
    let list = RawValue::List(vec!["1".to_owned()]);
    assert!(count(Key::Iterations, &list, &layer).is_err());
    assert!(boolean(Key::IncludeIgnored, &list, &layer).is_err());
    assert!(commands(Key::Checks, &list, &layer).is_ok());
}

proptest! {
    #[test]
    fn thousandths_are_exact(whole in 0_u64..1_000_000, part in 0_u64..1000) {
        prop_assert_eq!(thousandths(&format!("{whole}.{part:03}")), Some(whole * 1000 + part));
        prop_assert_eq!(thousandths(&whole.to_string()), Some(whole * 1000));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in ".*") {
        for entry in Key::all() {
            check(duration, entry.key, &text);
            check(size, entry.key, &text);
            check(cpus, entry.key, &text);
            check(word, entry.key, &text);
            check(base_url, entry.key, &text);
        }
    }
}

#[test]
fn lists_of_models() {
    let (a, b) = ("openrouter/a/b", "openai/gpt-4o");
    let both = format!("{a}, {b}");
    let many = |n: usize| -> String { (0..n).map(|i| format!("openai/m{i},")).collect() };
    for (text, expected) in [
        (both.as_str(), Some(both.as_str())),
        (" openai/gpt-4o ,, ", Some(b)),
        ("", Some("(none)")),
        (",", Some("(none)")),
        ("openai/gpt-4o,openai/gpt-4o", None),
        ("openai/gpt-4o,nonsense", None),
    ] {
        let got = check(models, Key::FallbackModels, text);
        assert_eq!(got.as_deref(), expected, "{text}");
    }
    assert!(check(models, Key::FallbackModels, &many(MOST_MODELS)).is_some());
    assert!(check(models, Key::FallbackModels, &many(MOST_MODELS + 1)).is_none());
}

#[test]
fn a_list_of_models_is_taken_as_a_list() {
    let layer = Layer::new(Trust::Trusted, Path::new("/base").to_owned());
    let list = |texts: &[&str]| RawValue::List(texts.iter().map(ToString::to_string).collect());
    let parsed = models(
        Key::FallbackModels,
        &list(&["openai/a", "openai/b"]),
        &layer,
    )
    .unwrap();
    assert_eq!(parsed.shown(), "openai/a, openai/b");
    let refused = models(Key::FallbackModels, &list(&["deepseek-chat-v3.1"]), &layer).unwrap_err();
    assert!(!refused.hidden);
}
