//! Figures from the counters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::classify::Done;
use super::values::{At, Urgency, Whole};
use crate::task::Stats;

/// The counters. Which of the waiting tasks may start depends on the time: those whose time has
/// come since they began to wait are counted, each a step in an index.
pub(super) fn stats(db: &Connection, now: Timestamp) -> Done<Stats> {
    let mut stats = Stats::default();
    let due = due(db, now)?;
    let mut queued = due.count;
    let sql = "SELECT state, priority, held, timed, sum(n) FROM task_counts
        GROUP BY state, priority, held, timed HAVING sum(n) > 0";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut waiting = 0;
    while let Some(row) = rows.next()? {
        let (state, priority): (String, Urgency) = (row.get(0)?, row.get(1)?);
        let (held, timed): (bool, bool) = (row.get(2)?, row.get(3)?);
        let Whole(n) = row.get(4)?;
        if state != "waiting" {
            *stats.states.entry(state).or_default() += n;
            continue;
        }
        *stats
            .waiting
            .entry(priority.0.word().to_owned())
            .or_default() += n;
        waiting += n;
        if held {
            stats.held += n;
        } else if !timed {
            queued += n;
        }
    }
    keep(&mut stats.states, "queued", queued);
    keep(&mut stats.states, "pending", waiting.saturating_sub(queued));
    let sql = "SELECT n FROM live_attempts";
    let live: Whole = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    stats.live_attempts = live.0;
    stats.oldest_queued = oldest(db)?.into_iter().chain(due.oldest).min();
    Ok(stats)
}

fn keep(states: &mut BTreeMap<String, u64>, state: &str, n: u64) {
    if n > 0 {
        states.insert(state.to_owned(), n);
    }
}

/// Tasks that waited for a time which has come.
struct Due {
    count: u64,
    oldest: Option<Timestamp>,
}

fn due(db: &Connection, now: Timestamp) -> Done<Due> {
    let sql = "SELECT count(*), min(submitted_at) FROM tasks INDEXED BY due
        WHERE state = 'waiting' AND held = 0 AND timed = 1 AND ready_since <= ?1";
    let found = db.prepare_cached(sql)?.query_row([At(now)], |row| {
        let (count, oldest): (Whole, Option<At>) = (row.get(0)?, row.get(1)?);
        Ok(Due {
            count: count.0,
            oldest: oldest.map(|at| at.0),
        })
    });
    Ok(found?)
}

/// When the oldest task was handed in that waits for nothing.
fn oldest(db: &Connection) -> Done<Option<Timestamp>> {
    let sql = "SELECT submitted_at FROM tasks INDEXED BY oldest
        WHERE state = 'waiting' AND held = 0 AND timed = 0
        ORDER BY submitted_at LIMIT 1";
    let found = db.prepare_cached(sql)?.query_row([], |row| row.get(0));
    let found: Option<At> = found.optional()?;
    Ok(found.map(|at| at.0))
}

/// When the next task may start that waits for its time only.
pub(super) fn next_start(db: &Connection, now: Timestamp) -> Done<Option<Timestamp>> {
    let sql = "SELECT min(ready_since) FROM tasks INDEXED BY due
        WHERE state = 'waiting' AND held = 0 AND timed = 1 AND ready_since > ?1";
    let next = db
        .prepare_cached(sql)?
        .query_row([At(now)], |row| row.get::<_, Option<At>>(0))?;
    Ok(next.map(|at| at.0))
}
