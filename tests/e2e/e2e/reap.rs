//! `kill -9` of `deckhands run` at any moment: `reap` leaves nothing of it.

use std::time::Duration;

use deckhands_e2e::{Bench, bash, docker, one_step, sandbox_part, wait_for};
use deckhands_testkit::{AfterEnd, Script, Step};

const LIMIT: Duration = Duration::from_secs(150);

/// Kills a run of an endless task as soon as `moment` is there, reaps, and looks.
pub(crate) fn check(moment: impl Fn(&Bench) -> bool) {
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    check_run(endless, &["work"], moment);
}

/// The same with a task and arguments of its own.
pub(crate) fn check_run(script: Script, args: &[&str], moment: impl Fn(&Bench) -> bool) {
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
    bench.assert_no_working_files();
    let again = bench.call(&["reap", "--json"]).with_code(0).json();
    for done in ["removed", "cancelled", "cleared"] {
        let left = again[done].as_array().map(Vec::len);
        assert_eq!(left, Some(0), "{done}: {again:#}");
    }
    std::fs::remove_dir_all(&bench.home).expect("the state directory can be removed");
}

/// Whether a command of the agent runs in the sandbox that has this in its line.
pub(crate) fn commands(bench: &Bench, line: &str) -> bool {
    let sandbox = bench.running(sandbox_part());
    sandbox.is_some_and(|sandbox| docker(&["top", &sandbox.name]).contains(line))
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
    check(|bench| bench.running("-app").is_some());
}

#[test]
fn killed_when_the_sandbox_runs() {
    check(|bench| bench.running(sandbox_part()).is_some());
}

#[test]
fn killed_while_the_agent_works() {
    check(|bench| !bench.requests().is_empty());
}

#[test]
fn killed_during_a_command_of_the_agent() {
    check(|bench| commands(bench, "sleep 200"));
}

/// The provider has the call and keeps it.
#[test]
fn killed_during_a_call_of_the_model() {
    let late = Step::finish("too late").after(LIMIT);
    check_run(Script::new([late]), &["work"], |bench| {
        !bench.requests().is_empty()
    });
}

/// The last answer is given, and a container that ran until then has begun to go. The check keeps
/// the run alive where looking takes longer than cleaning up.
#[test]
fn killed_while_cleaning_up() {
    let script = one_step();
    let last = script.steps().len();
    let args = ["write hello.txt", "--check", "sleep 60"];
    check_run(script, &args, |bench| {
        let up = |part: &str| bench.running(part).is_some();
        bench.requests().len() >= last && !(up("-app") && up(sandbox_part()))
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
    wait_for("a running sandbox", LIMIT, || bench.running(sandbox_part()));
    killed.signal("KILL");
    assert_eq!(killed.end().code, 128 + 9);
    let report = bench.run(&["write hello.txt"]).with_code(0).json();
    assert_eq!(report["state"], "completed");
    bench.assert_nothing_left();
}
