//! What people see of figures.

use deckhands_model::{AttemptReport, Cause, Usage};
use deckhands_orchestration::Tally;
use deckhands_store::{MemoryStore, Queries as _, TaskRecord};

use super::*;
use crate::commands::stored::test_store::{hand_in, id, new, now};
use crate::sample::{attempt, call, calls_of, plain};

async fn record(byte: u8, state: TaskState) -> TaskRecord {
    let store = MemoryStore::default();
    hand_in(&store, &new(byte)).await;
    let record = store.task(id(byte), now()).await.unwrap();
    TaskRecord {
        state,
        attempts: 1,
        cause: (state == TaskState::Failed).then_some(Cause::Stuck),
        ..record
    }
}

fn cells(text: &str, first: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.trim().starts_with(first));
    let line = line.unwrap_or_else(|| panic!("no {first} in {text}"));
    line.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn sums_that_leave_attempts_out_say_so() {
    let told = AttemptReport {
        usage: Usage {
            input_tokens: Some(1000),
            output_tokens: Some(7),
            cost_usd: None,
        },
        ..attempt()
    };
    let silent = AttemptReport {
        outcome: "failed".to_owned(),
        cause: Some(Cause::Stuck),
        usage: Usage::default(),
        ..attempt()
    };
    let mut tally = Tally::default();
    tally.add(&record(1, TaskState::Completed).await, &[silent, told]);
    tally.add(&record(2, TaskState::Failed).await, &[]);
    let text = plain(&text(&tally.metrics()));
    let all = "all 2 1 1 0 50.0 % 2 15.0 2.0 1000+ 7+ ?";
    assert_eq!(cells(&text, "all").join(" "), all);
    assert_eq!(
        cells(&text, "02020202").join(" "),
        "02020202 failed 0 0.0 0.0 - - -"
    );
    assert_eq!(cells(&text, "Stuck").join(" "), "Stuck 1 1");
    assert_eq!(cells(&text, "openai/m")[1], "2");
}

#[tokio::test]
async fn only_the_newest_tasks_are_shown() {
    let mut tally = Tally::default();
    for byte in 1..=25 {
        tally.add(&record(byte, TaskState::Queued).await, &[]);
    }
    let text = plain(&text(&tally.metrics()));
    assert!(text.ends_with("and 5 older ones: see `--json`\n"), "{text}");
    assert!(!text.contains("05050505") && text.contains("06060606"));
}

#[test]
fn models_that_were_called_have_their_lines() {
    let metrics = Metrics {
        calls: calls_of(&[call("openai/a", "a-1")]).models,
        ..Tally::default().metrics()
    };
    let text = plain(&text(&metrics));
    let line = "openai/a (a-1): 1 call · 700 tokens in, 50 out · $0.0025\n";
    assert!(text.contains(&format!("model calls\n{line}")), "{text}");
}

#[test]
fn nothing_stored_is_a_table_too() {
    let text = plain(&text(&Tally::default().metrics()));
    assert_eq!(
        cells(&text, "all").join(" "),
        "all 0 0 0 0 ? 0 0.0 0.0 - - -"
    );
}
