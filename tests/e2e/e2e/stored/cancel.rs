//! Tasks that are cancelled from another process, wherever they are.

use std::time::Duration;

use deckhands_e2e::{Bench, Ended, Running, bash_for, create_file, one_step};
use deckhands_testkit::{Script, Step};
use tokio::time::Instant;

use super::{LIMIT, container_ids, result, state, status, submit, submit_on, workspace};

/// Longest time from the wish to the end of a task that is at work: hearing of it, and ending and
/// removing what it made, for which there are 30 s.
const SOON: Duration = Duration::from_secs(32);

fn endless() -> Script {
    Script::new([bash_for("sleep 2000", 2000)])
}

/// Cancels a task twice: the second time changes nothing.
fn cancel(bench: &Bench, task: &str) {
    for _ in 0..2 {
        let _cancelled = bench.call(&["cancel", task]).with_code(0);
    }
}

/// Asserts that a task is cancelled for good, after no more than one attempt.
fn assert_cancelled(bench: &Bench, task: &str, engine: &str) {
    let now = status(bench, task);
    assert_eq!(now["task"]["state"], "cancelled", "{now:#} {engine}");
    assert_eq!(now["task"]["attempts_begun"], 1, "{now:#} {engine}");
    cancel(bench, task);
    assert_eq!(state(bench, task), "cancelled");
    bench.assert_nothing_left();
    bench.assert_no_working_files();
}

/// Asserts that an engine that has left did so soon after the wish.
fn assert_soon(asked: Instant, engine: &Ended) {
    let took = asked.elapsed();
    assert!(took < SOON, "{took:?} {}", engine.stderr);
}

#[test]
fn a_waiting_task_is_cancelled_and_never_run() {
    let bench = Bench::new(one_step());
    let task = submit(&bench, &["write hello.txt"]);
    cancel(&bench, &task);
    let _engine = bench.call(&["engine", "--drain"]).with_code(0);
    assert_eq!(state(&bench, &task), "cancelled");
    assert!(bench.requests().is_empty());
    assert_eq!(bench.file("hello.txt"), None);
}

#[test]
fn a_starting_task_is_cancelled_before_its_agent_is_up() {
    let bench = Bench::new(endless());
    let task = submit(&bench, &["sleep"]);
    let engine = Running::start(bench.command(&["engine", "--drain"]));
    let engine = engine.until("a container of the attempt", LIMIT, || {
        !bench.containers().is_empty()
    });
    let asked = Instant::now();
    cancel(&bench, &task);
    let engine = engine.end().with_code(0);
    assert_soon(asked, &engine);
    assert_cancelled(&bench, &task, &engine.stderr);
    assert!(bench.requests().is_empty(), "the agent came up");
}

#[test]
fn a_stuck_task_delays_no_other_and_is_cancelled_at_work() {
    let bench = Bench::new(one_step());
    bench.add_task("never-ending", endless());
    let stuck = submit(&bench, &["sleep, never-ending"]);
    let write = |name: &str| {
        let script = Script::new([create_file("/workspace/made", "x\n"), Step::finish("done")]);
        bench.add_task(name, script);
        submit_on(
            &bench,
            &workspace(&bench, name),
            &[&format!("write, {name}")],
        )
    };
    let others = ["other-1", "other-2"].map(write);
    let args = ["engine", "--drain", "--workers", "2"];
    let engine = Running::start(bench.command(&args));
    let engine = engine.until("the others are done", LIMIT, || {
        others.iter().all(|task| state(&bench, task) == "completed")
    });
    assert_eq!(state(&bench, &stuck), "running");
    assert_eq!(
        bench.requests_of("never-ending").len(),
        1,
        "it is in its command"
    );
    let asked = Instant::now();
    cancel(&bench, &stuck);
    let engine = engine.end().with_code(0);
    assert_soon(asked, &engine);
    assert_cancelled(&bench, &stuck, &engine.stderr);
    for task in others {
        assert_eq!(result(&bench, &task)["applied"], true);
    }
}

#[test]
fn a_paused_task_is_cancelled_by_the_next_engine() {
    let bench = Bench::new(endless());
    let task = submit(&bench, &["sleep"]);
    let engine = Running::start(bench.command(&["engine", "--grace", "0s"]));
    let engine = engine.until("the model was asked", LIMIT, || {
        !bench.requests().is_empty()
    });
    engine.signal("INT");
    let _engine = engine.end().with_code(0);
    assert_eq!(status(&bench, &task)["attempts"][0]["state"], "paused");
    assert_eq!(container_ids(&bench).len(), 2, "they are there, frozen");
    cancel(&bench, &task);
    assert_eq!(state(&bench, &task), "running", "nobody is there to end it");
    let asked = Instant::now();
    let engine = bench.call(&["engine", "--drain", "-vv"]).with_code(0);
    assert_soon(asked, &engine);
    assert_cancelled(&bench, &task, &engine.stderr);
    assert_eq!(bench.requests().len(), 1, "the agent went on");
}
