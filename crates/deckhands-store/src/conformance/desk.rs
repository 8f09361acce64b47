//! What the cases work with: a store, a clock, and usual tasks and ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::{
    AttemptId, AttemptReport, Cause, ModelCalls, RunReport, TaskId, TaskState, Usage,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Bench;
use super::calls::calls;
use super::fault::Fault;
use crate::error::StoreResult;
use crate::lease::{LeaseTerm, WorkerId};
use crate::money::{Draw, MoneyCaps, MoneyOfDay, MoneyOfPayer, MoneyOfTask, MoneySum};
use crate::port::Store;
use crate::records::{AttemptEnd, AttemptRecord, EventRecord};
use crate::task::{
    Claim, NewTask, Page, QueueBounds, Stats, Submitted, TaskEnd, TaskFilter, TaskRecord, Waiting,
};

/// The lease of every case: one minute.
pub(super) const TERM: LeaseTerm = LeaseTerm(Duration::from_secs(60));

/// Everything, in one piece.
pub(super) const ALL: Page = Page {
    offset: 0,
    limit: 1_000_000,
};

/// When every case begins.
pub(super) const BEGIN: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// An empty store and a clock.
pub(super) struct Desk {
    pub(super) bench: Arc<dyn Bench>,
    pub(super) store: Arc<dyn Store>,
    pub(super) now: Timestamp,
    ids: u64,
}

/// Everything that can be asked of a store.
#[derive(PartialEq, Debug)]
pub(super) struct Snapshot {
    pub(super) tasks: Vec<Everything>,
    events: Vec<EventRecord>,
    pub(super) live: Vec<AttemptRecord>,
    pub(super) stats: Stats,
    batches: Vec<(String, MoneySum)>,
    days: Vec<MoneyOfDay>,
    payers: Vec<MoneyOfPayer>,
    calls: Vec<ModelCalls>,
}

#[derive(PartialEq, Debug)]
pub(super) struct Everything {
    pub(super) record: TaskRecord,
    spec: Value,
    attempts: Vec<AttemptRecord>,
    result: Option<RunReport>,
    money: MoneyOfTask,
}

impl Desk {
    pub(super) async fn new(bench: Arc<dyn Bench>) -> Result<Self, Fault> {
        let store = bench.fresh().await?;
        let (now, ids) = (BEGIN, 0);
        Ok(Self {
            bench,
            store,
            now,
            ids,
        })
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.now = self.after(seconds);
    }

    /// So many seconds from now.
    pub(super) fn after(&self, seconds: u64) -> Timestamp {
        after(self.now, seconds)
    }

    /// A usual task that is not handed in yet.
    pub(super) fn task(&mut self) -> NewTask {
        self.ids += 1;
        new_task(self.ids)
    }

    pub(super) async fn hand_in(&self, task: &NewTask) -> StoreResult<Submitted> {
        let bounds = QueueBounds::default();
        self.store.submit(task, bounds, self.now).await
    }

    /// Hands in a task that differs from a usual one.
    pub(super) async fn submit(
        &mut self,
        change: impl FnOnce(&mut NewTask),
    ) -> StoreResult<TaskId> {
        let mut task = self.task();
        change(&mut task);
        Ok(self.hand_in(&task).await?.id)
    }

    pub(super) async fn usual(&mut self) -> StoreResult<TaskId> {
        self.submit(|_| ()).await
    }

    pub(super) async fn try_claim(&self) -> StoreResult<Option<Claim>> {
        self.store.claim(worker(1), TERM, self.now).await
    }

    /// The next task, which there must be.
    pub(super) async fn claim(&self) -> Result<Claim, Fault> {
        let claim = self.try_claim().await?;
        claim.ok_or_else(|| Fault::new("there was nothing to claim"))
    }

    /// The identity of the next task.
    pub(super) async fn next(&self) -> StoreResult<Option<TaskId>> {
        Ok(self.try_claim().await?.map(|claim| claim.task.id))
    }

    /// A usual task that was claimed.
    pub(super) async fn claimed(&mut self) -> Result<Claim, Fault> {
        self.usual().await?;
        self.claim().await
    }

    pub(super) async fn finish(&self, claim: &Claim, state: TaskState) -> StoreResult<()> {
        let end = end(claim);
        let task = task_end(claim, state);
        self.store.finish(claim.fence, &end, &task, self.now).await
    }

    pub(super) async fn requeue(
        &self,
        claim: &Claim,
        not_before: Option<Timestamp>,
    ) -> StoreResult<()> {
        let (end, waiting) = (end(claim), waiting(not_before));
        let fence = claim.fence;
        self.store.requeue(fence, &end, &waiting, self.now).await
    }

    pub(super) async fn record(&self, id: TaskId) -> StoreResult<TaskRecord> {
        self.store.task(id, self.now).await
    }

    /// The last attempt of a task.
    pub(super) async fn attempt(&self, id: TaskId) -> Result<AttemptRecord, Fault> {
        let last = self.store.attempts(id).await?.pop();
        last.ok_or_else(|| Fault::new("the task has no attempt"))
    }

    /// Kinds of the events of a task.
    pub(super) async fn kinds(&self, id: TaskId) -> StoreResult<Vec<String>> {
        let events = self.store.events(Some(id), 0, ALL.limit).await?;
        Ok(events.into_iter().map(|event| event.kind).collect())
    }

    pub(super) async fn snapshot(&self) -> StoreResult<Snapshot> {
        snapshot(self.store.as_ref(), self.now).await
    }
}

pub(super) async fn snapshot(store: &dyn Store, now: Timestamp) -> StoreResult<Snapshot> {
    let (mut tasks, mut batches) = (Vec::new(), BTreeSet::new());
    for record in store.list(&TaskFilter::default(), ALL, now).await? {
        let id = record.id;
        batches.extend(record.batch.clone());
        tasks.push(Everything {
            record,
            spec: store.spec(id).await?,
            attempts: store.attempts(id).await?,
            result: store.result(id).await?,
            money: store.money(id).await?,
        });
    }
    let mut of_batches = Vec::new();
    for batch in batches {
        let sum = store.money_of_batch(&batch).await?;
        of_batches.push((batch, sum));
    }
    Ok(Snapshot {
        batches: of_batches,
        days: store.money_of_days(Date::MIN).await?,
        payers: store.open_payers().await?,
        calls: store.calls().await?,
        tasks,
        events: store.events(None, 0, ALL.limit).await?,
        live: store.live_attempts().await?,
        stats: store.stats(now).await?,
    })
}

/// So many seconds later.
pub(super) fn after(time: Timestamp, seconds: u64) -> Timestamp {
    LeaseTerm(Duration::from_secs(seconds)).end(time)
}

/// So many seconds later, or earlier.
pub(super) fn moved(time: Timestamp, seconds: i16) -> Timestamp {
    time + SignedDuration::from_secs(seconds.into())
}

/// The worker of a number.
pub(super) fn worker(number: u8) -> WorkerId {
    WorkerId::from_random([number; 16])
}

/// The identity of a number. Consecutive numbers begin with different digits.
pub(super) fn id(number: u64) -> TaskId {
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let mut bytes = [0; 16];
    let (head, tail) = bytes.split_at_mut(8);
    head.copy_from_slice(&spread);
    tail.copy_from_slice(&number.to_be_bytes());
    TaskId::from_random(bytes)
}

pub(super) fn new_task(number: u64) -> NewTask {
    let spec = json!({ "text": format!("task {number}"), "number": number });
    NewTask::new(id(number), format!("task {number}"), spec)
}

/// Just so much, where the task has room for it.
pub(super) fn drawing(amount: u64, cap: u64) -> Draw {
    Draw {
        least: amount,
        wanted: amount,
        caps: MoneyCaps {
            task: Some(cap),
            ..MoneyCaps::default()
        },
    }
}

pub(super) fn waiting(not_before: Option<Timestamp>) -> Waiting {
    Waiting {
        not_before,
        recovery: json!({ "step": 2 }),
        note: "the provider asked for a pause".to_owned(),
    }
}

/// A failed end with one event of its own.
pub(super) fn end(claim: &Claim) -> AttemptEnd {
    AttemptEnd {
        report: attempt_report(claim.fence.attempt.number.get()),
        events: vec![("ladder".to_owned(), json!({ "step": "retry" }))],
    }
}

pub(super) fn attempt_report(number: u32) -> AttemptReport {
    AttemptReport {
        number,
        route: "openrouter/a".to_owned(),
        outcome: "failed".to_owned(),
        cause: Some(Cause::RateLimited),
        started_at: BEGIN.to_string(),
        work_time_s: 1.5,
        wait_time_s: 0.25,
        usage: Usage::default(),
        container_exit: Some(1),
        events: 7,
        verdict: None,
        calls: Some(calls(u64::from(number))),
    }
}

pub(super) fn task_end(claim: &Claim, state: TaskState) -> TaskEnd {
    TaskEnd {
        state,
        result: run_report(claim.fence.attempt, state),
        recovery: json!({ "step": 3 }),
    }
}

/// The result of a task whose last attempt is this one.
pub(super) fn run_report(last: AttemptId, state: TaskState) -> RunReport {
    RunReport {
        output: "done: \u{2714}".to_owned(),
        profile: "managed".to_owned(),
        egress: "none".to_owned(),
        model_served: vec!["a".to_owned()],
        attempts: (1..=last.number.get()).map(attempt_report).collect(),
        ..RunReport::blank(last.task.to_string(), state)
    }
}
