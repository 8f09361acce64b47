//! Tasks that are handed in by one process and carried out by another.

use std::time::Duration;

use deckhands_e2e::{Bench, Running, bash, bash_for, create_file, one_step, wait_for};
use deckhands_testkit::{AfterEnd, Script, Step};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(240);

/// Hands a task on the world's workspace in; its identity.
fn submit(bench: &Bench, args: &[&str]) -> String {
    let mut command = bench.command(&["submit", "--json"]);
    command.arg("--workspace").arg(&bench.workspace).args(args);
    let stored = Running::start(command).end().with_code(0).json();
    stored["task_id"].as_str().expect("an identity").to_owned()
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

/// Identities and names of the attempt's containers.
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
    let result = bench.call(&["result", &task, "--json"]).with_code(0).json();
    assert_eq!(result["task_id"], task.as_str());
    assert_eq!(result["state"], "completed");
    assert_eq!(result["applied"], true);
    assert_eq!(result["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    bench.assert_nothing_left();
}

#[test]
fn a_waiting_task_is_cancelled_and_never_run() {
    let bench = Bench::new(one_step());
    let task = submit(&bench, &["write hello.txt"]);
    let _cancelled = bench.call(&["cancel", &task]).with_code(0);
    let _again = bench.call(&["cancel", &task]).with_code(0);
    let _engine = bench.call(&["engine", "--drain"]).with_code(0);
    assert_eq!(state(&bench, &task), "cancelled");
    assert!(bench.requests().is_empty());
    assert_eq!(bench.file("hello.txt"), None);
}

#[test]
fn a_running_task_is_cancelled_from_another_process() {
    let bench = Bench::new(Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast));
    let task = submit(&bench, &["sleep"]);
    let engine = Running::start(bench.command(&["engine", "--drain"]));
    let engine = engine.until("the model was asked", LIMIT, || {
        !bench.requests().is_empty()
    });
    let _cancelled = bench.call(&["cancel", &task]).with_code(0);
    let engine = engine.end().with_code(0);
    let now = status(&bench, &task);
    assert_eq!(
        now["task"]["state"], "cancelled",
        "{now:#} {}",
        engine.stderr
    );
    bench.assert_nothing_left();
}

/// The provider keeps the first call for longer than its engine lives, and is asked the same again.
fn slow_then_hello() -> Script {
    let write = || create_file("/workspace/hello.txt", "hello\n");
    Script::new([
        write().after(Duration::from_secs(15)),
        write(),
        Step::finish("hello is there"),
    ])
}

#[test]
fn an_engine_that_is_killed_during_a_call_is_followed_by_one_that_goes_on() {
    let bench = Bench::new(slow_then_hello());
    let task = submit(&bench, &["write hello.txt"]);
    let engine = Running::start(bench.command(&["engine"]));
    let engine = engine.until("the model was asked", LIMIT, || {
        !bench.requests().is_empty()
    });
    let before = container_ids(&bench);
    engine.signal("KILL");
    assert_eq!(engine.end().code, 128 + 9);
    assert_eq!(state(&bench, &task), "running");
    let _engine = bench.call(&["engine", "--drain"]).with_code(0);
    let result = bench.call(&["result", &task, "--json"]).with_code(0).json();
    assert_eq!(result["state"], "completed", "{result:#}");
    assert_eq!(
        result["attempts"].as_array().map(Vec::len),
        Some(1),
        "{result:#}"
    );
    assert_eq!(before.len(), 2);
    let status = status(&bench, &task);
    assert_eq!(status["attempts"][0]["adoptions"], 1, "{status:#}");
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    bench.assert_nothing_left();
}

/// What takes minutes.
mod full {
    use super::*;

    #[test]
    fn an_engine_that_is_stopped_during_a_command_pauses_and_the_next_one_goes_on() {
        let command = "echo x >> log; sleep 20";
        let bench = Bench::new(Script::new([bash_for(command, 60), Step::finish("done")]));
        let task = submit(&bench, &["write log"]);
        let engine = Running::start(bench.command(&["engine", "--grace", "1s"]));
        let engine = engine.until("the command runs", LIMIT, || {
            crate::reap::commands(&bench, "sleep 20")
        });
        let before = container_ids(&bench);
        engine.signal("INT");
        let _engine = engine.end().with_code(0);
        assert_eq!(state(&bench, &task), "running");
        assert_eq!(container_ids(&bench), before, "they are there, frozen");
        let engine = Running::start(bench.command(&["engine", "--drain"]));
        wait_for("the containers go on", LIMIT, || {
            (container_ids(&bench) == before && crate::reap::commands(&bench, "sleep 20"))
                .then_some(())
        });
        let _engine = engine.end().with_code(0);
        let result = bench.call(&["result", &task, "--json"]).with_code(0).json();
        assert_eq!(result["state"], "completed", "{result:#}");
        assert_eq!(result["attempts"].as_array().map(Vec::len), Some(1));
        assert_eq!(bench.file("log").as_deref(), Some("x\n"), "it ran once");
        bench.assert_nothing_left();
    }
}
