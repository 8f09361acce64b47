//! Taking leases: of the task that is next, and of an attempt that is left.

use deckhands_model::{AttemptId, TaskId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use serde_json::json;

use super::classify::Done;
use super::rows;
use super::values::{At, Json, Name, Nth, Term, Urgency, Whole};
use crate::ageing::effective_priority;
use crate::error::StoreError;
use crate::lease::{Epoch, Fence, LeaseTerm, SilentLease, WorkerId};
use crate::records::Progress;
use crate::task::Claim;

#[cfg(test)]
mod tests;

/// The first of a class that is ready until then.
const FIRST: &str = "SELECT seq, ready_since FROM tasks INDEXED BY ready
    WHERE state = 'waiting' AND held = 0 AND timed = ?1 AND priority = ?2
    AND ready_since <= ?3 ORDER BY ready_since, seq LIMIT 1";

/// Leases the task that is next.
pub(super) fn claim(
    db: &Connection,
    worker: WorkerId,
    term: LeaseTerm,
    now: Timestamp,
) -> Done<Option<Claim>> {
    let Some(seq) = next(db, now)? else {
        return Ok(None);
    };
    let sql = "UPDATE tasks SET state = 'running', attempts = attempts + 1, epoch = epoch + 1,
            started_at = coalesce(started_at, ?2), not_before = NULL, timed = 0, note = NULL
        WHERE seq = ?1 RETURNING id, attempts, epoch";
    let mut statement = db.prepare_cached(sql)?;
    let fence = statement.query_row(params![seq, At(now)], |row| {
        let (task, number): (Name<TaskId>, Nth) = (row.get(0)?, row.get(1)?);
        let (task, number) = (task.0, number.0);
        Ok(Fence {
            attempt: AttemptId { task, number },
            epoch: Epoch(row.get::<_, Whole>(2)?.0),
        })
    })?;
    let lease_until = term.end(now);
    let sql = "INSERT INTO attempts
            (task, number, state, epoch, worker, lease_until, started_at, progress, term)
        VALUES (?1, ?2, 'leased', ?3, ?4, ?5, ?6, ?7, ?8)";
    let number = fence.attempt.number.get();
    db.prepare_cached(sql)?.execute(params![
        seq,
        number,
        Whole(fence.epoch.0),
        Name(worker),
        At(lease_until),
        At(now),
        Json(&Progress::default()),
        Term(term),
    ])?;
    let data = json!({ "worker": worker, "epoch": fence.epoch });
    rows::event(db, (seq, Some(number)), "claimed", &data, now)?;
    answer(db, seq, fence, lease_until, now).map(Some)
}

/// The row of the task that is next. Looks at one task of each class, however many wait.
fn next(db: &Connection, now: Timestamp) -> Done<Option<i64>> {
    let mut best = None;
    for priority in Urgency::ALL.map(Urgency) {
        // What waits for no time may start, whatever the clock says.
        for (timed, until) in [(false, Timestamp::MAX), (true, now)] {
            let key = params![timed, priority, At(until)];
            let first = db
                .prepare_cached(FIRST)?
                .query_row(key, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, At>(1)?)));
            if let Some((seq, since)) = first.optional()? {
                let rank = (effective_priority(priority.0, since.0, now), since, seq);
                best = Some(best.map_or(rank, |best| rank.min(best)));
            }
        }
    }
    Ok(best.map(|(_, _, seq)| seq))
}

/// Leases a live attempt that nobody holds any more.
pub(super) fn adopt(
    db: &Connection,
    attempt: AttemptId,
    worker: WorkerId,
    term: LeaseTerm,
    now: Timestamp,
) -> Done<Claim> {
    let sql = "SELECT id, task FROM attempts WHERE task = ?1 AND number = ?2 AND
        (state = 'paused' OR state IN ('leased', 'running') AND lease_until <= ?3)";
    let task = rows::seq(db, attempt.task)?;
    let key = params![task, attempt.number.get(), At(now)];
    let left = one(db, sql, key)?;
    take_over(db, attempt, left, (worker, term, now))
}

/// Leases a live attempt whose lease nobody has renewed since it was seen.
pub(super) fn adopt_silent(
    db: &Connection,
    seen: SilentLease,
    worker: WorkerId,
    term: LeaseTerm,
    now: Timestamp,
) -> Done<Claim> {
    let sql = "SELECT id, task FROM attempts WHERE task = ?1 AND number = ?2
        AND state IN ('leased', 'running') AND epoch = ?3 AND lease_until = ?4";
    let Fence { attempt, epoch } = seen.fence;
    let task = rows::seq(db, attempt.task)?;
    let key = params![task, attempt.number.get(), Whole(epoch.0), At(seen.until)];
    let left = one(db, sql, key)?;
    take_over(db, attempt, left, (worker, term, now))
}

/// The rows of an attempt that may be adopted and of its task, or `Stale`.
fn one(db: &Connection, sql: &str, key: &[&dyn ToSql]) -> Done<(i64, i64)> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?.ok_or(StoreError::Stale)?)
}

fn take_over(
    db: &Connection,
    attempt: AttemptId,
    (left, task): (i64, i64),
    (worker, term, now): (WorkerId, LeaseTerm, Timestamp),
) -> Done<Claim> {
    let sql = "UPDATE tasks SET epoch = epoch + 1 WHERE seq = ?1 RETURNING epoch";
    let mut statement = db.prepare_cached(sql)?;
    let epoch: Whole = statement.query_row([task], |row| row.get(0))?;
    let lease_until = term.end(now);
    // One that was frozen goes on from where it was.
    let sql = "UPDATE attempts SET epoch = ?2, worker = ?3, lease_until = ?4, term = ?5,
            adoptions = adoptions + 1,
            state = CASE WHEN route IS NULL THEN 'leased' ELSE 'running' END
        WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let (worker_name, until) = (Name(worker), At(lease_until));
    statement.execute(params![left, epoch, worker_name, until, Term(term)])?;
    let data = json!({ "worker": worker, "epoch": epoch.0 });
    let about = (task, Some(attempt.number.get()));
    rows::event(db, about, "adopted", &data, now)?;
    let epoch = Epoch(epoch.0);
    answer(db, task, Fence { attempt, epoch }, lease_until, now)
}

/// What a worker gets of a task that it has leased.
fn answer(
    db: &Connection,
    seq: i64,
    fence: Fence,
    lease_until: Timestamp,
    now: Timestamp,
) -> Done<Claim> {
    let columns = rows::TASK;
    let sql = format!(
        "SELECT {columns}, recovery, spec FROM tasks JOIN specs ON task = seq WHERE seq = ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let claim = statement.query_row([seq], |row| {
        Ok(Claim {
            fence,
            task: rows::task(row, now)?,
            spec: row.get::<_, Json<_>>("spec")?.0,
            recovery: row.get::<_, Json<_>>("recovery")?.0,
            lease_until,
        })
    });
    Ok(claim?)
}
