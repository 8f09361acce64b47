//! What is known.

use async_trait::async_trait;
use deckhands_model::{ModelCalls, RunReport, TaskId, TaskState};
use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::SqliteStore;
use super::calls;
use super::classify::Done;
use super::money;
use super::reports;
use super::rows;
use super::stats;
use super::values::{At, Json, Name, Whole};
use crate::error::{StoreError, StoreResult};
use crate::money::MoneyOfTask;
use crate::port::Queries;
use crate::records::{AttemptRecord, EventRecord};
use crate::task::{Page, Reported, Stats, TaskFilter, TaskRecord};

#[async_trait]
impl Queries for SqliteStore {
    async fn task(&self, id: TaskId, now: Timestamp) -> StoreResult<TaskRecord> {
        self.read(move |tx| task(tx, id, now)).await
    }

    async fn find(&self, prefix: &str) -> StoreResult<Vec<TaskId>> {
        let prefix = prefix.to_owned();
        self.read(move |tx| find(tx, &prefix)).await
    }

    async fn list(
        &self,
        filter: &TaskFilter,
        page: Page,
        now: Timestamp,
    ) -> StoreResult<Vec<TaskRecord>> {
        let filter = filter.clone();
        self.read(move |tx| list(tx, &filter, page, now)).await
    }

    async fn spec(&self, id: TaskId) -> StoreResult<Value> {
        self.read(move |tx| {
            let sql = "SELECT spec FROM tasks JOIN specs ON task = seq WHERE id = ?1";
            let found = tx
                .prepare_cached(sql)?
                .query_row([Name(id)], |row| row.get(0));
            let found: Option<Json<Value>> = found.optional()?;
            Ok(found.ok_or(StoreError::UnknownTask(id))?.0)
        })
        .await
    }

    async fn attempts(&self, id: TaskId) -> StoreResult<Vec<AttemptRecord>> {
        self.read(move |tx| {
            let seq = rows::seq(tx, id)?;
            attempts(tx, "attempts.task = ?1 ORDER BY number", &[&seq])
        })
        .await
    }

    async fn reports(&self, after: u64, limit: u64, now: Timestamp) -> StoreResult<Vec<Reported>> {
        self.read(move |tx| reports::reports(tx, after, limit, now))
            .await
    }

    async fn live_attempts(&self) -> StoreResult<Vec<AttemptRecord>> {
        self.read(|tx| attempts(tx, "attempts.ended_at IS NULL ORDER BY attempts.id", &[]))
            .await
    }

    async fn cancels_asked(&self) -> StoreResult<Vec<TaskId>> {
        self.read(|tx| {
            let sql = "SELECT id FROM tasks
                WHERE state = 'running' AND cancel_requested = 1 ORDER BY seq";
            let mut statement = tx.prepare_cached(sql)?;
            let found = statement.query_map([], |row| Ok(row.get::<_, Name<TaskId>>(0)?.0))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn result(&self, id: TaskId) -> StoreResult<Option<RunReport>> {
        self.read(move |tx| {
            let seq = rows::seq(tx, id)?;
            let sql = "SELECT result FROM results WHERE task = ?1";
            let found = tx.prepare_cached(sql)?.query_row([seq], |row| row.get(0));
            let found: Option<Json<RunReport>> = found.optional()?;
            Ok(found.map(|json| json.0))
        })
        .await
    }

    async fn events(
        &self,
        task: Option<TaskId>,
        after: u64,
        limit: u64,
    ) -> StoreResult<Vec<EventRecord>> {
        self.read(move |tx| events(tx, task, after, limit)).await
    }

    async fn money(&self, id: TaskId) -> StoreResult<MoneyOfTask> {
        self.read(move |tx| money::of_task(tx, rows::seq(tx, id)?))
            .await
    }

    async fn next_start(&self, now: Timestamp) -> StoreResult<Option<Timestamp>> {
        self.read(move |tx| stats::next_start(tx, now)).await
    }

    async fn calls(&self) -> StoreResult<Vec<ModelCalls>> {
        self.read(|tx| calls::all(tx)).await
    }

    async fn stats(&self, now: Timestamp) -> StoreResult<Stats> {
        self.read(move |tx| stats::stats(tx, now)).await
    }
}

fn task(db: &Connection, id: TaskId, now: Timestamp) -> Done<TaskRecord> {
    let columns = rows::TASK;
    let mut statement = db.prepare_cached(&format!("SELECT {columns} FROM tasks WHERE id = ?1"))?;
    let found = statement.query_row([Name(id)], |row| rows::task(row, now));
    Ok(found.optional()?.ok_or(StoreError::UnknownTask(id))?)
}

fn find(db: &Connection, prefix: &str) -> Done<Vec<TaskId>> {
    let id = |row: &rusqlite::Row<'_>| Ok(row.get::<_, Name<TaskId>>(0)?.0);
    if prefix == "last" {
        let mut statement = db.prepare_cached("SELECT id FROM tasks ORDER BY seq DESC LIMIT 1")?;
        let found = statement.query_row([], id).optional()?;
        return Ok(found.into_iter().collect());
    }
    // `g` follows every hexadecimal digit.
    let from = prefix.to_ascii_lowercase();
    let to = format!("{from}g");
    let sql = "SELECT id FROM tasks WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([from, to], id)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn list(db: &Connection, filter: &TaskFilter, page: Page, now: Timestamp) -> Done<Vec<TaskRecord>> {
    let mut wanted = Vec::new();
    if !filter.states.is_empty() {
        let states: Vec<String> = filter
            .states
            .iter()
            .map(|state| condition(*state))
            .collect();
        wanted.push(format!("({})", states.join(" OR ")));
    }
    if filter.batch.is_some() {
        wanted.push("batch = ?2".to_owned());
    }
    let columns = rows::TASK;
    let wanted = wanted.iter().map(|one| format!(" AND {one}"));
    let wanted: String = wanted.collect();
    let sql = format!(
        "SELECT {columns} FROM tasks WHERE ?1 IS NOT NULL AND ?2 IS ?2{wanted}
            ORDER BY seq LIMIT ?3 OFFSET ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let key = params![At(now), filter.batch, Whole(page.limit), Whole(page.offset)];
    let found = statement.query_map(key, |row| rows::task(row, now))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// What is true of the rows of tasks in `state` at the time `?1`.
fn condition(state: TaskState) -> String {
    let early = "(held = 1 OR (not_before IS NOT NULL AND not_before > ?1))";
    match state {
        TaskState::Pending => format!("(state = 'waiting' AND {early})"),
        TaskState::Queued => format!("(state = 'waiting' AND NOT {early})"),
        TaskState::Running
        | TaskState::Completed
        | TaskState::Failed
        | TaskState::Cancelled
        | TaskState::Degraded => format!("state = '{}'", state.word()),
    }
}

fn attempts(db: &Connection, which: &str, key: &[&dyn ToSql]) -> Done<Vec<AttemptRecord>> {
    let columns = rows::ATTEMPT;
    let mut statement = db.prepare_cached(&format!("{columns} WHERE {which}"))?;
    let found = statement.query_map(key, rows::attempt)?;
    let mut records = Vec::new();
    for found in found {
        let (id, mut record) = found?;
        record.objects = rows::objects(db, id)?;
        records.push(record);
    }
    Ok(records)
}

fn events(db: &Connection, task: Option<TaskId>, after: u64, limit: u64) -> Done<Vec<EventRecord>> {
    let which = if task.is_some() {
        "tasks.id = ?1"
    } else {
        "?1 IS NULL"
    };
    let sql = format!(
        "SELECT events.seq, at, tasks.id, attempt, kind, data
            FROM events JOIN tasks ON tasks.seq = events.task
            WHERE {which} AND events.seq > ?2 ORDER BY events.seq LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let key = params![task.map(Name), Whole(after), Whole(limit)];
    let found = statement.query_map(key, |row| {
        Ok(EventRecord {
            seq: row.get::<_, Whole>(0)?.0,
            at: row.get::<_, At>(1)?.0,
            task: row.get::<_, Name<TaskId>>(2)?.0,
            attempt: row.get(3)?,
            kind: row.get(4)?,
            data: row.get::<_, Json<_>>(5)?.0,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
