//! A cap that tasks share, which is waited for, up to a minute.

use std::fs;

use deckhands_e2e::{Bench, Running};
use serde_json::{Value, json};

use super::{COST, EXACT, MODEL, PRICE, busy, money};

/// Words in the texts of the tasks by which the provider knows them.
const TASKS: [&str; 3] = ["task-first", "task-second", "task-third"];

#[test]
fn three_tasks_together_cost_no_more_than_their_batch_may() {
    const CAP: f64 = 0.25;
    let bench = Bench::new(deckhands_testkit::Script::new([]));
    let entries = TASKS.map(|word| {
        bench.add_task(word, busy());
        fs::create_dir(bench.dir.path().join(word)).expect("a workspace");
        json!({ "name": word, "text": format!("do {word}"), "workspace": word, "model": MODEL })
    });
    let file = bench.dir.path().join("tasks.json");
    fs::write(&file, json!(entries).to_string()).expect("the file of tasks");
    let mut command = bench.command(&["batch", "tasks.json", "--json", "--workers", "2"]);
    command
        .args(["--max-batch-cost", "0.25"])
        .env("DECKHANDS_UNKNOWN_PRICE", PRICE);
    let summary = Running::start(command).end().with_code(1).json();
    let told = summary["tasks"].as_array().expect("tasks");
    assert_eq!(told.len(), TASKS.len(), "{summary:#}");
    let mut booked = 0.0;
    for task in told {
        // None of them can come to its end, and none is tried again.
        assert_eq!(task["state"], "failed", "{summary:#}");
        assert_eq!(task["cause"], "BudgetLimit", "{summary:#}");
        assert_eq!(task["begun"], 1, "{summary:#}");
        let id = task["task_id"].as_str().expect("an identity");
        let result: Value = bench.call(&["result", id, "--json"]).with_code(0).json();
        assert_eq!(result["money"]["uncertain_usd"], 0.0, "{result:#}");
        booked += money(&result, "spent_usd");
    }
    let served = bench.served_usd();
    assert!((booked - served).abs() < EXACT, "{served}, booked {booked}");
    assert!(served <= CAP + EXACT, "{served}");
    assert!(served >= 3.0 * COST, "hardly anything was called: {served}");
    bench.assert_nothing_left();
}
