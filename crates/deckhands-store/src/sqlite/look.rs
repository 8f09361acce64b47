//! Looking at a database without changing it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::classify::Done;
use super::lane::Lane;
use super::{
    READS, STATEMENTS, SqliteOptions, SqliteStore, WRITES, keep_log, remains, resolved,
    safe_library, schema,
};
use crate::error::{StoreError, StoreResult};
use crate::port::Queries;

impl SqliteStore {
    /// Opens the database at `path` as it is, to be asked only: neither it nor its log is changed, and
    /// nobody who writes is waited for. `None` where it would have to be made, or brought up to date,
    /// first.
    ///
    /// # Errors
    /// `Newer`, `Corrupt` for a damaged or foreign file, `ReadOnly` where there is none or it cannot be
    /// read, `Busy`; `Other` for an unsafe SQLite library.
    pub fn look(path: &Path, options: SqliteOptions) -> StoreResult<Option<impl Queries + use<>>> {
        safe_library(rusqlite::version_number())?;
        let path = resolved(path);
        remains::refuse(&path)?;
        let Some(reader) = connect(&path, options).map_err(StoreError::from)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            path,
            options,
            // Nobody can come to write through what is returned.
            writer: Lane::start("store-write", WRITES, Vec::new())?,
            readers: Lane::start("store-look", READS, vec![reader])?,
        }))
    }
}

fn connect(path: &Path, options: SqliteOptions) -> Done<Option<Connection>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // For good: the last one that closes would bring it into the database otherwise.
    keep_log(&connection, true)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let tx = connection.transaction()?;
    let found = schema::inspect(&tx)?;
    remains::refuse_cut(&tx, path)?;
    drop(tx);
    Ok((found == schema::known()).then_some(connection))
}
