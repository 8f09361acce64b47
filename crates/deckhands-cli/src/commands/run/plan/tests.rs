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

#[test]
fn a_cap_and_the_price_of_the_model_are_shown() {
    let priced = (Key::Model, "openrouter/no/price");
    let (document, text) = shown(&[priced]);
    assert_eq!(
        (&document["max_cost_usd"], &document["price"]),
        (&Value::Null, &Value::Null)
    );
    assert!(text.ends_with("cost: not bounded by money; by work time and iterations\n"));
    let caps = [
        priced,
        (Key::MaxCost, "1.50"),
        (Key::MaxDayCost, "20"),
        (Key::UnknownPrice, "0.15"),
    ];
    let (document, text) = shown(&caps);
    assert_eq!(document["max_cost_usd"], 1.5);
    let price = json!({
        "usd_per_mtok_input": 0.15, "usd_per_mtok_output": 0.15, "from": "money.unknown_price",
    });
    assert_eq!(document["price"], price);
    assert!(
        text.ends_with("cost: at most $1.50, and $20.00 for everything on a day\n"),
        "{text}"
    );
    let (document, _) = shown(&[(Key::MaxCost, "1")]);
    assert_eq!(document["price"]["from"], "free by its name");
}

#[test]
fn a_cap_that_cannot_be_held_is_a_usage_error() {
    let dir = TempDir::new().unwrap();
    let refused = |given: &[(Key, &str)]| {
        let error = check_provider(&asked(&dir, given).1).unwrap_err();
        let error = CliError::from(error).0;
        assert_eq!(error.code, exit_code::USAGE);
        format!("{} {}", error.message, error.hint.unwrap())
    };
    let (unpriced, cap) = ((Key::Model, "openrouter/no/price"), (Key::MaxCost, "1"));
    let told = refused(&[unpriced, cap]);
    assert!(
        told.contains("`openrouter/no/price`") && told.contains("money.unknown_price"),
        "{told}"
    );
    refused(&[unpriced, (Key::MaxDayCost, "1")]);
    let direct = [(Key::Profile, "socket"), (Key::ModelWay, "direct")];
    assert_eq!(check_provider(&asked(&dir, &direct).1), Ok(()));
    let told = refused(&[direct[0], direct[1], cap]);
    assert!(told.contains("model.way"), "{told}");
    assert_eq!(
        check_provider(&asked(&dir, &[unpriced]).1),
        Ok(()),
        "nothing is promised"
    );
    let assumed = [unpriced, cap, (Key::UnknownPrice, "15")];
    assert_eq!(check_provider(&asked(&dir, &assumed).1), Ok(()));
}
