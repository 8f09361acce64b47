//! The sandbox's launcher, beside a stand-in for the action execution server.

use std::fs;

use deckhands_sandbox::launchers;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{python, stand_in, within};

const SERVER: &str = "openhands/runtime/action_execution_server.py";
const BASH: &str = "openhands/runtime/utils/bash.py";

/// Tells how it was started.
const TELLING: &str = r#"
import json, os, sys
try:
    from openhands.runtime.utils.bash import BashSession
    interval = vars(BashSession).get("POLL_INTERVAL")
except Exception as error:
    interval = repr(error)
print(json.dumps({"arguments": sys.argv[1:], "name": __name__, "interval": interval,
    "first": sys.path[0] == os.getcwd()}))
sys.exit(5)
"#;

async fn run(dir: &TempDir, bash: &str) -> Value {
    let launcher = launchers::write(dir.path()).unwrap().sandbox;
    let mut command = python(dir, SERVER);
    stand_in(dir.path(), SERVER, TELLING);
    stand_in(dir.path(), BASH, bash);
    command
        .arg(launcher)
        .args(["60000", "--working-dir", "/workspace"])
        .env("HOME", dir.path());
    let output = within(command.output()).await.unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), errors.as_str()), (Some(5), ""));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each row: the server's module of the shell, and the pause between looks that is then in force.
#[tokio::test]
async fn the_server_runs_and_looks_often_where_it_can() {
    let rows = [
        ("class BashSession:\n    POLL_INTERVAL = 0.5\n", json!(0.05)),
        ("class BashSession:\n    pass\n", json!(null)),
        ("raise OSError('broken')\n", json!("OSError('broken')")),
    ];
    for (bash, interval) in rows {
        let dir = tempfile::tempdir().unwrap();
        let told = run(&dir, bash).await;
        let expected = json!({"arguments": ["60000", "--working-dir", "/workspace"],
            "name": "__main__", "interval": interval, "first": true});
        assert_eq!(told, expected, "{bash}");
    }
}

#[tokio::test]
async fn git_has_the_identity_that_the_app_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join(".gitconfig");
    let bash = "class BashSession:\n    POLL_INTERVAL = 0.5\n";
    run(&dir, bash).await;
    let expected = "[user]\n\tname = openhands\n\temail = openhands@all-hands.dev\n";
    assert_eq!(fs::read_to_string(&config).unwrap(), expected);
    fs::write(&config, "[user]\n").unwrap();
    run(&dir, bash).await;
    assert_eq!(
        fs::read_to_string(&config).unwrap(),
        "[user]\n",
        "another's is left alone"
    );
}
