//! The shape of the database and how an older one becomes the present one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::classify::{Done, is_busy};
use super::{keep_log, remains};
use crate::error::StoreError;

/// `DKHS`: tells our files from those of other programs.
const APPLICATION_ID: i64 = 0x444b_4853;

/// Step `n` makes version `n + 1` of version `n`. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema_v1.sql")];

/// How often the change to write-ahead logging is tried while others open the same new file.
const WAL_TRIES: u32 = 20;

/// The version that this program writes.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings a new or older file up to date; refuses what is not ours before anything is changed.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Done<()> {
    // In a transaction: another process may be making it between one look and the next.
    let tx = connection.transaction()?;
    let found = inspect(&tx)?;
    remains::refuse_cut(&tx, path)?;
    drop(tx);
    write_ahead(connection)?;
    if found != known() {
        migrate(connection)?;
    }
    Ok(keep_log(connection, false)?)
}

/// Takes the steps that are missing, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Done<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it meanwhile.
    let found = inspect(&tx)?;
    let done = usize::try_from(found).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", known())?;
    tx.commit()?;
    Ok(())
}

/// The version of a file that is ours or empty.
pub(super) fn inspect(connection: &Connection) -> Done<i64> {
    let number = |pragma: &str| -> rusqlite::Result<i64> {
        connection.pragma_query_value(None, pragma, |row| row.get(0))
    };
    let version = number("user_version")?;
    let application = number("application_id")?;
    let sql = "SELECT count(*) FROM sqlite_schema";
    let things: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    let empty = application == 0 && version == 0 && things == 0;
    if application != APPLICATION_ID && !empty {
        let why = "another program's file, or a damaged head";
        return Err(StoreError::Corrupt(why.to_owned()).into());
    }
    let known = known();
    if version > known {
        let found = version;
        return Err(StoreError::Newer { found, known }.into());
    }
    if version < 0 || (version == 0 && !empty) {
        let why = format!("version {version} was never written");
        return Err(StoreError::Corrupt(why).into());
    }
    Ok(version)
}

/// Turns write-ahead logging on. SQLite does not wait for others here, so we do.
fn write_ahead(connection: &Connection) -> Done<()> {
    let mode = || {
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        })
    };
    for _ in 0..WAL_TRIES {
        match mode() {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                let why = format!("no write-ahead log is possible, only `{mode}`");
                return Err(StoreError::Other(why).into());
            }
            Err(error) if is_busy(&error) => connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy.into())
}
