//! Caps on money: what the provider served, what is booked, and what may be spent are in this order.

mod full;

use deckhands_e2e::{Bench, Ending, Running, bash, create_file};
use deckhands_testkit::{Script, Step, Usage};
use serde_json::Value;

/// A model that no table of prices knows.
const MODEL: &str = "openrouter/scripted/paid";

/// What a million of its tokens are taken to cost in US dollars. The most that a request of an agent can cost
/// is about five cents by it, for one has some 40 kB and an answer 8192 tokens.
const PRICE: &str = "1";

/// What each answer does cost.
const COST: f64 = 0.03;

/// Differences of sums of decimal fractions.
const EXACT: f64 = 1e-9;

/// A step for which the provider wants to be paid.
fn paid(step: Step) -> Step {
    step.usage(Usage {
        cost: Some(COST),
        ..Usage::default()
    })
}

/// A file, then more commands than any cap of these tests pays for.
fn busy() -> Script {
    let commands = (1..=20).map(|number| bash(&format!("echo {number}")));
    let first = create_file("/workspace/half.txt", "half\n");
    Script::new([first].into_iter().chain(commands).map(paid))
}

/// A field of a result's money, in US dollars.
fn money(report: &Value, field: &str) -> f64 {
    let told = report["money"][field].as_f64();
    told.unwrap_or_else(|| panic_without(field, report))
}

#[expect(clippy::panic, reason = "a test that cannot go on says why")]
fn panic_without(field: &str, report: &Value) -> f64 {
    panic!("no {field} of money: {report:#}")
}

#[test]
fn a_run_ends_before_it_costs_more_than_it_may() {
    const CAP: f64 = 0.15;
    let bench = Bench::new(busy());
    let report = Ending::failed("sdk", "BudgetLimit", "`--max-cost`").check(&bench, |bench| {
        let mut command = bench.run_command(&["spend a lot"]);
        command
            .args(["--model", MODEL, "--max-cost", "0.15"])
            .env("DECKHANDS_UNKNOWN_PRICE", PRICE);
        Running::start(command).end()
    });
    let served = bench.served_usd();
    assert!((2.0 * COST - EXACT..=CAP).contains(&served), "{served}");
    assert!(
        (money(&report, "cap_usd") - CAP).abs() < EXACT,
        "{report:#}"
    );
    // Every answer told its price: what is known is what was served, and nothing else is open.
    let spent = money(&report, "spent_usd");
    assert!((spent - served).abs() < EXACT, "{served}: {report:#}");
    assert_eq!(report["money"]["uncertain_usd"], 0.0, "{report:#}");
    let used = report["attempts"][0]["usage"]["cost_usd"].as_f64();
    let used = used.expect("the cost of the attempt");
    assert!((used - served).abs() < EXACT, "{served}: {report:#}");
    let patch = report["patch"].as_str().expect("the work as a patch");
    let patch = std::fs::read_to_string(patch).expect("the patch");
    assert!(patch.contains("+half"), "{patch}");
}
