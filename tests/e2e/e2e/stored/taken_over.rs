//! Attempts whose engine goes away while they are in a call of the model or in a command, and the next
//! engine that finds them. Four of them at once are in `full`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_e2e::{
    Bench, Container, Running, bash_for, create_file, docker, sandbox_part, wait_for,
};
use deckhands_testkit::{Reply, Script, Step};
use tokio::time::Instant;

use super::{container_ids, result, state, status, submit_on, workspace};

/// The command that must run once: it waits until the test has made `go`, so that all agents are at
/// `echo x >> log; sleep 20` at once, and is at its end there when the engine goes away.
const COMMAND: &str = "until [ -e go ]; do sleep 0.2; done; rm go; echo x >> log; sleep 20";

/// How long there is no engine. It is part of the story, and stands for no condition.
const OUTAGE: Duration = Duration::from_secs(10);

/// Longest time until a moment of the story is there.
const LIMIT: Duration = Duration::from_secs(480);

/// Where an attempt is when its engine goes away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// In a call of the model.
    Call,
    /// In a command.
    Command,
}

struct Task {
    at: At,
    word: String,
    id: String,
    workspace: PathBuf,
}

/// How an engine goes away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leaving {
    /// `kill -9`.
    Killed,
    /// It is asked to stop and pauses what runs.
    Stopped,
}

/// The provider keeps the first call for as long as anybody waits, and is asked the same again.
fn call() -> Script {
    Script::new([
        Step::new(Reply::Hang(None)),
        create_file("/workspace/log", "x\n"),
        Step::finish("log is there"),
    ])
}

/// Where the machine is slow to echo what OpenHands types, it takes the prompt of before for the end of
/// the command (`BashSession::execute`, its second condition) and goes on while it runs. What it types
/// next is read by the shell after the command's end, and is waited for.
fn command() -> Script {
    Script::new([
        bash_for(COMMAND, 500),
        bash_for("cat log", 500),
        Step::finish("log is there"),
    ])
}

impl Task {
    fn submit(bench: &Bench, number: usize, at: At) -> Self {
        let word = format!("task-{number}");
        let script = match at {
            At::Call => call(),
            At::Command => command(),
        };
        bench.add_task(&word, script);
        let workspace = workspace(bench, &word);
        let id = submit_on(bench, &workspace, &[&format!("write log, {word}")]);
        Self {
            at,
            word,
            id,
            workspace,
        }
    }

    fn was_asked(&self, bench: &Bench) -> bool {
        !bench.requests_of(&self.word).is_empty()
    }

    /// Lets the agent go on to its command.
    fn go(&self, bench: &Bench) {
        let copy = bench
            .home
            .join("attempts")
            .join(&self.id)
            .join("1/workspace");
        let made = fs::write(copy.join("go"), "");
        assert!(made.is_ok(), "{made:?}: {:#}", status(bench, &self.id));
    }

    fn sandbox(&self, bench: &Bench) -> Option<Container> {
        let is = |c: &Container| c.name.contains(&self.id) && c.name.contains(sandbox_part());
        bench.containers().into_iter().find(is)
    }

    fn is_in_its_command(&self, bench: &Bench) -> bool {
        let running = self.sandbox(bench).filter(|c| c.state == "running");
        running.is_some_and(|c| docker(&["top", &c.name]).contains("sleep 20"))
    }

    fn adoptions(&self, bench: &Bench) -> u64 {
        let attempts = &status(bench, &self.id)["attempts"];
        assert_eq!(attempts.as_array().map(Vec::len), Some(1), "{attempts:#}");
        attempts[0]["adoptions"].as_u64().expect("a count")
    }

    fn assert_done(&self, bench: &Bench) {
        let result = result(bench, &self.id);
        assert_eq!(result["state"], "completed", "{result:#}");
        assert_eq!(result["applied"], true, "{result:#}");
        let attempts = result["attempts"].as_array().map(Vec::len);
        assert_eq!(attempts, Some(1), "{result:#}");
        assert_eq!(self.adoptions(bench), 1);
        let log = fs::read_to_string(self.workspace.join("log"));
        assert_eq!(log.expect("the log"), "x\n", "{}: {result:#}", self.word);
        assert!(!self.workspace.join("go").exists());
    }
}

/// Plays the story to its end, with an attempt at each of these places.
pub(super) fn check(leaving: Leaving, places: &[At]) {
    let bench = Bench::new(Script::new([]));
    let tasks: Vec<_> = (1..)
        .zip(places)
        .map(|(number, at)| Task::submit(&bench, number, *at))
        .collect();
    let engine = at_work(&bench, &tasks);
    let before = container_ids(&bench);
    assert_eq!(before.len(), 2 * tasks.len(), "{before:?}");
    leave(&bench, engine, leaving);
    let left = Instant::now();
    for task in &tasks {
        assert_eq!(state(&bench, &task.id), "running");
    }
    wait_for("the end of the outage", LIMIT, || {
        (left.elapsed() >= OUTAGE).then_some(())
    });
    assert_eq!(container_ids(&bench), before, "they outlive their engine");
    let args = ["engine", "--workers", "4", "--drain"];
    let engine = start(&bench, &args);
    let engine = engine.until("all of them are adopted", LIMIT, || {
        let now = container_ids(&bench);
        let old = now.iter().all(|id| before.contains(id));
        assert!(old, "made anew: {now:?}, not of {before:?}");
        tasks.iter().all(|task| task.adoptions(&bench) == 1)
    });
    let _engine = engine.end().with_code(0);
    for task in &tasks {
        task.assert_done(&bench);
    }
    bench.assert_nothing_left();
}

/// An engine that has all of them where they are to be.
fn at_work(bench: &Bench, tasks: &[Task]) -> Running {
    let args = ["engine", "--workers", "4", "--grace", "1s"];
    let engine = start(bench, &args);
    let engine = engine.until("all agents are at work", LIMIT, || {
        tasks.iter().all(|task| task.was_asked(bench))
    });
    let commands = || tasks.iter().filter(|task| task.at == At::Command);
    commands().for_each(|task| task.go(bench));
    let engine = engine.until("the commands run", LIMIT, || {
        commands().all(|task| task.is_in_its_command(bench))
    });
    for task in tasks.iter().filter(|task| task.at == At::Call) {
        assert_eq!(
            bench.requests_of(&task.word).len(),
            1,
            "it waits for an answer"
        );
    }
    engine
}

fn start(bench: &Bench, args: &[&str]) -> Running {
    let mut command = bench.command(args);
    // Many agents start at once.
    command.env("DECKHANDS_START_TIMEOUT", "480s");
    Running::start(command)
}

fn leave(bench: &Bench, engine: Running, leaving: Leaving) {
    match leaving {
        Leaving::Killed => {
            engine.signal("KILL");
            assert_eq!(engine.end().code, 128 + 9);
        }
        Leaving::Stopped => {
            engine.signal("TERM");
            let _engine = engine.end().with_code(0);
            let mut states = bench.containers().into_iter().map(|c| c.state);
            assert!(states.all(|state| state == "paused"), "they are frozen");
        }
    }
}

#[test]
fn attempts_of_a_killed_engine_are_gone_on_with_and_do_nothing_twice() {
    check(Leaving::Killed, &[At::Call, At::Command]);
}
