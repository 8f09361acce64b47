//! Hand-in, cancelling, holding.

use async_trait::async_trait;
use deckhands_model::{AttemptReport, TaskId, TaskState};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::SqliteStore;
use super::classify::Done;
use super::money;
use super::rows::{self, Known};
use super::values::{At, Json, Name, Urgency, Whole, Word};
use crate::error::{StoreError, StoreResult};
use crate::port::Intake;
use crate::task::{Cancelled, NewTask, QueueBounds, Submitted, cancelled};

#[async_trait]
impl Intake for SqliteStore {
    async fn submit(
        &self,
        task: &NewTask,
        bounds: QueueBounds,
        now: Timestamp,
    ) -> StoreResult<Submitted> {
        let task = task.clone();
        self.write(move |tx| submit(tx, &task, bounds, now)).await
    }

    async fn cancel(&self, task: TaskId, now: Timestamp) -> StoreResult<Cancelled> {
        self.write(move |tx| cancel(tx, task, now)).await
    }

    async fn hold(&self, task: TaskId, now: Timestamp) -> StoreResult<()> {
        self.write(move |tx| hold(tx, task, now)).await
    }

    async fn release(&self, task: TaskId, now: Timestamp) -> StoreResult<()> {
        self.write(move |tx| release(tx, task, now)).await
    }
}

fn submit(db: &Connection, task: &NewTask, bounds: QueueBounds, now: Timestamp) -> Done<Submitted> {
    if let Some(id) = earlier(db, task)? {
        let existing = true;
        return Ok(Submitted { id, existing });
    }
    if task.retry_of.is_none() && fresh(db)? >= bounds.max_size {
        let max = bounds.max_size;
        return Err(StoreError::Full { max }.into());
    }
    insert(db, task, now)?;
    let id = task.id;
    let existing = false;
    Ok(Submitted { id, existing })
}

/// Waiting tasks that count against the bound.
fn fresh(db: &Connection) -> Done<u64> {
    let sql = "SELECT coalesce(sum(n), 0) FROM task_counts WHERE state = 'waiting' AND fresh = 1";
    let fresh: Whole = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(fresh.0)
}

/// The task of an earlier hand-in with the same key, or of this very one.
fn earlier(db: &Connection, task: &NewTask) -> Done<Option<TaskId>> {
    if let Some(key) = &task.idempotency_key {
        let sql = "SELECT id, spec FROM tasks JOIN specs ON task = seq WHERE idempotency_key = ?1";
        if let Some((id, spec)) = id_and_spec(db, sql, key)? {
            let same = spec == task.spec;
            let taken = || StoreError::KeyTaken(key.clone()).into();
            return if same { Ok(Some(id)) } else { Err(taken()) };
        }
    }
    let sql = "SELECT id, spec FROM tasks JOIN specs ON task = seq WHERE id = ?1";
    match id_and_spec(db, sql, &task.id.to_string())? {
        Some((id, spec)) if spec == task.spec => Ok(Some(id)),
        Some((id, _)) => Err(StoreError::KeyTaken(id.to_string()).into()),
        None => Ok(None),
    }
}

fn id_and_spec(db: &Connection, sql: &str, key: &str) -> Done<Option<(TaskId, Value)>> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([key], |row| {
        let (id, spec): (Name<TaskId>, Json<Value>) = (row.get(0)?, row.get(1)?);
        Ok((id.0, spec.0))
    });
    Ok(found.optional()?)
}

fn insert(db: &Connection, task: &NewTask, now: Timestamp) -> Done<()> {
    let (not_before, ready_since) = rows::wait(task.not_before, now);
    let sql = "INSERT INTO tasks (id, title, priority, category, model, batch, idempotency_key,
            retry_of, state, held, not_before, timed, ready_since, submitted_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', ?9, ?10, ?11, ?12, ?13)";
    db.prepare_cached(sql)?.execute(params![
        Name(task.id),
        task.title,
        Urgency(task.priority),
        task.category.map(Word),
        task.model,
        task.batch,
        task.idempotency_key,
        task.retry_of.map(Name),
        task.held,
        not_before,
        not_before.is_some(),
        ready_since,
        At(now),
    ])?;
    let seq = db.last_insert_rowid();
    let mut statement = db.prepare_cached("INSERT INTO specs (task, spec) VALUES (?1, ?2)")?;
    statement.execute(params![seq, Json(&task.spec)])?;
    let data = json!({
        "priority": task.priority,
        "not_before": task.not_before,
        "held": task.held,
        "retry_of": task.retry_of,
    });
    rows::event(db, (seq, None), "submitted", &data, now)
}

fn cancel(db: &Connection, id: TaskId, now: Timestamp) -> Done<Cancelled> {
    let task = rows::known(db, id, now)?;
    match task.state {
        TaskState::Pending | TaskState::Queued => {
            let sql = "UPDATE tasks SET state = 'cancelled', cancel_requested = 1, ended_at = ?2,
                note = NULL WHERE seq = ?1";
            db.prepare_cached(sql)?
                .execute(params![task.seq, At(now)])?;
            let money = money::of_task(db, task.seq)?.sum();
            let result = cancelled(id, reports(db, task.seq)?, money);
            let sql = "INSERT INTO results (task, result) VALUES (?1, ?2)";
            db.prepare_cached(sql)?
                .execute(params![task.seq, Json(&result)])?;
            rows::event(db, (task.seq, None), "cancelled", &Value::Null, now)?;
            Ok(Cancelled::Done)
        }
        TaskState::Running => {
            if !task.cancel_requested {
                let sql = "UPDATE tasks SET cancel_requested = 1 WHERE seq = ?1";
                db.prepare_cached(sql)?.execute([task.seq])?;
                rows::event(db, (task.seq, None), "cancel_requested", &Value::Null, now)?;
            }
            Ok(Cancelled::Requested)
        }
        ended @ (TaskState::Completed
        | TaskState::Failed
        | TaskState::Cancelled
        | TaskState::Degraded) => Ok(Cancelled::Ended(ended)),
    }
}

/// How the attempts of a task ended that has none under way.
fn reports(db: &Connection, task: i64) -> Done<Vec<AttemptReport>> {
    let sql = "SELECT report FROM attempts WHERE task = ?1 ORDER BY number";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([task], |row| Ok(row.get::<_, Json<_>>(0)?.0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn hold(db: &Connection, id: TaskId, now: Timestamp) -> Done<()> {
    let task = going_on(db, id, "held", now)?;
    if task.held {
        return Ok(());
    }
    let sql = "UPDATE tasks SET held = 1 WHERE seq = ?1";
    db.prepare_cached(sql)?.execute([task.seq])?;
    rows::event(db, (task.seq, None), "held", &Value::Null, now)
}

fn release(db: &Connection, id: TaskId, now: Timestamp) -> Done<()> {
    let task = going_on(db, id, "released", now)?;
    if !task.held && task.not_before.is_none() {
        return Ok(());
    }
    // The age of one that might have started anyway goes on.
    let ready_since = (task.state == TaskState::Pending).then_some(At(now));
    let sql = "UPDATE tasks SET held = 0, not_before = NULL, timed = 0,
        ready_since = coalesce(?2, ready_since) WHERE seq = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![task.seq, ready_since])?;
    rows::event(db, (task.seq, None), "released", &Value::Null, now)
}

/// A task that has not ended.
fn going_on(db: &Connection, id: TaskId, wanted: &'static str, now: Timestamp) -> Done<Known> {
    let known = rows::known(db, id, now)?;
    if known.state.is_terminal() {
        let (task, state) = (id, known.state);
        let refusal = StoreError::WrongState {
            task,
            state,
            wanted,
        };
        return Err(refusal.into());
    }
    Ok(known)
}
