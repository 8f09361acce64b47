//! Stores, tasks and times for the tests.

use std::path::Path;
use std::time::Duration;

use deckhands_model::{AttemptReport, Priority, RunReport, TaskId, TaskState, Usage};
use deckhands_store::{
    AttemptEnd, Claim, Intake, LeaseTerm, NewTask, Page, Queries, QueueBounds, SqliteOptions,
    SqliteStore, TaskEnd, TaskFilter, TaskRecord, Waiting, Work, WorkerId,
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const BOUNDS: QueueBounds = QueueBounds { max_size: 100_000 };

/// Waits long for other processes: the machine may be busy.
pub(crate) fn open(path: &Path) -> SqliteStore {
    let options = SqliteOptions {
        busy_timeout: Duration::from_secs(60),
        ..SqliteOptions::default()
    };
    SqliteStore::open(path, options).unwrap()
}

/// So many seconds after some moment.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn worker(n: u8) -> WorkerId {
    WorkerId::from_random([n; 16])
}

/// The same numbers give the same identity.
pub(crate) fn id(who: u32, n: u32) -> TaskId {
    let bytes = (u128::from(who) << 96) | u128::from(n);
    TaskId::from_random(bytes.to_be_bytes())
}

pub(crate) fn task(id: TaskId) -> NewTask {
    NewTask {
        id,
        spec: json!({ "task": "write unit tests", "of": id }),
        title: "write unit tests".to_owned(),
        priority: Priority::Normal,
        category: None,
        model: None,
        batch: None,
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: None,
    }
}

pub(crate) async fn submit(store: &SqliteStore, id: TaskId, now: Timestamp) {
    let submitted = store.submit(&task(id), BOUNDS, now).await.unwrap();
    assert_eq!(submitted.id, id);
}

pub(crate) async fn claim(store: &SqliteStore, now: Timestamp) -> Option<Claim> {
    let claim = store.claim(worker(1), LeaseTerm::default(), now);
    claim.await.unwrap()
}

pub(crate) async fn all(store: &impl Queries, now: Timestamp) -> Vec<TaskRecord> {
    let page = Page {
        offset: 0,
        limit: 100_000,
    };
    store.list(&TaskFilter::default(), page, now).await.unwrap()
}

pub(crate) fn attempt_end(number: u32) -> AttemptEnd {
    let report = AttemptReport {
        number,
        route: "openai/gpt-test".to_owned(),
        outcome: "finished".to_owned(),
        cause: None,
        started_at: at(0).to_string(),
        work_time_s: 1.5,
        wait_time_s: 0.0,
        usage: Usage::default(),
        container_exit: Some(0),
        events: 3,
        verdict: None,
        calls: None,
    };
    let events = vec![("step".to_owned(), json!({ "reason": "none" }))];
    AttemptEnd { report, events }
}

pub(crate) fn task_end(id: TaskId) -> TaskEnd {
    let result = RunReport {
        output: "done".to_owned(),
        profile: "managed".to_owned(),
        egress: "gateway".to_owned(),
        attempts: vec![attempt_end(1).report],
        ..RunReport::blank(id.to_string(), TaskState::Completed)
    };
    TaskEnd {
        state: TaskState::Completed,
        result,
        recovery: Value::Null,
    }
}

pub(crate) async fn finish(store: &SqliteStore, claim: &Claim, now: Timestamp) {
    let end = attempt_end(claim.fence.attempt.number.get());
    let task = task_end(claim.task.id);
    store.finish(claim.fence, &end, &task, now).await.unwrap();
}

pub(crate) fn again(not_before: Option<Timestamp>) -> Waiting {
    Waiting {
        not_before,
        recovery: json!({ "step": 1 }),
        note: "the provider was busy".to_owned(),
    }
}

/// A term that is not the default one.
pub(crate) const TERM: LeaseTerm = LeaseTerm(Duration::from_secs(30));
