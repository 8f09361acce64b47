//! Whether the record is whole: SQLite's own checks, and what must be true of our rows.

use rusqlite::Connection;

use super::classify::Done;
use crate::error::StoreError;

mod money;

#[cfg(test)]
mod tests;

/// Most findings of one kind that are told.
const TOLD: usize = 20;

/// Each finds the tasks, by their `id`, of which the sentence is true, and should find none.
const RULES: &[(&str, &str)] = &[
    (
        "is running without exactly one live attempt",
        "SELECT id FROM tasks WHERE state = 'running' AND 1 <> (SELECT count(*) FROM attempts
            WHERE task = tasks.seq AND attempts.ended_at IS NULL)",
    ),
    (
        "is not running but has a live attempt",
        "SELECT id FROM tasks WHERE state <> 'running' AND EXISTS (SELECT 1 FROM attempts
            WHERE task = tasks.seq AND attempts.ended_at IS NULL)",
    ),
    (
        "has ended without a result",
        "SELECT id FROM tasks WHERE state NOT IN ('waiting', 'running')
            AND NOT EXISTS (SELECT 1 FROM results WHERE task = seq)",
    ),
    (
        "has a result but has not ended",
        "SELECT id FROM tasks JOIN results ON task = seq WHERE state IN ('waiting', 'running')",
    ),
    (
        "lacks what was handed in",
        "SELECT id FROM tasks WHERE NOT EXISTS (SELECT 1 FROM specs WHERE task = seq)",
    ),
    (
        "has a wrong number of attempts",
        "SELECT id FROM tasks WHERE attempts <> (SELECT count(*) FROM attempts WHERE task = seq)
            OR attempts <> (SELECT coalesce(max(number), 0) FROM attempts WHERE task = seq)",
    ),
    (
        "has an attempt of a later epoch than its own",
        "SELECT id FROM tasks WHERE epoch < (SELECT coalesce(max(attempts.epoch), 0)
            FROM attempts WHERE task = tasks.seq)",
    ),
    (
        "has an ended attempt that still has a session or lacks its report",
        "SELECT tasks.id FROM tasks JOIN attempts ON attempts.task = tasks.seq
            WHERE attempts.state = 'ended' AND (session IS NOT NULL OR report IS NULL)",
    ),
    (
        "has a document that cannot be read",
        "SELECT tasks.id FROM tasks LEFT JOIN specs ON specs.task = seq
            LEFT JOIN results ON results.task = seq
            WHERE NOT json_valid(spec) OR NOT json_valid(recovery) OR NOT json_valid(result)",
    ),
];

/// Finds the counters that differ from what they count.
const COUNTERS: &str = "
    WITH counted AS (
        SELECT state, priority, held, timed,
            attempts = 0 AND retry_of IS NULL AS fresh, count(*) AS n
        FROM tasks GROUP BY state, priority, held, timed, fresh
    )
    SELECT state || ' of priority ' || priority, coalesce(counted.n, 0), coalesce(kept.n, 0)
    FROM counted FULL JOIN task_counts AS kept USING (state, priority, held, timed, fresh)
    WHERE coalesce(counted.n, 0) <> coalesce(kept.n, 0)
    UNION ALL
    SELECT 'live attempts', counted, n FROM live_attempts,
        (SELECT count(*) AS counted FROM attempts WHERE ended_at IS NULL)
    WHERE counted <> n";

/// Everything that is wrong, of one moment. Damage is a finding, not a failure.
pub(super) fn findings(connection: &mut Connection) -> Done<Vec<String>> {
    let tx = connection.transaction()?;
    let mut findings = Vec::new();
    for part in [pages, references, rules, counters, money::sums] {
        match part(&tx).map_err(StoreError::from) {
            Ok(found) => findings.extend(found),
            Err(StoreError::Corrupt(why)) => findings.push(why),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(findings)
}

fn pages(db: &Connection) -> Done<Vec<String>> {
    let sql = format!("PRAGMA integrity_check({TOLD})");
    let found = texts(db, &sql)?;
    Ok(found.into_iter().filter(|text| text != "ok").collect())
}

fn references(db: &Connection) -> Done<Vec<String>> {
    let sql = "SELECT \"table\" || ' row ' || rowid || ' belongs to no row of ' || parent
        FROM pragma_foreign_key_check";
    texts(db, sql)
}

fn rules(db: &Connection) -> Done<Vec<String>> {
    let mut findings = Vec::new();
    for (sentence, sql) in RULES {
        let found = texts(db, sql)?;
        findings.extend(found.iter().map(|id| format!("task {id} {sentence}")));
    }
    Ok(findings)
}

fn counters(db: &Connection) -> Done<Vec<String>> {
    let mut statement = db.prepare(COUNTERS)?;
    let found = statement.query_map([], |row| {
        let (what, counted, kept): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!(
            "the counter of {what} is {kept}, there are {counted}"
        ))
    })?;
    Ok(found.take(TOLD).collect::<rusqlite::Result<_>>()?)
}

fn texts(db: &Connection, sql: &str) -> Done<Vec<String>> {
    let mut statement = db.prepare(sql)?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.take(TOLD).collect::<rusqlite::Result<_>>()?)
}
