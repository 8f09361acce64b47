//! Tasks together with the reports of their attempts.

use deckhands_model::AttemptReport;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::classify::Done;
use super::rows;
use super::values::{Json, Whole};
use crate::task::Reported;

/// Two questions, however many tasks there are.
pub(super) fn reports(
    db: &Connection,
    after: u64,
    limit: u64,
    now: Timestamp,
) -> Done<Vec<Reported>> {
    let mut reported = tasks(db, after, limit, now)?;
    let Some(last) = reported.last().map(|last| last.position) else {
        return Ok(reported);
    };
    let sql = "SELECT task, report FROM attempts WHERE task > ?1 AND task <= ?2
        AND report IS NOT NULL ORDER BY task, number";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![Whole(after), Whole(last)])?;
    // Both are in the same order.
    let mut tasks = reported.iter_mut().peekable();
    while let Some(row) = rows.next()? {
        let (Whole(task), report): (Whole, Json<AttemptReport>) = (row.get(0)?, row.get(1)?);
        while tasks.next_if(|next| next.position < task).is_some() {}
        if let Some(own) = tasks.peek_mut().filter(|next| next.position == task) {
            own.attempts.push(report.0);
        }
    }
    Ok(reported)
}

fn tasks(db: &Connection, after: u64, limit: u64, now: Timestamp) -> Done<Vec<Reported>> {
    let columns = rows::TASK;
    let sql = format!("SELECT {columns} FROM tasks WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(params![Whole(after), Whole(limit)], |row| {
        Ok(Reported {
            position: row.get::<_, Whole>("seq")?.0,
            task: rows::task(row, now)?,
            attempts: Vec::new(),
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
