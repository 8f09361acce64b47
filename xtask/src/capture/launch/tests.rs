//! The start is the adapter's but for what the row says.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{Surroundings, arguments, environment};
use crate::capture::places::Places;
use crate::capture::table::Launch;
use crate::workspace;

/// Where the adapter's source names its settings.
const ADAPTER: [&str; 2] = [
    "crates/deckhands-agent/src/openhands_headless/environment.rs",
    "crates/deckhands-agent/src/openhands_headless/launch/socket.rs",
];

/// Settings that only a session behind the relay has.
const RELAYED: [&str; 2] = ["LLM_NATIVE_TOOL_CALLING", "LLM_MAX_OUTPUT_TOKENS"];

fn adapter() -> String {
    let read = |path| fs::read_to_string(workspace::root().join(path)).unwrap();
    ADAPTER.map(read).concat()
}

fn with_surroundings<T>(look: impl Fn(&Surroundings<'_>) -> T) -> T {
    let root = PathBuf::from("/capture");
    let places = Places {
        workspace: root.join("workspace"),
        home: root.join("home"),
        input: root.join("input"),
        root,
    };
    look(&Surroundings {
        places: &places,
        gateway: "172.17.0.1",
        port: 8000,
        run: "r",
        number: 7,
    })
}

fn line(launch: &Launch) -> String {
    with_surroundings(|around| arguments(launch, around)).join(" ")
}

/// The settings the adapter's source names: words of capitals in quotes.
fn adapter_settings() -> BTreeSet<String> {
    let text = adapter();
    let is_name = |word: &&str| {
        word.len() > 3
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    text.split('"').filter(is_name).map(str::to_owned).collect()
}

#[test]
fn the_settings_are_the_adapters() {
    let env = with_surroundings(|around| environment(&Launch::default(), around));
    let ours: BTreeSet<String> = env.keys().cloned().collect();
    let other = |name: &String| name == "INFO" || RELAYED.contains(&name.as_str());
    let theirs: BTreeSet<String> = adapter_settings()
        .into_iter()
        .filter(|it| !other(it))
        .collect();
    assert_eq!(ours, theirs);
    let source = adapter();
    for (key, value) in super::FIXED {
        let pair = format!("(\"{key}\", \"{value}\")");
        assert!(source.contains(&pair), "{pair}");
    }
}

#[test]
fn without_differences_the_app_is_hardened_and_has_its_task_and_the_socket() {
    let line = line(&Launch::default());
    for part in [
        "--name deckhands-capture-r-7-app",
        "--label deckhands.capture=r --label deckhands.number=7 --label deckhands.role=app",
        "--memory=1g --memory-swap=1g",
        "--init --cap-drop=ALL --security-opt=no-new-privileges --read-only",
        "source=/var/run/docker.sock",
        "source=/capture/home,target=/.openhands --",
        "LLM_BASE_URL=http://host.docker.internal:8000/v1",
        "SANDBOX_VOLUMES=/capture/workspace:/workspace:rw",
        "'labels': {'deckhands.capture': 'r', 'deckhands.number': '7', 'deckhands.role': 'sandbox'}",
        "-m openhands.core.main -f /deckhands/input/task.md -n capture-r-7",
    ] {
        assert!(line.contains(part), "{part}\n{line}");
    }
}

#[test]
fn each_difference_shows() {
    let rows = [
        (
            "env = { LOG_JSON = 'false' }",
            "LOG_JSON=false",
            "LOG_JSON=true",
        ),
        ("unset = ['LLM_API_KEY']", "", "LLM_API_KEY"),
        ("args = ['--flag']", "-n capture-r-7 --flag", ""),
        ("model = 'a/b'", "LLM_MODEL=a/b", "deepseek"),
        ("task = 'none'", "openhands.core.main -n", "task.md"),
        ("socket = 'absent'", "", "docker.sock"),
        ("hardening = 'off'", "", "--read-only"),
        ("home = 'read_only'", "target=/.openhands,readonly", ""),
        ("workspace = 'read_only'", "workspace:/workspace:ro", ":rw"),
        ("user = 1000", "SANDBOX_USER_ID=1000", "SANDBOX_USER_ID=0"),
        ("app_memory = '128m'", "--memory=128m", "--memory=1g"),
        ("sandbox_memory = '150m'", "'mem_limit': '150m'", "'4g'"),
        ("sandbox_args = \"'a': 1\"", "1024, 'a': 1}", ""),
        (
            "sandbox_image = 'a:0'",
            "SANDBOX_RUNTIME_CONTAINER_IMAGE=a:0",
            "0.59-nikolaik",
        ),
        ("provider = 'nobody'", "host.docker.internal:9/v1", ":8000"),
        ("provider = 'unknown_host'", "no-such-host.invalid", ":8000"),
    ];
    for (row, present, absent) in rows {
        let line = line(&toml::from_str(row).unwrap());
        assert!(line.contains(present), "{present}\n{line}");
        assert!(
            absent.is_empty() || !line.contains(absent),
            "{absent}\n{line}"
        );
    }
}
