//! The plan of a command line, and as a text.

use std::ffi::OsString;

use deckhands_config::{Flags, Key, Sources, load};
use deckhands_model::TaskText;
use deckhands_orchestration::{Policy, check_provider};
use tempfile::TempDir;

use super::*;
use crate::wiring;

const KEY: &str = "sk-canary-0123456789abcdef";

/// The request of a command line with these settings, and the settings.
fn asked(dir: &TempDir, given: &[(Key, &str)]) -> (Settings, TaskRequest) {
    let flags = given.iter().fold(Flags::new(), |flags, (key, value)| {
        flags.with(*key, "--flag", *value)
    });
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        env: ["OPENROUTER_API_KEY", "OPENAI_API_KEY"]
            .map(|name| (OsString::from(name), OsString::from(KEY)))
            .into(),
        flags,
        ..Sources::default()
    });
    let settings = settings.unwrap();
    let text = TaskText::try_new("do it").unwrap();
    let request = wiring::request(&settings, text, Policy::default());
    (settings, request)
}

/// The document of a plan and the text that people see, without the key in either.
fn shown(given: &[(Key, &str)]) -> (Value, String) {
    let dir = TempDir::new().unwrap();
    let (settings, request) = asked(&dir, given);
    assert!(request.api_key.is_some(), "there is something to hide");
    let plan = plan(&OpenHandsHeadless, &request, &settings.home.value).unwrap();
    let document = document(&settings, &request, &plan);
    let text = text(&document);
    assert!(!text.contains(KEY) && !document.to_string().contains(KEY));
    (document, text)
}

#[test]
fn profile_managed_shows_both_containers_without_their_keys() {
    let rows = [("llm", "none"), ("open", "a network of its own")];
    for (network, app) in rows {
        let given = [(Key::Profile, "managed"), (Key::Network, network)];
        let (document, text) = shown(&given);
        assert_eq!(document["profile"], "managed");
        assert_eq!(document["network"], network);
        assert_eq!(document["app"]["network"], app);
        assert_eq!(document["sandbox"]["network"], "that of the app");
        let keys = [
            ("app", "LLM_API_KEY"),
            ("app", "SANDBOX_API_KEY"),
            ("sandbox", "SESSION_API_KEY"),
        ];
        for (container, name) in keys {
            assert_eq!(document[container]["environment"][name], "***", "{name}");
            assert!(text.contains(&format!("{name}: ***\n")), "{text}");
        }
        let mounts = document["sandbox"]["mounts"].as_array().unwrap();
        let targets: Vec<_> = mounts.iter().map(|m| &m["target"]).collect();
        assert_eq!(targets, ["/workspace", "/deckhands/launcher/sandbox.py"]);
        assert_eq!(document["limits"]["disk"], "5g");
        assert!(!document.to_string().contains("docker.sock"));
    }
}

#[test]
fn profile_socket_shows_the_one_container_that_we_make() {
    let (document, _) = shown(&[(Key::Profile, "socket"), (Key::Network, "open")]);
    assert_eq!(document["sandbox"], Value::Null);
    assert_eq!(document["app"]["environment"]["LLM_API_KEY"], "***");
    assert_eq!(document["limits"]["disk"], Value::Null, "nothing holds it");
}

#[test]
fn a_provider_that_cannot_be_relayed_is_a_usage_error_with_a_way_out() {
    let dir = TempDir::new().unwrap();
    let model = (Key::Model, "bedrock/claude");
    let (_, request) = asked(&dir, &[model, (Key::Profile, "managed")]);
    let error = CliError::from(check_provider(&request).unwrap_err()).0;
    assert_eq!(error.code, exit_code::USAGE);
    assert!(error.message.contains("`bedrock`"), "{}", error.message);
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("openrouter/") && hint.contains("DECKHANDS_MODEL_WAY=direct"),
        "{hint}"
    );
    let socket = [model, (Key::Profile, "socket"), (Key::Network, "open")];
    assert!(check_provider(&asked(&dir, &socket).1).is_err());
    let direct = [socket.as_slice(), &[(Key::ModelWay, "direct")]].concat();
    assert_eq!(check_provider(&asked(&dir, &direct).1), Ok(()));
}

#[test]
fn a_document_becomes_indented_lines() {
    let document = json!({
        "route": {"key": "set", "model": "openai/m"},
        "checks": ["make", "true"],
        "max_cost_usd": null,
    });
    let shown = text(&document);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines[0], "nothing is done; this is the plan:");
    for line in [
        "  route:",
        "    key: set",
        "    model: openai/m",
        "  checks: make true",
        "  max_cost_usd: null",
    ] {
        assert!(lines.contains(&line), "`{line}` is missing:\n{shown}");
    }
    assert!(
        lines
            .last()
            .is_some_and(|line| line.starts_with("cost: not bounded by money"))
    );
}
