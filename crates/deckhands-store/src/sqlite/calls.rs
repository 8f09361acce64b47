//! Sums of calls.

use deckhands_model::{CallsReport, ModelCalls};
use rusqlite::{Connection, OptionalExtension, params};

use super::classify::Done;
use super::values::{Json, Whole};
use crate::calls::{NAMED, key};

/// Adds the calls of an attempt that ended.
pub(super) fn book(db: &Connection, calls: &CallsReport) -> Done<()> {
    for more in &calls.models {
        add(db, more)?;
    }
    Ok(())
}

/// Every sum.
pub(super) fn all(db: &Connection) -> Done<Vec<ModelCalls>> {
    let sql = "SELECT sum FROM call_sums ORDER BY route, model, cause";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([], |row| Ok(row.get::<_, Json<_>>(0)?.0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn add(db: &Connection, more: &ModelCalls) -> Done<()> {
    let mut own = more.clone();
    let mut known = find(db, &own)?;
    if known.is_none() && is_full(db)? {
        own.model = None;
        known = find(db, &own)?;
    }
    let sum = match known {
        Some(mut sum) => {
            sum.merge(&own);
            sum
        }
        None => own,
    };
    let [route, model, cause] = key(&sum);
    let sql = "INSERT INTO call_sums (route, model, cause, sum) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET sum = excluded.sum";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![route, model, cause, Json(&sum)])?;
    Ok(())
}

fn find(db: &Connection, like: &ModelCalls) -> Done<Option<ModelCalls>> {
    let sql = "SELECT sum FROM call_sums WHERE route = ?1 AND model = ?2 AND cause = ?3";
    let found = db
        .prepare_cached(sql)?
        .query_row(key(like), |row| row.get(0));
    let found: Option<Json<ModelCalls>> = found.optional()?;
    Ok(found.map(|sum| sum.0))
}

fn is_full(db: &Connection) -> Done<bool> {
    let sql = "SELECT count(*) FROM call_sums";
    let count: Whole = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(count.0 >= NAMED as u64)
}
