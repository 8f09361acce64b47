//! Tasks that are handed in by one process and carried out by another.

mod cancel;
mod full;
mod taken_over;

use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_e2e::{Bench, Running, one_step};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(480);

/// Hands a task on the world's workspace in; its identity.
fn submit(bench: &Bench, args: &[&str]) -> String {
    submit_on(bench, &bench.workspace, args)
}

/// The same on a workspace of its own.
fn submit_on(bench: &Bench, workspace: &Path, args: &[&str]) -> String {
    let mut command = bench.command(&["submit", "--json"]);
    command.arg("--workspace").arg(workspace).args(args);
    // How long others take is no matter of a task that waits for them.
    command
        .env("DECKHANDS_TIMEOUT", "900s")
        .env("DECKHANDS_IDLE_TIMEOUT", "900s");
    let stored = Running::start(command).end().with_code(0).json();
    stored["task_id"].as_str().expect("an identity").to_owned()
}

/// A workspace beside the world's own.
fn workspace(bench: &Bench, name: &str) -> PathBuf {
    let workspace = bench.dir.path().join(name);
    std::fs::create_dir(&workspace).expect("a workspace");
    workspace
}

fn status(bench: &Bench, task: &str) -> Value {
    bench.call(&["status", task, "--json"]).with_code(0).json()
}

fn state(bench: &Bench, task: &str) -> String {
    let status = status(bench, task);
    status["task"]["state"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn result(bench: &Bench, task: &str) -> Value {
    bench.call(&["result", task, "--json"]).with_code(0).json()
}

/// Identities and names of the containers of all attempts.
fn container_ids(bench: &Bench) -> Vec<(String, String)> {
    let mut ids: Vec<_> = bench
        .containers()
        .into_iter()
        .map(|c| (c.inspect["Id"].to_string(), c.name))
        .collect();
    ids.sort();
    ids
}

#[test]
fn submit_watch_engine_and_result_are_processes_of_their_own() {
    let bench = Bench::new(one_step());
    let task = submit(&bench, &["write hello.txt"]);
    assert_eq!(state(&bench, &task), "queued");
    let watch = Running::start(bench.command(&["watch", &task, "--json"]));
    let engine = bench.call(&["engine", "--drain", "--workers", "2"]);
    let _engine = engine.with_code(0);
    let _watch = watch.end().with_code(0);
    let result = result(&bench, &task);
    assert_eq!(result["task_id"], task.as_str());
    assert_eq!(result["state"], "completed");
    assert_eq!(result["applied"], true);
    assert_eq!(result["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    bench.assert_nothing_left();
}
