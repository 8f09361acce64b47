//! Figures over small sets of tasks whose sums a person can check.

use std::time::Duration;

use deckhands_model::{AttemptReport, Priority, Usage, Verdict};
use deckhands_store::TaskRecord;
use serde_json::json;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A task of this state that was handed in at 0 s and begun at 2 s.
pub(super) fn task(byte: u8, state: TaskState) -> TaskRecord {
    let begun = !matches!(state, TaskState::Pending | TaskState::Queued);
    TaskRecord {
        id: TaskId::from_random([byte; 16]),
        title: format!("task {byte}"),
        state,
        priority: Priority::Normal,
        category: Some(Category::UnitTest),
        model: Some("openai/m".to_owned()),
        batch: None,
        submitted_at: at(0),
        started_at: begun.then(|| at(2)),
        ended_at: state.is_terminal().then(|| at(10)),
        not_before: None,
        held: false,
        cancel_requested: false,
        attempts: u32::from(begun),
        cause: (state == TaskState::Failed).then_some(Cause::Stuck),
        retry_of: None,
        note: None,
    }
}

/// An attempt that worked 0.1 s, waited 0.2 s and was accepted.
pub(super) fn attempt() -> AttemptReport {
    AttemptReport {
        number: 1,
        route: "openai/m".to_owned(),
        outcome: "finished".to_owned(),
        cause: None,
        started_at: "1970-01-01T00:00:02Z".to_owned(),
        work_time_s: 0.1,
        wait_time_s: 0.2,
        usage: Usage {
            input_tokens: Some(1000),
            output_tokens: Some(10),
            cost_usd: Some(0.001),
        },
        container_exit: Some(0),
        events: 3,
        verdict: Some(Verdict::Accepted(Vec::new())),
        calls: None,
    }
}

pub(super) fn failed(cause: Cause) -> AttemptReport {
    AttemptReport {
        outcome: "failed".to_owned(),
        cause: Some(cause),
        usage: Usage::default(),
        verdict: None,
        ..attempt()
    }
}

fn over(tasks: &[(TaskRecord, Vec<AttemptReport>)]) -> Metrics {
    let mut tally = Tally::default();
    tasks
        .iter()
        .for_each(|(task, tried)| tally.add(task, tried));
    tally.metrics()
}

#[test]
fn five_tasks_four_of_them_good() {
    let mut tasks: Vec<_> = (1..=4)
        .map(|byte| (task(byte, TaskState::Completed), vec![attempt()]))
        .collect();
    tasks.push((task(5, TaskState::Failed), vec![failed(Cause::Stuck)]));
    let metrics = over(&tasks);
    let counts = &metrics.system.tasks;
    assert_eq!((counts.total, counts.attempts), (5, 5));
    assert_eq!(counts.states["completed"], 4);
    assert_eq!(counts.states["failed"], 1);
    assert_eq!(counts.states["cancelled"], 0);
    assert_eq!(counts.causes["Stuck"], 1);
    assert_eq!(json!(counts.success_rate), json!(0.8));
    let sums = json!(metrics.system.attempts);
    assert_eq!(sums["work_time_s"], 0.5);
    assert_eq!(sums["wait_time_s"], 1.0);
    assert_eq!(
        sums["usage"],
        json!({
            "input_tokens": 4000, "output_tokens": 40, "cost_usd": 0.004,
            "unknown": {"input_tokens": 1, "output_tokens": 1, "cost_usd": 1},
        })
    );
    assert_eq!(sums["verdicts"], json!({"accepted": 4}));
    assert_eq!(json!(counts)["queued_time_s"], 10.0);
}

#[test]
fn a_task_with_four_attempts_is_one_task() {
    let record = TaskRecord {
        attempts: 4,
        ..task(1, TaskState::Completed)
    };
    let tried = vec![
        failed(Cause::RateLimited),
        failed(Cause::RateLimited),
        failed(Cause::AgentCrashed),
        attempt(),
    ];
    let metrics = over(&[(record, tried)]);
    let system = &metrics.system;
    assert_eq!((system.tasks.total, system.tasks.attempts), (1, 4));
    assert_eq!(system.attempts.total, 4);
    assert_eq!(
        json!(system.attempts.causes),
        json!({"AgentCrashed": 1, "RateLimited": 2})
    );
    assert_eq!(json!(system.tasks.causes), json!({}), "it did not fail");
    assert_eq!(json!(system.tasks.success_rate), json!(1.0));
}

#[test]
fn what_nobody_told_is_absent_and_not_nothing() {
    let metrics = over(&[
        (task(1, TaskState::Failed), vec![failed(Cause::BadKey)]),
        (task(2, TaskState::Queued), Vec::new()),
    ]);
    let document = json!(metrics);
    let usage = &document["system"]["attempts"]["usage"];
    for absent in ["input_tokens", "output_tokens", "cost_usd"] {
        assert_eq!(usage.get(absent), None, "{absent}");
        assert_eq!(usage["unknown"][absent], 1, "{absent}");
    }
    let waiting = &document["tasks"][1];
    for absent in ["queued_time_s", "total_time_s", "started_at", "cause"] {
        assert_eq!(waiting.get(absent), None, "{absent}");
    }
    let none = json!(over(&[]));
    assert_eq!(none["system"]["tasks"].get("success_rate"), None);
    assert_eq!(none["system"]["tasks"]["total"], 0);
}

#[test]
fn a_stand_in_is_no_success_and_a_cancelled_task_says_nothing() {
    let rate = |states: &[TaskState]| {
        let tasks: Vec<_> = (1..)
            .zip(states)
            .map(|(byte, state)| (task(byte, *state), Vec::new()))
            .collect();
        json!(over(&tasks).system.tasks.success_rate)
    };
    use TaskState::{Cancelled, Completed, Degraded, Running};
    assert_eq!(rate(&[Completed, Degraded]), json!(0.5));
    assert_eq!(rate(&[Completed, Cancelled, Running]), json!(1.0));
    assert_eq!(rate(&[Cancelled]), json!(null));
}

#[test]
fn tasks_count_for_the_model_they_asked_for_and_attempts_for_the_one_they_used() {
    let other = AttemptReport {
        route: "openai/other".to_owned(),
        ..attempt()
    };
    let metrics = over(&[(
        task(1, TaskState::Completed),
        vec![failed(Cause::RateLimited), other],
    )]);
    let of = |model: &str| {
        let figures = &metrics.models[model];
        (
            figures.tasks.total,
            figures.attempts.total,
            figures.attempts.outcomes.clone(),
        )
    };
    let counted = |word: &str| BTreeMap::from([(word.to_owned(), 1)]);
    assert_eq!(of("openai/m"), (1, 1, counted("failed")));
    assert_eq!(of("openai/other"), (0, 1, counted("finished")));
}

#[test]
fn groups_add_up_to_the_whole() {
    let tasks: Vec<_> = (1..=6)
        .map(|byte| {
            let category = Some(Category::ALL[usize::from(byte % 3)]);
            let record = TaskRecord {
                category,
                ..task(byte, TaskState::Completed)
            };
            (record, vec![attempt(); usize::from(byte)])
        })
        .collect();
    let metrics = over(&tasks);
    assert_eq!(metrics.categories.len(), 3);
    let sum: u64 = metrics.categories.values().map(|f| f.attempts.total).sum();
    assert_eq!((sum, metrics.system.attempts.total), (21, 21));
    let tokens = |f: &Figures| f.attempts.usage.input_tokens.unwrap();
    let parts: u64 = metrics.categories.values().map(tokens).sum();
    let single = |t: &TaskFigures| t.attempts.usage.input_tokens.unwrap();
    let tasks: u64 = metrics.tasks.iter().map(single).sum();
    assert_eq!([parts, tasks], [tokens(&metrics.system); 2]);
}

#[test]
fn a_clock_that_was_set_back_makes_no_time() {
    let record = TaskRecord {
        submitted_at: at(100),
        ..task(1, TaskState::Completed)
    };
    let metrics = over(&[(record, Vec::new())]);
    assert_eq!(metrics.tasks[0].queued_time_s, None);
    let queued = Duration::from_secs_f64(metrics.system.tasks.queued_time_s);
    assert_eq!(queued, Duration::ZERO);
}
