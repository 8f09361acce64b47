//! The end of an attempt: the task waits, for another one or as before it, or is over.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::calls;
use super::classify::Done;
use super::rows::{self, Live};
use super::values::{At, Json, Word};
use crate::error::StoreError;
use crate::records::{AttemptEnd, GIVEN_BACK};
use crate::task::{TaskEnd, Waiting};

/// The task waits for another attempt.
pub(super) fn requeue(
    db: &Connection,
    live: &Live,
    end: &AttemptEnd,
    waiting: &Waiting,
    now: Timestamp,
) -> Done<()> {
    close(db, live, end, now)?;
    let (not_before, ready_since) = rows::wait(waiting.not_before, now);
    let sql = "UPDATE tasks SET state = 'waiting', not_before = ?2, timed = ?3, ready_since = ?4,
        recovery = ?5, note = ?6, cause = coalesce(?7, cause) WHERE seq = ?1";
    db.prepare_cached(sql)?.execute(params![
        live.task,
        not_before,
        not_before.is_some(),
        ready_since,
        Json(&waiting.recovery),
        waiting.note,
        end.report.cause.map(Word),
    ])?;
    let data = json!({
        "cause": end.report.cause,
        "not_before": waiting.not_before,
        "note": waiting.note,
    });
    rows::event(db, (live.task, Some(live.number)), "requeued", &data, now)
}

/// The task is over.
pub(super) fn finish(
    db: &Connection,
    live: &Live,
    end: &AttemptEnd,
    task: &TaskEnd,
    now: Timestamp,
) -> Done<()> {
    if !task.state.is_terminal() {
        let why = format!("a task cannot end as {:?}", task.state);
        return Err(StoreError::Other(why).into());
    }
    close(db, live, end, now)?;
    let cause = end.report.cause;
    let sql = "UPDATE tasks SET state = ?2, ended_at = ?3, recovery = ?4,
        cause = coalesce(?5, cause) WHERE seq = ?1";
    db.prepare_cached(sql)?.execute(params![
        live.task,
        Word(task.state),
        At(now),
        Json(&task.recovery),
        cause.map(Word),
    ])?;
    let mut statement = db.prepare_cached("INSERT INTO results (task, result) VALUES (?1, ?2)")?;
    statement.execute(params![live.task, Json(&task.result)])?;
    let data = json!({ "state": task.state, "cause": cause });
    rows::event(db, (live.task, Some(live.number)), "finished", &data, now)
}

/// The attempt has not begun: the task waits as if it had never been claimed, but for its epoch.
pub(super) fn give_back(
    db: &Connection,
    live: &Live,
    not_before: Option<Timestamp>,
    note: &str,
    now: Timestamp,
) -> Done<bool> {
    let sql = "DELETE FROM attempts WHERE id = ?1
        AND NOT EXISTS (SELECT 1 FROM objects WHERE attempt = ?1)
        AND NOT EXISTS (SELECT 1 FROM purses JOIN slices ON purse = purses.id
            WHERE attempt = ?1 AND (open > 0 OR spent > 0))";
    if db.prepare_cached(sql)?.execute([live.attempt])? == 0 {
        return Err(StoreError::has_begun(live.id).into());
    }
    let sql = "DELETE FROM events WHERE task = ?1 AND attempt = ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![live.task, live.number])?;
    let (not_before, _) = rows::wait(not_before, now);
    // Invariant: the epoch stays. The next claim has the same number, and a higher epoch.
    let sql = "UPDATE tasks SET state = 'waiting', attempts = attempts - 1,
            started_at = CASE WHEN attempts > 1 THEN started_at END,
            not_before = ?2, timed = ?2 IS NOT NULL, ready_since = coalesce(?2, ready_since),
            note = ?3
        WHERE seq = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![live.task, not_before, note])?;
    if says(db, live.task, note)? {
        return Ok(false);
    }
    let data = json!({ "not_before": not_before.map(|at| at.0), "note": note });
    rows::event(db, (live.task, None), GIVEN_BACK, &data, now)?;
    Ok(true)
}

/// Whether the last event of the task says that it was given back for this reason.
fn says(db: &Connection, task: i64, note: &str) -> Done<bool> {
    let sql = "SELECT kind, data FROM events WHERE task = ?1 ORDER BY seq DESC LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    let last = statement.query_row([task], |row| {
        let (kind, data): (String, Json<Value>) = (row.get(0)?, row.get(1)?);
        Ok(kind == GIVEN_BACK && data.0["note"] == note)
    });
    Ok(last.optional()?.unwrap_or(false))
}

/// The attempt is over; nothing may be called in its name any more.
fn close(db: &Connection, live: &Live, end: &AttemptEnd, now: Timestamp) -> Done<()> {
    if end.report.number != live.number {
        let (told, number) = (end.report.number, live.number);
        let why = format!("the report of attempt {told} is not one of attempt {number}");
        return Err(StoreError::Other(why).into());
    }
    let sql = "UPDATE attempts SET state = 'ended', ended_at = ?2,
        lease_until = min(lease_until, ?2), session = NULL, report = ?3 WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![live.attempt, At(now), Json(&end.report)])?;
    if let Some(told) = &end.report.calls {
        calls::book(db, told)?;
    }
    for (kind, data) in &end.events {
        rows::event(db, (live.task, Some(live.number)), kind, data, now)?;
    }
    Ok(())
}
