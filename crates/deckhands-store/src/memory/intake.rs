//! What users do with tasks, in memory.

use async_trait::async_trait;
use deckhands_model::{TaskId, TaskState};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{About, MemoryStore, Row, State, money};
use crate::error::{StoreError, StoreResult};
use crate::lease::Epoch;
use crate::port::Intake;
use crate::task::{Cancelled, NewTask, QueueBounds, Submitted, TaskRecord, cancelled};

#[async_trait]
impl Intake for MemoryStore {
    async fn submit(
        &self,
        task: &NewTask,
        bounds: QueueBounds,
        now: Timestamp,
    ) -> StoreResult<Submitted> {
        let mut state = self.lock();
        if let Some(id) = earlier(&state, task)? {
            let existing = true;
            return Ok(Submitted { id, existing });
        }
        if task.retry_of.is_none() && state.index.counted >= bounds.max_size {
            let max = bounds.max_size;
            return Err(StoreError::Full { max });
        }
        insert(&mut state, task, now);
        let (id, existing) = (task.id, false);
        Ok(Submitted { id, existing })
    }

    async fn cancel(&self, task: TaskId, now: Timestamp) -> StoreResult<Cancelled> {
        let mut state = self.lock();
        let (answer, told) = state.change(task, |row| Ok(cancel(row, now)))?;
        if let Some(kind) = told {
            state.event(About(task, None), kind, Value::Null, now);
        }
        Ok(answer)
    }

    async fn hold(&self, task: TaskId, now: Timestamp) -> StoreResult<()> {
        let mut state = self.lock();
        let changed = state.change(task, |row| {
            refuse_ended(row, "held")?;
            Ok(!std::mem::replace(&mut row.record.held, true))
        })?;
        if changed {
            state.event(About(task, None), "held", Value::Null, now);
        }
        Ok(())
    }

    async fn release(&self, task: TaskId, now: Timestamp) -> StoreResult<()> {
        let mut state = self.lock();
        let changed = state.change(task, |row| {
            refuse_ended(row, "released")?;
            Ok(release(row, now))
        })?;
        if changed {
            state.event(About(task, None), "released", Value::Null, now);
        }
        Ok(())
    }
}

/// The task of an earlier hand-in with the same key, or of this very one.
fn earlier(state: &State, task: &NewTask) -> StoreResult<Option<TaskId>> {
    if let Some(key) = &task.idempotency_key
        && let Some(row) = state.keys.get(key).and_then(|order| state.tasks.get(order))
    {
        let same = row.spec == task.spec;
        let taken = || StoreError::KeyTaken(key.clone());
        return same.then_some(Some(row.record.id)).ok_or_else(taken);
    }
    let id = task.id;
    match state.row(id) {
        Ok(row) if row.spec == task.spec => Ok(Some(id)),
        Ok(_) => Err(StoreError::KeyTaken(id.to_string())),
        Err(_) => Ok(None),
    }
}

fn insert(state: &mut State, task: &NewTask, now: Timestamp) {
    state.next_order += 1;
    let order = state.next_order;
    let row = new_row(task, now);
    state.index.put(order, row.place());
    state.tasks.insert(order, row);
    state.by_id.insert(task.id, order);
    if let Some(key) = &task.idempotency_key {
        state.keys.insert(key.clone(), order);
    }
    if let Some(batch) = &task.batch {
        state.ledger.enter(batch);
    }
    let data = json!({
        "priority": task.priority,
        "not_before": task.not_before,
        "held": task.held,
        "retry_of": task.retry_of,
    });
    state.event(About(task.id, None), "submitted", data, now);
}

fn new_row(task: &NewTask, now: Timestamp) -> Row {
    let record = TaskRecord {
        id: task.id,
        title: task.title.clone(),
        state: TaskState::Queued,
        priority: task.priority,
        category: task.category,
        model: task.model.clone(),
        batch: task.batch.clone(),
        submitted_at: now,
        started_at: None,
        ended_at: None,
        not_before: None,
        held: task.held,
        cancel_requested: false,
        attempts: 0,
        cause: None,
        retry_of: task.retry_of,
        note: None,
    };
    let mut row = Row {
        record,
        spec: task.spec.clone(),
        recovery: Value::Null,
        key: task.idempotency_key.clone(),
        ready_since: now,
        epoch: Epoch::default(),
        tries: Vec::new(),
        result: None,
        events: Vec::new(),
    };
    row.wait(task.not_before, now);
    row
}

/// The answer, and the event to tell.
fn cancel(row: &mut Row, now: Timestamp) -> (Cancelled, Option<&'static str>) {
    let record = &mut row.record;
    match record.state {
        TaskState::Pending | TaskState::Queued => {
            record.state = TaskState::Cancelled;
            record.cancel_requested = true;
            record.ended_at = Some(now);
            record.note = None;
            let money = money::of_task(row).sum();
            row.result = Some(cancelled(row.record.id, row.reports(), money));
            (Cancelled::Done, Some("cancelled"))
        }
        TaskState::Running => {
            let before = std::mem::replace(&mut record.cancel_requested, true);
            (
                Cancelled::Requested,
                (!before).then_some("cancel_requested"),
            )
        }
        ended @ (TaskState::Completed
        | TaskState::Failed
        | TaskState::Cancelled
        | TaskState::Degraded) => (Cancelled::Ended(ended), None),
    }
}

/// Whether there was anything to take back.
fn release(row: &mut Row, now: Timestamp) -> bool {
    if !row.record.held && row.record.not_before.is_none() {
        return false;
    }
    // The age of one that might have started anyway goes on.
    if row.waits() && !row.may_start(now) {
        row.ready_since = now;
    }
    row.record.held = false;
    row.record.not_before = None;
    true
}

fn refuse_ended(row: &Row, wanted: &'static str) -> StoreResult<()> {
    let (task, state) = (row.record.id, row.record.state);
    if state.is_terminal() {
        return Err(StoreError::WrongState {
            task,
            state,
            wanted,
        });
    }
    Ok(())
}
