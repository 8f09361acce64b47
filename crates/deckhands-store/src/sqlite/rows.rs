//! Rows as records, and the few statements that several transitions share.

use deckhands_model::{TaskId, TaskState};
use jiff::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::classify::Done;
use super::values::{At, Json, Name, Term, Urgency, Whole, Word, unreadable};
use crate::error::StoreError;
use crate::lease::{Epoch, Fence};
use crate::records::{AttemptRecord, Intent};
use crate::task::TaskRecord;

/// The columns that [`task`] reads.
pub(super) const TASK: &str = "seq, id, title, state, priority, category, model, batch, \
    submitted_at, started_at, ended_at, not_before, held, cancel_requested, attempts, cause, \
    retry_of, note";

/// The statement, but for its condition, that [`attempt`] reads.
pub(super) const ATTEMPT: &str = "SELECT attempts.id AS attempt, tasks.id AS task_id, number, \
    attempts.state AS state, attempts.epoch AS epoch, worker, lease_until, term, \
    attempts.started_at AS started_at, attempts.ended_at AS ended_at, route, progress, session, \
    adoptions, report FROM attempts JOIN tasks ON tasks.seq = attempts.task";

/// A task as it stands at `now`.
pub(super) fn task(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<TaskRecord> {
    let held = row.get("held")?;
    let not_before = time(row, "not_before")?;
    let stored: String = row.get("state")?;
    Ok(TaskRecord {
        id: row.get::<_, Name<TaskId>>("id")?.0,
        title: row.get("title")?,
        state: state(&stored, held, not_before, now)?,
        priority: row.get::<_, Urgency>("priority")?.0,
        category: optional::<Word<_>>(row, "category")?.map(|word| word.0),
        model: row.get("model")?,
        batch: row.get("batch")?,
        submitted_at: row.get::<_, At>("submitted_at")?.0,
        started_at: time(row, "started_at")?,
        ended_at: time(row, "ended_at")?,
        not_before,
        held,
        cancel_requested: row.get("cancel_requested")?,
        attempts: row.get("attempts")?,
        cause: optional::<Word<_>>(row, "cause")?.map(|word| word.0),
        retry_of: optional::<Name<_>>(row, "retry_of")?.map(|name| name.0),
        note: row.get("note")?,
    })
}

/// The state of a task by what is stored.
pub(super) fn state(
    stored: &str,
    held: bool,
    not_before: Option<Timestamp>,
    now: Timestamp,
) -> rusqlite::Result<TaskState> {
    if stored == "waiting" {
        let early = held || not_before.is_some_and(|time| time > now);
        return Ok(if early {
            TaskState::Pending
        } else {
            TaskState::Queued
        });
    }
    serde_json::from_value(Value::from(stored)).or(Err(unreadable("state")))
}

/// An attempt without its objects, and the key of its row.
pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<(i64, AttemptRecord)> {
    let record = AttemptRecord {
        task: row.get::<_, Name<TaskId>>("task_id")?.0,
        number: row.get("number")?,
        state: row.get::<_, Word<_>>("state")?.0,
        epoch: Epoch(row.get::<_, Whole>("epoch")?.0),
        worker: row.get::<_, Name<_>>("worker")?.0,
        lease_until: row.get::<_, At>("lease_until")?.0,
        term: row.get::<_, Term>("term")?.0,
        started_at: row.get::<_, At>("started_at")?.0,
        ended_at: time(row, "ended_at")?,
        route: row.get("route")?,
        progress: row.get::<_, Json<_>>("progress")?.0,
        objects: Vec::new(),
        session: optional::<Json<_>>(row, "session")?.map(|json| json.0),
        adoptions: row.get("adoptions")?,
        report: optional::<Json<_>>(row, "report")?.map(|json| json.0),
    };
    Ok((row.get("attempt")?, record))
}

/// The objects of an attempt, in the order they were written down.
pub(super) fn objects(db: &Connection, attempt: i64) -> Done<Vec<Intent>> {
    let sql = "SELECT kind, name, labels FROM objects WHERE attempt = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([attempt], |row| {
        Ok(Intent {
            kind: row.get::<_, Word<_>>(0)?.0,
            name: row.get(1)?,
            labels: row.get::<_, Json<_>>(2)?.0,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A time that may be absent.
pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(optional::<At>(row, column)?.map(|at| at.0))
}

fn optional<T: FromSql>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    row.get(column)
}

/// What a transition about a whole task looks at first.
pub(super) struct Known {
    /// The key of its row.
    pub(super) seq: i64,
    /// Where it is in its life.
    pub(super) state: TaskState,
    /// Not to be started before it is released.
    pub(super) held: bool,
    /// Not to be started before.
    pub(super) not_before: Option<Timestamp>,
    /// Somebody asked to cancel it.
    pub(super) cancel_requested: bool,
}

/// The task, or `UnknownTask`.
pub(super) fn known(db: &Connection, id: TaskId, now: Timestamp) -> Done<Known> {
    let sql = "SELECT seq, state, held, not_before, cancel_requested FROM tasks WHERE id = ?1";
    let found = db.prepare_cached(sql)?.query_row([Name(id)], |row| {
        let (held, not_before) = (row.get("held")?, time(row, "not_before")?);
        let stored: String = row.get("state")?;
        Ok(Known {
            seq: row.get("seq")?,
            state: state(&stored, held, not_before, now)?,
            held,
            not_before,
            cancel_requested: row.get("cancel_requested")?,
        })
    });
    let found = found.optional()?;
    found.ok_or_else(|| StoreError::UnknownTask(id).into())
}

/// The key of a task's row, or `UnknownTask`.
pub(super) fn seq(db: &Connection, id: TaskId) -> Done<i64> {
    let mut statement = db.prepare_cached("SELECT seq FROM tasks WHERE id = ?1")?;
    let found = statement
        .query_row([Name(id)], |row| row.get(0))
        .optional()?;
    found.ok_or_else(|| StoreError::UnknownTask(id).into())
}

/// An attempt whose lease is held: what a fenced write is about.
pub(super) struct Live {
    /// The task.
    pub(super) id: TaskId,
    /// The key of the task's row.
    pub(super) task: i64,
    /// The key of the attempt's row.
    pub(super) attempt: i64,
    /// The attempt's number.
    pub(super) number: u32,
    /// Somebody asked to cancel the task.
    pub(super) cancel_requested: bool,
}

/// The attempt that `fence` may write about, or `Stale`.
pub(super) fn live(db: &Connection, fence: Fence) -> Done<Live> {
    let sql = "SELECT tasks.seq, attempts.id, cancel_requested
        FROM tasks JOIN attempts ON attempts.task = tasks.seq
        WHERE tasks.id = ?1 AND number = ?2 AND attempts.epoch = ?3
        AND attempts.state IN ('leased', 'running')";
    let number = fence.attempt.number.get();
    let key = params![Name(fence.attempt.task), number, Whole(fence.epoch.0)];
    let found = db.prepare_cached(sql)?.query_row(key, |row| {
        Ok(Live {
            id: fence.attempt.task,
            task: row.get(0)?,
            attempt: row.get(1)?,
            number,
            cancel_requested: row.get(2)?,
        })
    });
    Ok(found.optional()?.ok_or(StoreError::Stale)?)
}

/// Writes down what happened to a task.
pub(super) fn event(
    db: &Connection,
    (task, attempt): (i64, Option<u32>),
    kind: &str,
    data: &Value,
    now: Timestamp,
) -> Done<()> {
    let sql = "INSERT INTO events (at, task, attempt, kind, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![At(now), task, attempt, kind, Json(data)])?;
    Ok(())
}

/// How a wait begins: for which time, and since when it counts. A time that is over already is
/// waited for no more, whatever the clock does.
pub(super) fn wait(not_before: Option<Timestamp>, now: Timestamp) -> (Option<At>, At) {
    let later = not_before.filter(|time| *time > now).map(At);
    (later, later.unwrap_or(At(now)))
}
