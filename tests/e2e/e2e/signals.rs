//! Ctrl-C and SIGTERM: the run is cancelled, cleaned up and told.

use std::time::Duration;

use deckhands_e2e::{Bench, Running, Tree, bash, one_step, sandbox_part, wait_for};
use deckhands_testkit::{AfterEnd, Script};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(240);

/// How long the second signal may take to end the process: less than cleaning up may.
const AT_ONCE: Duration = Duration::from_secs(10);

fn long_work() -> Script {
    Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast)
}

/// Sends a signal and asserts a clean end.
fn check(bench: &Bench, running: Running, signal: &str, code: i32) {
    running.signal(signal);
    let ended = running.end().with_code(code);
    let report = ended.json();
    assert_eq!(report["state"], "cancelled", "{report:#}");
    assert_eq!(report["applied"], false);
    assert!(
        report["notes"]
            .as_array()
            .is_some_and(|n| n.iter().all(|n| !n.to_string().contains("could not")))
    );
    bench.assert_nothing_left();
}

#[test]
fn interrupt_while_starting() {
    let bench = Bench::new(long_work());
    let running = bench.start(&["work"]);
    wait_for("a running app", LIMIT, || bench.running("-app"));
    check(&bench, running, "INT", 130);
}

#[test]
fn interrupt_before_the_app_runs() {
    let bench = Bench::new(long_work());
    let running = bench.start(&["work"]);
    wait_for("an attempt", LIMIT, || bench.attempt_file("attempt.json"));
    check(&bench, running, "INT", 130);
}

#[test]
fn interrupt_while_working() {
    let bench = Bench::new(long_work());
    let running = bench.start(&["work"]);
    wait_for("a call of the model", LIMIT, || {
        (!bench.requests().is_empty()).then_some(())
    });
    check(&bench, running, "INT", 130);
}

#[test]
fn terminate_while_working() {
    let bench = Bench::new(long_work());
    let running = bench.start(&["work"]);
    wait_for("a call of the model", LIMIT, || {
        (!bench.requests().is_empty()).then_some(())
    });
    check(&bench, running, "TERM", 143);
}

/// A check that lasts longer than its test.
const LONG: &str = "sleep 99";

/// A run whose work is accepted as far as it is judged.
fn long_check(bench: &Bench) -> Running {
    bench.start(&["write hello.txt", "--check", "true", "--check", LONG])
}

/// Sends SIGINT and asserts a clean end that changes nothing, though the work itself was done.
fn check_not_applied(bench: &Bench, running: Running) {
    let before = Tree::of(&bench.workspace);
    running.signal("INT");
    let ended = running.end().with_code(130);
    let report = ended.json();
    assert_eq!(report["state"], "cancelled", "{report:#}");
    assert_eq!(report["applied"], false, "{report:#}");
    assert_eq!(report["attempts"][0]["outcome"], "finished", "{report:#}");
    let patch = report["patch"].as_str().expect("the work as a patch");
    assert!(std::fs::read_to_string(patch).is_ok_and(|patch| patch.contains("+hello")));
    assert_eq!(Tree::of(&bench.workspace), before);
    bench.assert_nothing_left();
}

/// The last answer is given, and a container that ran until then has begun to go. The check keeps
/// the run from its end where looking takes longer than cleaning up.
#[test]
fn interrupt_while_cleaning_up() {
    let script = one_step();
    let last = script.steps().len();
    let bench = Bench::new(script);
    let running = long_check(&bench);
    wait_for("the clean-up", LIMIT, || {
        let up = |part: &str| bench.running(part).is_some();
        let both = up("-app") && up(sandbox_part());
        (bench.requests().len() >= last && !both).then_some(())
    });
    check_not_applied(&bench, running);
}

#[test]
fn interrupt_while_a_check_runs() {
    let bench = Bench::new(one_step());
    let running = long_check(&bench);
    wait_for("the second check", LIMIT, || {
        let is = |c: &deckhands_e2e::Container| {
            c.state == "running" && c.inspect["Config"]["Cmd"].to_string().contains(LONG)
        };
        bench.containers().iter().any(is).then_some(())
    });
    check_not_applied(&bench, running);
}

#[test]
fn a_second_signal_stops_at_once_and_leaves_the_rest_to_reap() {
    let bench = Bench::new(long_work());
    let running = bench.start(&["work"]);
    wait_for("a call of the model", LIMIT, || {
        (!bench.requests().is_empty()).then_some(())
    });
    let signalled = Instant::now();
    running.signal("INT");
    running.signal("TERM");
    let error = running.end().with_code(143).json();
    let took = signalled.elapsed();
    assert!(took < AT_ONCE, "{} ms", took.as_millis());
    assert_eq!(error["hint"], "deckhands reap", "{error:#}");
    assert!(
        !bench.containers().is_empty(),
        "the clean-up was waited for"
    );
    let reaped = bench.call(&["reap", "--json"]).with_code(0).json();
    assert_ne!(reaped["removed"], serde_json::json!([]), "{reaped:#}");
    bench.assert_nothing_left();
}
