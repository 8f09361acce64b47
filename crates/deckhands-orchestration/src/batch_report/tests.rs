//! Batches whose figures a person can check, and texts by somebody who means harm.

use deckhands_model::{
    AttemptReport, Category, Cause, Change, ChangeKind, ErrorReport, Finding, Priority,
    REPORT_SCHEMA_VERSION, RunReport, Severity, TaskId, TaskState, Timings, Usage, Verdict,
    Versions,
};
use deckhands_store::TaskRecord;
use jiff::Timestamp;

use super::*;

/// Everything that could end an element, a cell, a fence or a line, or speak to a terminal.
pub(super) const HOSTILE: &str = "a]]>b|c`d\n```e</failure>&\"'\u{0}\u{1b}[31mred\u{1b}]52;c;ZXZpbA==\u{7}\u{fffe}\u{202e} <img src=x> **f** [g](h) | # i";

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn item(index: usize, name: &str) -> BatchItem {
    BatchItem {
        index,
        name: name.to_owned(),
        apply: true,
    }
}

/// A task of this state that was handed in at 0 s, begun at 2 s and, if it ended, over at 10 s.
pub(super) fn task(byte: u8, state: TaskState) -> TaskRecord {
    let begun = !matches!(state, TaskState::Pending | TaskState::Queued);
    TaskRecord {
        id: TaskId::from_random([byte; 16]),
        title: format!("task {byte}"),
        state,
        priority: Priority::Normal,
        category: Some(Category::UnitTest),
        model: Some("openai/m".to_owned()),
        batch: Some("b1".to_owned()),
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

/// The result of a completed task with one change that was applied.
pub(super) fn completed() -> RunReport {
    RunReport {
        schema_version: REPORT_SCHEMA_VERSION,
        task_id: "1".repeat(32),
        state: TaskState::Completed,
        output: "I wrote it.".to_owned(),
        error: None,
        profile: "managed".to_owned(),
        egress: "llm".to_owned(),
        model_requested: None,
        model_served: Vec::new(),
        attempts: vec![attempt()],
        verdict: Some(Verdict::Accepted(Vec::new())),
        changes: vec![Change {
            path: "a".to_owned(),
            kind: ChangeKind::Created,
            bytes: 1,
        }],
        patch: None,
        applied: true,
        conflict: Vec::new(),
        timings: Timings::default(),
        images: Vec::new(),
        versions: Versions::default(),
        notes: Vec::new(),
        money: None,
    }
}

pub(super) fn failed(cause: Cause, message: &str) -> RunReport {
    let finding = Finding {
        severity: Severity::Error,
        check: message.to_owned(),
        message: message.to_owned(),
    };
    RunReport {
        state: TaskState::Failed,
        output: message.to_owned(),
        error: Some(ErrorReport {
            code: 1,
            error_type: Some(cause.error_type()),
            cause: Some(cause),
            message: message.to_owned(),
            causes: Vec::new(),
            hint: Some(message.to_owned()),
        }),
        verdict: Some(Verdict::Rejected(vec![finding])),
        applied: false,
        attempts: vec![attempt(), attempt()],
        ..completed()
    }
}

fn attempt() -> AttemptReport {
    AttemptReport {
        number: 1,
        route: "openai/m".to_owned(),
        outcome: "finished".to_owned(),
        cause: None,
        started_at: "1970-01-01T00:00:02Z".to_owned(),
        work_time_s: 0.1,
        wait_time_s: 0.2,
        usage: Usage::default(),
        container_exit: None,
        events: 3,
        verdict: None,
        calls: None,
    }
}

fn head() -> BatchHead {
    BatchHead {
        batch: "b1".to_owned(),
        file: "tasks.toml".to_owned(),
        resumed: false,
        interrupted: false,
        started_at: at(100),
        ended_at: at(160),
    }
}

fn end(tally: &mut BatchTally, item: &BatchItem, task: &TaskRecord, result: Option<&RunReport>) {
    let attempts = result.map(|result| result.attempts.as_slice());
    tally.ended(item, task, result, attempts.unwrap_or_default());
}

/// One task of every kind, the hostile one among them, told in another order than that of the file.
pub(super) fn mixed(hostile: &str) -> BatchSummary {
    let mut tally = BatchTally::default();
    let state = |state| task(9, state);
    let failed_as = |cause| {
        let record = TaskRecord {
            cause: Some(cause),
            ..state(TaskState::Failed)
        };
        (record, failed(cause, hostile))
    };
    let conflict = RunReport {
        applied: false,
        conflict: vec![hostile.to_owned()],
        ..completed()
    };
    tally.open(&item(7, "never"), None);
    tally.open(&item(6, "waits"), Some(&state(TaskState::Queued)));
    end(
        &mut tally,
        &item(1, hostile),
        &state(TaskState::Completed),
        Some(&completed()),
    );
    let (record, result) = failed_as(Cause::CheckFailed);
    end(&mut tally, &item(2, "rejected"), &record, Some(&result));
    let (record, result) = failed_as(Cause::BadKey);
    end(&mut tally, &item(3, "broken"), &record, Some(&result));
    end(
        &mut tally,
        &item(4, "moved on"),
        &state(TaskState::Completed),
        Some(&conflict),
    );
    end(
        &mut tally,
        &item(5, "stopped"),
        &state(TaskState::Cancelled),
        None,
    );
    tally.summary(head())
}

#[test]
fn every_task_is_counted_once_and_stands_where_the_file_has_it() {
    let summary = mixed("x");
    let expected = BatchCounts {
        total: 7,
        completed: 2,
        not_applied: 1,
        failed: 2,
        cancelled: 1,
        degraded: 0,
        unfinished: 1,
        not_handed_in: 1,
    };
    assert_eq!(summary.counts, expected);
    let places: Vec<_> = summary.tasks.iter().map(|row| row.index).collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7]);
    assert!(!summary.success);
    assert!((summary.total_time_s - 60.0).abs() < 1e-9);
}

#[test]
fn the_sums_are_those_of_the_attempts() {
    let summary = mixed("x");
    let reports = [1, 2, 2, 1, 0];
    assert_eq!(summary.figures.attempts.total, reports.iter().sum::<u64>());
    let of_rows: f64 = summary
        .tasks
        .iter()
        .map(|row| row.attempts.work_time_s)
        .sum();
    assert!((summary.figures.attempts.work_time_s - of_rows).abs() < 1e-9);
    assert_eq!(summary.figures.tasks.total, 5, "those that ended");
}

#[test]
fn only_all_good_tasks_are_a_success() {
    let good = |apply, result: RunReport| {
        let mut tally = BatchTally::default();
        let item = BatchItem {
            apply,
            ..item(1, "t")
        };
        end(
            &mut tally,
            &item,
            &task(1, TaskState::Completed),
            Some(&result),
        );
        tally.summary(head()).success
    };
    let unapplied = || RunReport {
        applied: false,
        ..completed()
    };
    let unchanged = RunReport {
        changes: Vec::new(),
        ..unapplied()
    };
    let conflict = RunReport {
        conflict: vec!["a".to_owned()],
        ..unapplied()
    };
    for (what, apply, result, expected) in [
        ("applied", true, completed(), true),
        ("not applied", true, unapplied(), false),
        ("not asked for", false, unapplied(), true),
        ("nothing to apply", true, unchanged, true),
        ("conflict", false, conflict, false),
    ] {
        assert_eq!(good(apply, result), expected, "{what}");
    }
    let mut lost = BatchTally::default();
    end(
        &mut lost,
        &item(1, "t"),
        &task(1, TaskState::Completed),
        None,
    );
    assert!(
        !lost.summary(head()).success,
        "no result document is no proof"
    );
}

#[test]
fn the_document_has_the_fields_that_are_promised() {
    let document = serde_json::to_value(mixed("x")).unwrap();
    let keys = |value: &serde_json::Value| {
        let keys = value.as_object().unwrap().keys().cloned();
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        keys(&document),
        "batch counts ended_at figures file interrupted resumed schema_version started_at success \
         tasks total_time_s"
    );
    assert_eq!(
        keys(&document["tasks"][0]),
        "applied attempts begun category cause changes conflict ended_at findings hint index \
         message model name output patch started_at state success task_id type"
    );
    assert_eq!(document["tasks"][1]["cause"], "CheckFailed");
}
