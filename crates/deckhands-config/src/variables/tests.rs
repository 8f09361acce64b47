//! Variables of the environment and of `.env`, and which of them wins.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::tests::{Fixture, row};
use crate::{Key, Origin};

/// The value of `key` with these variables in the environment.
fn check(key: Key, variables: &[(&str, &str)]) -> Result<String, String> {
    let fixture = variables
        .iter()
        .fold(Fixture::new(), |f, (name, value)| f.env(name, value));
    match fixture.load() {
        Ok(settings) => Ok(row(&settings, key).0),
        Err(_) => Err(fixture.refusal()),
    }
}

const CUSTOM: &str = "openrouter/google/gemma";

/// A key, a variable with a value, and the value as shown.
const VALUES: [(Key, &str, &str, &str); 34] = [
    (
        Key::Model,
        "OPENHANDS_MODEL",
        "gemini-flash",
        "openrouter/google/gemini-2.0-flash-exp:free",
    ),
    (Key::Model, "OPENHANDS_CUSTOM_MODEL_ID", CUSTOM, CUSTOM),
    (Key::Model, "DECKHANDS_MODEL", CUSTOM, CUSTOM),
    (
        Key::BaseUrl,
        "OPENHANDS_BASE_URL",
        "https://a.example/v1/",
        "https://a.example/v1",
    ),
    (
        Key::BaseUrl,
        "DECKHANDS_BASE_URL",
        "http://localhost:1",
        "http://localhost:1",
    ),
    (
        Key::Workspace,
        "OPENHANDS_WORKSPACE",
        "/nowhere/a",
        "/nowhere/a",
    ),
    (
        Key::Workspace,
        "DECKHANDS_WORKSPACE",
        "/nowhere/a",
        "/nowhere/a",
    ),
    (
        Key::WorkspaceRoot,
        "OPENHANDS_WORKSPACE_ROOT",
        "/nowhere/b",
        "/nowhere/b",
    ),
    (
        Key::Workspace,
        "OPENHANDS_WORKSPACE_ROOT",
        "/nowhere/b",
        "/nowhere/b",
    ),
    (Key::Work, "OPENHANDS_TIMEOUT", "10", "10s"),
    (Key::Work, "DECKHANDS_TIMEOUT", "90s", "90s"),
    (Key::Pull, "OPENHANDS_DOCKER_TIMEOUT", "3600", "3600s"),
    (Key::Pull, "DECKHANDS_PULL_TIMEOUT", "11m", "660s"),
    (Key::Idle, "DECKHANDS_IDLE_TIMEOUT", "20", "20s"),
    (Key::Start, "DECKHANDS_START_TIMEOUT", "20", "20s"),
    (Key::CheckTime, "DECKHANDS_CHECK_TIMEOUT", "20", "20s"),
    (Key::AppImage, "OPENHANDS_DOCKER_IMAGE", "a/b", "a/b:latest"),
    (Key::AppImage, "DECKHANDS_APP_IMAGE", "a/b:1", "a/b:1"),
    (
        Key::SandboxImage,
        "OPENHANDS_DOCKER_RUNTIME_IMAGE",
        "a/b:2",
        "a/b:2",
    ),
    (
        Key::SandboxImage,
        "DECKHANDS_SANDBOX_IMAGE",
        "a/b:3",
        "a/b:3",
    ),
    (
        Key::CircuitBreaker,
        "OPENHANDS_ENABLE_CIRCUIT_BREAKER",
        "Off",
        "false",
    ),
    (Key::Iterations, "DECKHANDS_MAX_ITERATIONS", "5", "5"),
    (Key::QueueSize, "DECKHANDS_QUEUE_MAX_SIZE", "7", "7"),
    (Key::QueueKeep, "DECKHANDS_QUEUE_KEEP", "2d", "172800s"),
    (Key::Memory, "DECKHANDS_MEMORY", "1g", "1g"),
    (Key::Cpus, "DECKHANDS_CPUS", "0.5", "0.5"),
    (Key::Profile, "DECKHANDS_PROFILE", "Socket", "socket"),
    (Key::Home, "DECKHANDS_HOME", "/nowhere/h", "/nowhere/h"),
    (Key::NumRetries, "DECKHANDS_LLM_NUM_RETRIES", "6", "6"),
    (Key::DockerHost, "DOCKER_HOST", "tcp://h:1", "tcp://h:1"),
    (Key::DockerContext, "DOCKER_CONTEXT", "other", "other"),
    (
        Key::DockerConfig,
        "DOCKER_CONFIG",
        "/nowhere/d",
        "/nowhere/d",
    ),
    (
        Key::Model,
        "OPENHANDS_ENABLE_REAL_AGENT",
        "true",
        "openrouter/deepseek/deepseek-chat-v3.1:free",
    ),
    (
        Key::Model,
        "OPENHANDS_USE_DOCKER_RUNTIME",
        "1",
        "openrouter/deepseek/deepseek-chat-v3.1:free",
    ),
];

#[test]
fn every_variable_sets_its_key() {
    for (key, name, value, expected) in VALUES {
        assert_eq!(
            check(key, &[(name, value)]).as_deref(),
            Ok(expected),
            "{name}={value}"
        );
    }
}

#[test]
fn bad_values_name_variable_value_and_what_would_do() {
    let timeout = "expected a time from 10s to 3600s: `90s`, `5m` or a number of seconds";
    let truth = "expected `true` or `false` (also 1/0, yes/no, on/off)";
    for (name, value, expected) in [
        ("OPENHANDS_TIMEOUT", "9", format!("`9` is no value for `deadlines.work` (environment variable `OPENHANDS_TIMEOUT`): {timeout}")),
        ("OPENHANDS_TIMEOUT", "3601", format!("`3601` is no value for `deadlines.work` (environment variable `OPENHANDS_TIMEOUT`): {timeout}")),
        ("OPENHANDS_DOCKER_TIMEOUT", "soon", format!("`soon` is no value for `deadlines.pull` (environment variable `OPENHANDS_DOCKER_TIMEOUT`): {timeout}")),
        ("OPENHANDS_ENABLE_CIRCUIT_BREAKER", "ja", format!("`ja` is no value for `resilience.circuit_breaker` (environment variable `OPENHANDS_ENABLE_CIRCUIT_BREAKER`): {truth}")),
        ("OPENHANDS_ENABLE_REAL_AGENT", "maybe", format!("`maybe` is no value for `run.real_agent` (environment variable `OPENHANDS_ENABLE_REAL_AGENT`): {truth}")),
        ("OPENHANDS_MODEL", "google/gemma", "`google/gemma` is no value for `model.id` (environment variable `OPENHANDS_MODEL`): expected an alias or `provider/model` | did you mean `openrouter/google/gemma`?".to_owned()),
        ("DECKHANDS_PROFILE", "vm", "`vm` is no value for `run.profile` (environment variable `DECKHANDS_PROFILE`): expected one of: managed, socket, single".to_owned()),
        ("DECKHANDS_CPUS", "\u{1b}[2J", "`\\u{1b}[2J` is no value for `limits.cpus` (environment variable `DECKHANDS_CPUS`): expected a number from 0.1 to 1024, at most 3 decimals".to_owned()),
        ("DECKHANDS_TIMOUT", "1", "`DECKHANDS_TIMOUT` is not a setting (environment variable `DECKHANDS_TIMOUT`) | did you mean `DECKHANDS_TIMEOUT`?".to_owned()),
        ("DECKHANDS_XYZZY", "1", "`DECKHANDS_XYZZY` is not a setting (environment variable `DECKHANDS_XYZZY`)".to_owned()),
    ] {
        assert_eq!(check(Key::Model, &[(name, value)]), Err(expected), "{name}={value}");
    }
}

#[test]
fn within_a_layer_ours_wins_then_the_custom_model() {
    let (a, b, c) = ("openrouter/x/a", "openrouter/x/b", "openrouter/x/c");
    let ours = ("DECKHANDS_MODEL", a);
    let custom = ("OPENHANDS_CUSTOM_MODEL_ID", b);
    let alias = ("OPENHANDS_MODEL", c);
    for (variables, expected) in [
        (vec![ours, custom, alias], a),
        (vec![custom, alias], b),
        (vec![alias], c),
        (vec![("DECKHANDS_MODEL", " "), custom, alias], b),
        (
            vec![
                ("DECKHANDS_MODEL", ""),
                ("OPENHANDS_CUSTOM_MODEL_ID", ""),
                alias,
            ],
            c,
        ),
    ] {
        assert_eq!(
            check(Key::Model, &variables).as_deref(),
            Ok(expected),
            "{variables:?}"
        );
    }
}

#[test]
fn a_shadowed_or_misspelt_variable_is_noted() {
    for (variables, expected) in [
        (
            [("DECKHANDS_TIMEOUT", "20"), ("OPENHANDS_TIMEOUT", "30")],
            Some("`OPENHANDS_TIMEOUT` does not count: `DECKHANDS_TIMEOUT` is set, too"),
        ),
        (
            [("OPENHANDS_TIMOUT", "20"), ("HOME", "/h")],
            Some(
                "environment variable `OPENHANDS_TIMOUT` is no setting; did you mean `OPENHANDS_TIMEOUT`?",
            ),
        ),
        (
            [("OPENHANDS_ALLOW_SET_CONVERSATION_ID", "1"), ("OTHER", "1")],
            None,
        ),
    ] {
        let fixture = variables
            .iter()
            .fold(Fixture::new(), |f, (name, value)| f.env(name, value));
        let notes = fixture.settings().notes;
        let found = notes.iter().find(|note| note.contains("OPENHANDS_"));
        assert_eq!(found.map(String::as_str), expected, "{variables:?}");
    }
}

#[test]
fn only_variables_of_ours_must_be_text() {
    let strange = || OsString::from_vec(vec![0xff]);
    let mut fixture = Fixture::new();
    fixture.sources.env.insert("LS_COLORS".into(), strange());
    fixture.sources.env.insert(strange(), "x".into());
    assert!(fixture.load().is_ok());
    fixture
        .sources
        .env
        .insert("DECKHANDS_MEMORY".into(), strange());
    let expected = "the value given is no value for `limits.memory` (environment variable `DECKHANDS_MEMORY`): expected UTF-8 text";
    assert_eq!(fixture.refusal(), expected);
}

#[test]
fn a_dotenv_is_a_layer_below_the_environment() {
    let fixture = Fixture::new().dotenv("OPENHANDS_TIMEOUT=20\nOTHER=$HOME\n");
    let settings = fixture.settings();
    assert_eq!(settings.deadlines.work.as_secs(), 20);
    let origin = Origin::DotEnv {
        path: fixture.path("project/.env"),
        name: "OPENHANDS_TIMEOUT".to_owned(),
    };
    assert_eq!(row(&settings, Key::Work).1, origin.to_string());
    let settings = fixture.env("OPENHANDS_TIMEOUT", "30").settings();
    assert_eq!(settings.deadlines.work.as_secs(), 30);
}

#[test]
fn a_broken_line_matters_where_it_is_ours() {
    let settings = Fixture::new()
        .dotenv("SOMETHING=a b\nOPENHANDS_TIMEOUT=20")
        .settings();
    assert_eq!(settings.deadlines.work.as_secs(), 20);
    assert!(
        settings
            .notes
            .iter()
            .any(|n| n.ends_with("/.env:1 is not NAME=value and is left out"))
    );
    let refusal = Fixture::new().dotenv("\nOPENHANDS_TIMEOUT=90 s").refusal();
    let expected = "~/project/.env:2: `OPENHANDS_TIMEOUT` is not given as NAME=value; quote a value with spaces";
    assert_eq!(refusal, expected);
}

#[test]
fn a_project_does_not_choose_the_users_file() {
    for fixture in [Fixture::new(), Fixture::new().trusting("project")] {
        let refusal = fixture.dotenv("DECKHANDS_CONFIG=/tmp/x").refusal();
        let expected = "`DECKHANDS_CONFIG` may not be set by a project (variable `DECKHANDS_CONFIG` in project file ~/project/.env) | set it in the environment, or use --config";
        assert_eq!(refusal, expected);
    }
}
