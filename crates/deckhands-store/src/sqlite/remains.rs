//! Databases that were cut short. SQLite would take some for new ones and write over what is left.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::classify::{Done, of_file};
use super::log;
use crate::error::{StoreError, StoreResult};

/// Bytes that every database begins with.
const HEAD: u64 = 100;

/// Refuses a file without its head, and a log whose database is gone, before SQLite sees them. An
/// empty file is none: SQLite makes one, and whoever dies then leaves it.
pub(super) fn refuse(path: &Path) -> StoreResult<()> {
    // The log first: whoever makes a database right now writes its head before there is a log.
    let log = length(&log_of(path)).unwrap_or(0);
    let why = match length(path) {
        None if log > 0 => "only its log is there".to_owned(),
        Some(0) if log > 0 => "it is empty, but its log is not".to_owned(),
        Some(left @ 1..HEAD) => format!("only {left} bytes are left"),
        _ => return Ok(()),
    };
    Err(StoreError::Corrupt(why))
}

/// Refuses a file that lacks what its log does not have either, which SQLite would take for zeros and
/// write over. A file may well be shorter than its database: what was written last is in the log only,
/// until that is folded in. Needs a transaction, of which the log keeps what it has.
pub(super) fn refuse_cut(tx: &Connection, path: &Path) -> Done<()> {
    let number = |pragma: &str| -> rusqlite::Result<u64> {
        let number = tx.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))?;
        Ok(u64::try_from(number).unwrap_or(0))
    };
    let (pages, size) = (number("page_count")?, number("page_size")?.max(1));
    let wanted = pages.saturating_mul(size);
    let Some(found) = length(path).filter(|found| *found < wanted) else {
        return Ok(());
    };
    let (beside, rest) = (log_of(path), found / size + 1..=pages);
    if log::has(&beside, rest, size).map_err(|error| of_file(&error))? {
        return Ok(());
    }
    let why = match length(&beside).unwrap_or(0) {
        0 => format!("{found} of {wanted} bytes are left"),
        _ => format!("{found} of {wanted} bytes are left, and its log does not have the rest"),
    };
    Err(StoreError::Corrupt(why).into())
}

/// The length of a file, where it is one. It is not opened: closing it again would take away the
/// locks that other connections of this process have on it.
fn length(path: &Path) -> Option<u64> {
    let found = fs::metadata(path).ok()?;
    found.is_file().then_some(found.len())
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}
