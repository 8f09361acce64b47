//! Whether the sums of money are those of what they count.

use rusqlite::Connection;

use super::TOLD;
use crate::sqlite::classify::Done;

/// Finds the sums that differ: what is counted, then what is kept.
const SUMS: &str = "
    WITH of_task AS (
        SELECT task, sum(open) AS open, sum(spent) AS spent
        FROM slices JOIN purses ON purses.id = purse JOIN attempts ON attempts.id = attempt
        GROUP BY task
    ), of_batch AS (
        SELECT batch, sum(open) AS open, sum(spent) AS spent
        FROM of_task JOIN tasks ON seq = task WHERE batch IS NOT NULL GROUP BY batch
    ), of_day AS (
        SELECT day, sum(open) AS open, sum(spent) AS spent FROM slices GROUP BY day
    ), sums AS (
        SELECT 'task ' || id AS what, coalesce(of_task.open, 0) AS open,
            coalesce(of_task.spent, 0) AS spent, money_open, money_spent
        FROM tasks LEFT JOIN of_task ON task = seq
        UNION ALL
        SELECT 'batch ' || batch, coalesce(of_batch.open, 0) + coalesce(gone_open, 0),
            coalesce(of_batch.spent, 0) + coalesce(gone_spent, 0),
            coalesce(kept.open, 0), coalesce(kept.spent, 0)
        FROM of_batch FULL JOIN batch_money AS kept USING (batch)
        UNION ALL
        SELECT 'day ' || day, coalesce(of_day.open, 0) + coalesce(gone_open, 0),
            coalesce(of_day.spent, 0) + coalesce(gone_spent, 0),
            coalesce(kept.open, 0), coalesce(kept.spent, 0)
        FROM of_day FULL JOIN day_money AS kept USING (day)
    )
    SELECT what, open, spent, money_open, money_spent FROM sums
    WHERE open <> money_open OR spent <> money_spent";

pub(super) fn sums(db: &Connection) -> Done<Vec<String>> {
    let mut statement = db.prepare(SUMS)?;
    let found = statement.query_map([], |row| {
        let what: String = row.get(0)?;
        let (open, spent): (i64, i64) = (row.get(1)?, row.get(2)?);
        let (kept_open, kept_spent): (i64, i64) = (row.get(3)?, row.get(4)?);
        Ok(format!(
            "the money of {what} is {kept_open} open and {kept_spent} spent, \
                there are {open} and {spent}"
        ))
    })?;
    Ok(found.take(TOLD).collect::<rusqlite::Result<_>>()?)
}
