//! `kill -9` of `deckhands run` at any moment: `reap` leaves nothing of it.

use std::time::Duration;

use deckhands_e2e::{Bench, bash, one_step, wait_for};
use deckhands_testkit::{AfterEnd, Script};

const LIMIT: Duration = Duration::from_secs(150);

/// Kills a run of an endless task as soon as `moment` is there, reaps, and looks.
pub(crate) fn check(moment: impl Fn(&Bench) -> bool) {
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    check_run(endless, &["work"], moment);
}

/// The same with a task and arguments of its own.
fn check_run(script: Script, args: &[&str], moment: impl Fn(&Bench) -> bool) {
    let bench = Bench::new(script);
    let running = bench
        .start(args)
        .until("the moment", LIMIT, || moment(&bench));
    running.signal("KILL");
    assert_eq!(running.end().code, 128 + 9);
    let report = bench.call(&["reap", "--json"]).with_code(0).json();
    assert_eq!(
        report["failed"].as_array().map(Vec::len),
        Some(0),
        "{report:#}"
    );
    bench.assert_nothing_left();
    let again = bench.call(&["reap", "--json"]).with_code(0).json();
    for done in ["removed", "cancelled", "cleared"] {
        let left = again[done].as_array().map(Vec::len);
        assert_eq!(left, Some(0), "{done}: {again:#}");
    }
    std::fs::remove_dir_all(&bench.home).expect("the state directory can be removed");
}

fn in_state(bench: &Bench, suffix: &str, state: &str) -> bool {
    bench
        .containers()
        .iter()
        .any(|c| c.name.contains(suffix) && c.state == state)
}

#[test]
fn killed_as_soon_as_the_attempt_exists() {
    check(|bench| bench.attempt_file("attempt.json").is_some());
}

#[test]
fn killed_as_soon_as_the_app_exists() {
    check(|bench| bench.containers().iter().any(|c| c.name.ends_with("-app")));
}

#[test]
fn killed_while_the_app_runs_alone() {
    check(|bench| in_state(bench, "-app", "running"));
}

#[test]
fn killed_when_the_sandbox_runs() {
    check(|bench| in_state(bench, "openhands-runtime-", "running"));
}

#[test]
fn killed_while_the_agent_works() {
    check(|bench| !bench.requests().is_empty());
}

/// The last answer is given, and a container that ran until then has begun to go. The check keeps
/// the run alive where looking takes longer than cleaning up.
#[test]
fn killed_while_cleaning_up() {
    let script = one_step();
    let last = script.steps().len();
    let args = ["write hello.txt", "--check", "sleep 60"];
    check_run(script, &args, |bench| {
        let both = ["-app", "openhands-runtime-"];
        bench.requests().len() >= last && !both.iter().all(|name| in_state(bench, name, "running"))
    });
}

#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let bench = Bench::new(one_step());
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    let url = bench.add_script("endless", endless);
    let mut command = bench.run_command(&["work"]);
    command.env("OPENHANDS_BASE_URL", url);
    let killed = deckhands_e2e::Running::start(command);
    wait_for("a running sandbox", LIMIT, || {
        in_state(&bench, "openhands-runtime-", "running").then_some(())
    });
    killed.signal("KILL");
    assert_eq!(killed.end().code, 128 + 9);
    let report = bench.run(&["write hello.txt"]).with_code(0).json();
    assert_eq!(report["state"], "completed");
    bench.assert_nothing_left();
}
