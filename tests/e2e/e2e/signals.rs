//! Ctrl-C and SIGTERM: the run is cancelled, cleaned up and told.

use std::time::Duration;

use deckhands_e2e::{Bench, Running, bash, wait_for};
use deckhands_testkit::{AfterEnd, Script};

const LIMIT: Duration = Duration::from_secs(150);

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
    wait_for("an attempt", LIMIT, || {
        bench.home.join("attempts").exists().then_some(())
    });
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
