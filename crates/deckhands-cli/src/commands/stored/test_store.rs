//! A store in memory with tasks in every state, for the tests of the commands.

use std::sync::atomic::{AtomicU8, Ordering};

use deckhands_model::{
    AttemptReport, CallsReport, Cause, Priority, RunReport, TaskId, TaskState, Timings, Usage,
};
use deckhands_orchestration::{Clock, IdSource};
use deckhands_store::{
    AttemptEnd, Claim, Intake as _, LeaseTerm, MemoryStore, NewTask, Queries as _, QueueBounds,
    TaskEnd, Waiting, Work as _, WorkerId,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sample;

/// The time of everything that happens here.
pub(in crate::commands) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// A clock that stands.
#[derive(Debug)]
pub(in crate::commands) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// Ids that count.
#[derive(Debug, Default)]
pub(in crate::commands) struct Counted(AtomicU8);

impl IdSource for Counted {
    fn random(&self) -> [u8; 16] {
        [0xf0 + self.0.fetch_add(1, Ordering::Relaxed); 16]
    }
}

/// The id of the task of a byte. Its first two digits are that byte.
pub(in crate::commands) fn id(byte: u8) -> TaskId {
    TaskId::from_random([byte; 16])
}

/// A task that is handed in.
pub(in crate::commands) fn new(byte: u8) -> NewTask {
    NewTask {
        id: id(byte),
        spec: json!({ "text": format!("task {byte}") }),
        title: format!("task {byte}"),
        priority: Priority::Normal,
        category: None,
        model: Some("openai/m".to_owned()),
        batch: None,
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: None,
    }
}

/// Hands tasks of these bytes in.
pub(in crate::commands) async fn queued(bytes: &[u8]) -> MemoryStore {
    let store = MemoryStore::default();
    for byte in bytes {
        hand_in(&store, &new(*byte)).await;
    }
    store
}

pub(in crate::commands) async fn hand_in(store: &MemoryStore, task: &NewTask) {
    let submitted = store.submit(task, QueueBounds::default(), now()).await;
    assert!(!submitted.unwrap().existing);
}

/// Leases the task that is next, and begins its attempt.
pub(in crate::commands) async fn claim(store: &MemoryStore) -> Claim {
    let worker = WorkerId::from_random([1; 16]);
    let claim = store.claim(worker, LeaseTerm::default(), now()).await;
    let claim = claim.unwrap().unwrap();
    let started = store.start(claim.fence, "openai/m", LeaseTerm::default(), now());
    started.await.unwrap();
    claim
}

/// Ends a leased task with a result of this state.
pub(in crate::commands) async fn finish(store: &MemoryStore, claim: &Claim, state: TaskState) {
    let result = report(claim, state);
    let end = TaskEnd {
        state,
        result,
        recovery: Value::Null,
    };
    let attempt = attempt_end(claim, state);
    store
        .finish(claim.fence, &attempt, &end, now())
        .await
        .unwrap();
}

/// Completes a leased task after these calls.
pub(in crate::commands) async fn finish_after(
    store: &MemoryStore,
    claim: &Claim,
    calls: CallsReport,
) {
    let state = TaskState::Completed;
    let end = TaskEnd {
        state,
        result: report(claim, state),
        recovery: Value::Null,
    };
    let mut attempt = attempt_end(claim, state);
    attempt.report.calls = Some(calls);
    store
        .finish(claim.fence, &attempt, &end, now())
        .await
        .unwrap();
}

/// Lets a leased task wait for another attempt.
pub(in crate::commands) async fn requeue(store: &MemoryStore, claim: &Claim) {
    let waiting = Waiting {
        not_before: None,
        recovery: Value::Null,
        note: "again".to_owned(),
    };
    let attempt = attempt_end(claim, TaskState::Failed);
    let again = store.requeue(claim.fence, &attempt, &waiting, now());
    again.await.unwrap();
}

/// The state of a task as it is told.
pub(in crate::commands) async fn state_of(store: &MemoryStore, byte: u8) -> TaskState {
    store.task(id(byte), now()).await.unwrap().state
}

fn report(claim: &Claim, state: TaskState) -> RunReport {
    let report = match state {
        TaskState::Failed => sample::failed(Cause::Stuck),
        state => RunReport {
            state,
            timings: Timings::default(),
            ..sample::completed()
        },
    };
    RunReport {
        task_id: claim.task.id.to_string(),
        ..report
    }
}

fn attempt_end(claim: &Claim, state: TaskState) -> AttemptEnd {
    let (outcome, cause) = match state {
        TaskState::Failed => ("failed", Some(Cause::Stuck)),
        TaskState::Cancelled => ("cancelled", None),
        _ => ("finished", None),
    };
    AttemptEnd {
        report: AttemptReport {
            number: claim.fence.attempt.number.get(),
            outcome: outcome.to_owned(),
            cause,
            usage: Usage::default(),
            ..sample::attempt()
        },
        events: Vec::new(),
    }
}
