//! Containers that somebody else ends, that starve or that come too late: each is told for what it is.

use std::time::Duration;

use deckhands_e2e::{
    Bench, ENDED_WITHIN_S, Ending, Running, bash, bash_for, by_profile, docker, one_step,
    sandbox_part, wait_for,
};
use deckhands_testkit::{AfterEnd, Script, Step};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(240);

const SANDBOX_LOST: Ending = Ending::failed("connection", "SandboxLost", "`docker events`");
const APP_LOST: Ending = Ending::failed("connection", "AppLost", "`docker events`");
const OUT_OF_MEMORY: Ending = Ending::failed("sdk", "OutOfMemory", "`--memory`");
const AGENT_CRASHED: Ending = Ending::failed("sdk", "AgentCrashed", "the traceback");
const START_TIMEOUT: Ending = Ending::failed("timeout", "StartTimeout", "run the task again");

/// A command that tells nothing while it runs.
fn silent_command() -> Step {
    bash_for("sleep 299", 299)
}

/// Ends a container, named by a part of its name, while a command of the agent runs in the sandbox.
fn check_disturbed(
    part: &str,
    verb: &[&str],
    env: &[(&str, &str)],
    ending: Ending,
) -> (Value, Bench) {
    // A sandbox that ends in good order answers for its command, and only the next one fails.
    let script = Script::new([silent_command()]).after_end(AfterEnd::RepeatLast);
    let bench = Bench::new(script);
    let report = ending.check(&bench, |bench| {
        let mut command = bench.run_command(&["work"]);
        command.envs(env.iter().copied());
        let run = Running::start(command);
        let victim = wait_for("a command in the sandbox", LIMIT, || {
            let sandbox = bench.running(sandbox_part())?;
            let working = docker(&["top", &sandbox.name]).contains("sleep 299");
            working.then(|| bench.running(part)).flatten()
        });
        let _ = docker(&[verb, &[&victim.name]].concat());
        run.end()
    });
    (report, bench)
}

#[test]
fn a_killed_sandbox_is_lost() {
    check_disturbed(sandbox_part(), &["kill"], &[], SANDBOX_LOST);
}

#[test]
fn a_killed_app_is_lost_and_its_sandbox_goes_with_it() {
    let (report, _bench) = check_disturbed("-app", &["kill"], &[], APP_LOST);
    assert_eq!(report["attempts"][0]["container_exit"], 128 + 9);
}

/// Many processes that are each smaller than the sandbox's own server, as of a build with too many
/// jobs: the kernel takes the server.
#[test]
fn a_command_that_takes_all_memory_is_out_of_memory() {
    let many = "python3 - <<'END'\nimport os, time\nfor _ in range(100):\n    \
                if os.fork() == 0:\n        x = bytearray(32 << 20)\n        time.sleep(99)\n        \
                os._exit(0)\ntime.sleep(99)\nEND";
    let bench = Bench::new(Script::new([bash(many)]));
    OUT_OF_MEMORY.check(&bench, |bench| bench.run(&["work", "--memory", "1g"]));
}

/// The sandbox is created from an image that has nothing of what is to run in it.
#[test]
fn a_sandbox_that_cannot_be_started_crashes_the_agent_and_is_removed() {
    let image = std::env::var_os("DECKHANDS_TINY_IMAGE").expect("the tiny image: cargo xtask e2e");
    let bench = Bench::new(one_step());
    let report = AGENT_CRASHED.check(&bench, |bench| {
        let mut command = bench.run_command(&["work"]);
        command.env("DECKHANDS_SANDBOX_IMAGE", image);
        Running::start(command).end()
    });
    // In `managed` the app does not even hear of it.
    let exit = by_profile(Value::Null, json!(1));
    assert_eq!(report["attempts"][0]["container_exit"], exit, "{report:#}");
    assert!(bench.requests().is_empty());
}

/// A tenth of a processor takes minutes for what must be there after ten seconds.
#[test]
fn a_start_that_takes_too_long_is_ended() {
    const START_S: f64 = 10.0;
    let bench = Bench::new(one_step());
    let report = START_TIMEOUT.check(&bench, |bench| {
        let mut command = bench.run_command(&["work", "--cpus", "0.1"]);
        command.env("DECKHANDS_START_TIMEOUT", "10s");
        Running::start(command).end()
    });
    let started = bench.moment("start", "-app");
    let took = bench.app_killed().duration_since(started).as_secs_f64();
    let bound = START_S..START_S + ENDED_WITHIN_S;
    assert!(bound.contains(&took), "{took} s: {report:#}");
    assert!(bench.requests().is_empty());
}

/// Other ways to the same endings.
mod full {
    use super::*;

    const IDLE_TIMEOUT: Ending = Ending::failed("timeout", "IdleTimeout", "run the task again");

    /// With these the idle bound is 35 s in profile `socket`, one call of 5 s and 30 s, and 10 s in
    /// `managed`.
    const SOON_IDLE: [(&str, &str); 3] = [
        ("DECKHANDS_IDLE_TIMEOUT", "10s"),
        ("DECKHANDS_LLM_TIMEOUT", "5s"),
        ("DECKHANDS_LLM_NUM_RETRIES", "1"),
    ];

    #[test]
    fn a_stopped_app_is_lost() {
        let (report, _bench) = check_disturbed("-app", &["stop"], &[], APP_LOST);
        assert_eq!(report["attempts"][0]["container_exit"], 128 + 15);
    }

    #[test]
    fn a_removed_app_is_lost() {
        check_disturbed("-app", &["rm", "--force"], &[], APP_LOST);
    }

    #[test]
    fn a_stopped_sandbox_is_lost() {
        check_disturbed(sandbox_part(), &["stop"], &[], SANDBOX_LOST);
    }

    #[test]
    fn a_removed_sandbox_is_lost() {
        check_disturbed(sandbox_part(), &["rm", "--force"], &[], SANDBOX_LOST);
    }

    #[test]
    fn a_frozen_sandbox_gives_no_sign_of_life() {
        check_disturbed(sandbox_part(), &["pause"], &SOON_IDLE, IDLE_TIMEOUT);
    }

    #[test]
    fn a_frozen_app_gives_no_sign_of_life() {
        check_disturbed("-app", &["pause"], &SOON_IDLE, IDLE_TIMEOUT);
    }

    #[test]
    fn an_app_that_is_killed_while_it_starts_its_sandbox_is_lost() {
        let bench = Bench::new(one_step());
        APP_LOST.check(&bench, |bench| {
            let run = bench.start(&["work"]);
            let app = wait_for("a running sandbox", LIMIT, || {
                let _sandbox = bench.running(sandbox_part())?;
                bench.running("-app")
            });
            let _ = docker(&["kill", &app.name]);
            run.end()
        });
    }

    /// Less than its server needs once all parts of it run; with much less it is slow before it is killed.
    #[test]
    fn a_sandbox_that_cannot_start_in_its_memory_is_out_of_memory() {
        let bench = Bench::new(one_step());
        OUT_OF_MEMORY.check(&bench, |bench| bench.run(&["work", "--memory", "512m"]));
        assert!(bench.requests().is_empty());
    }
}
