//! Checking, copying and clearing the record.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use deckhands_model::TaskId;
use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, params};

use super::classify::{Done, of_file};
use super::values::{At, Name};
use super::{SqliteOptions, SqliteStore, check, lane};
use crate::error::{StoreError, StoreResult};
use crate::money::money_day;
use crate::port::Upkeep;
use crate::task::Retention;

/// Tasks that are removed in one transaction: others get their turn in between.
const PRUNED_AT_ONCE: usize = 200;

#[async_trait]
impl Upkeep for SqliteStore {
    async fn check(&self) -> StoreResult<Vec<String>> {
        let (path, options) = (self.path.clone(), self.options);
        lane::aside("store-check", move || {
            let mut connection = super::reader(&path, options)?;
            check::findings(&mut connection)
        })
        .await
    }

    async fn backup(&self, to: &Path) -> StoreResult<()> {
        let (from, options, to) = (self.path.clone(), self.options, to.to_owned());
        lane::aside("store-backup", move || backup(&from, options, &to)).await
    }

    async fn prune(&self, retention: Retention, now: Timestamp) -> StoreResult<Vec<TaskId>> {
        // What would have to have ended before all time is kept.
        let Ok(until) = now.checked_sub(retention.keep) else {
            return Ok(Vec::new());
        };
        let mut removed = Vec::new();
        let all = async {
            loop {
                let more = self.write(move |tx| prune(tx, until)).await?;
                let last = more.len() < PRUNED_AT_ONCE;
                removed.extend(more);
                if last {
                    break;
                }
            }
            while self.write(move |tx| prune_money(tx, until)).await? == PRUNED_AT_ONCE {}
            Ok(())
        };
        match all.await {
            // What is gone has to be told; the failure comes again with the next call.
            Err(error) if removed.is_empty() => Err(error),
            _ => Ok(removed),
        }
    }
}

/// Removes some of the tasks that ended until then, and all that belongs to them.
fn prune(db: &Connection, until: Timestamp) -> Done<Vec<TaskId>> {
    let sql = "SELECT seq, id FROM tasks WHERE ended_at <= ?1 ORDER BY ended_at, seq LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    let found = statement.query_map(params![At(until), limit], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Name<TaskId>>(1)?.0))
    })?;
    let found: Vec<_> = found.collect::<rusqlite::Result<_>>()?;
    let mut delete = db.prepare_cached("DELETE FROM tasks WHERE seq = ?1")?;
    for (seq, _) in &found {
        delete.execute([seq])?;
    }
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// Removes some of the payers that booked last until then, and the days that were over by then and are
/// left with nothing but what is gone. Returns the number of payers.
fn prune_money(db: &Connection, until: Timestamp) -> Done<usize> {
    let sql = "DELETE FROM purses WHERE id IN
        (SELECT id FROM purses WHERE at IS NOT NULL AND at <= ?1 ORDER BY at LIMIT ?2)";
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    let payers = db.prepare_cached(sql)?.execute(params![At(until), limit])?;
    let sql = "DELETE FROM day_money WHERE day < ?1 AND open = gone_open AND spent = gone_spent";
    db.prepare_cached(sql)?.execute([Name(money_day(until))])?;
    Ok(payers)
}

fn backup(from: &Path, options: SqliteOptions, to: &PathBuf) -> Done<()> {
    let mut new = OpenOptions::new();
    let made = new.write(true).create_new(true).mode(0o600).open(to);
    made.map_err(|error| of_file(&error))?;
    let copied = copy(from, options, to);
    if copied.is_err() {
        // Half a copy must not be taken for a whole one.
        let _left = fs::remove_file(to);
    }
    copied
}

fn copy(from: &Path, options: SqliteOptions, to: &Path) -> Done<()> {
    let source = super::reader(from, options)?;
    let mut target = Connection::open(to)?;
    target.pragma_update(None, "synchronous", "FULL")?;
    // In one step: it reads one moment of the log and keeps nobody from writing, whereas a copy
    // in pieces begins anew whenever somebody wrote in between.
    let step = Backup::new(&source, &mut target)?.step(-1)?;
    match step {
        StepResult::Done => Ok(()),
        StepResult::More | StepResult::Busy | StepResult::Locked => Err(StoreError::Busy.into()),
        _ => Err(StoreError::Other("the copy was not completed".to_owned()).into()),
    }
}
