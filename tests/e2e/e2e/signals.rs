//! Ctrl-C and SIGTERM: the run is cancelled, cleaned up and told.

use std::time::Duration;

use deckhands_e2e::{Bench, Running, bash, wait_for};
use deckhands_testkit::{AfterEnd, Script};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(150);

/// How long the second signal may take to end the process.
const AT_ONCE: Duration = Duration::from_secs(1);

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
    wait_for("a running app", LIMIT, || {
        bench
            .containers()
            .iter()
            .any(|c| c.name.ends_with("-app") && c.state == "running")
            .then_some(())
    });
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
    let _ = bench.call(&["reap"]).with_code(0);
    bench.assert_nothing_left();
}
