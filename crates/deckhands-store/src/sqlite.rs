//! The store on an embedded SQLite database: one file, for several processes at once.
//!
//! Writes go through one connection on a thread of its own, in immediate transactions that are on the
//! disk when a write of theirs is acknowledged; those that wait at the same time share one. Reads have connections of their own, which the
//! write-ahead log keeps from waiting for writers. The file needs a local disk: no network file
//! system has the shared memory that the processes coordinate through.

mod booking;
mod calls;
mod check;
mod claim;
mod classify;
mod ends;
mod group;
mod intake;
mod lane;
mod log;
mod look;
mod money;
mod queries;
mod remains;
mod reports;
mod rows;
mod schema;
mod stats;
mod upkeep;
mod values;
mod work;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use self::classify::{Done, of_file};
use self::group::How;
use self::lane::Lane;
use crate::error::{StoreError, StoreResult};

/// The first SQLite without the fault that could damage a database in write-ahead mode.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Connections that read. Few: what they do is short.
const READERS: usize = 2;

/// Writes of this process that wait at the same time are put on the disk together, up to a number that
/// keeps other processes waiting for milliseconds only. Immediate: a transaction that reads first and
/// then writes could fail half-way otherwise.
const WRITES: How = How {
    begin: TransactionBehavior::Immediate,
    most: 32,
};

/// There is nothing that reads could share, and several connections to do them.
const READS: How = How {
    begin: TransactionBehavior::Deferred,
    most: 1,
};

/// Bytes that the write-ahead log keeps at most once its content is in the database.
const LOG_BYTES: i64 = 16 << 20;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 64;

/// How a database is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SqliteOptions {
    /// How long a write waits for those of other processes before it fails as `Busy`.
    pub busy_timeout: Duration,
    /// Most pages of 4096 bytes that the database may have; more fails as `DiskFull`.
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    /// 5 seconds, as many pages as the disk has room for.
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            max_pages: None,
        }
    }
}

/// The durable store. Any number of processes may have the same file open. Dropping it blocks until its
/// connections are closed, a few seconds at most: the last one, if no other process has the file open,
/// brings the log's content into it.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    options: SqliteOptions,
    readers: Lane,
    /// Dropped last, when the others are closed: of two that close at once, each may find the other still
    /// open and leave the log.
    writer: Lane,
}

impl SqliteStore {
    /// Opens the database at `path`, or makes it, readable and writable by its owner only; brings
    /// one of an older program up to date. Blocks for the time of a few disk accesses.
    ///
    /// # Errors
    /// `Newer`, `Corrupt` for a damaged or foreign file, `ReadOnly` where it cannot be written or
    /// its directory does not exist, `Busy`, `DiskFull`; `Other` for an unsafe SQLite library.
    pub fn open(path: &Path, options: SqliteOptions) -> StoreResult<Self> {
        safe_library(rusqlite::version_number())?;
        let path = &resolved(path);
        remains::refuse(path)?;
        create(path)?;
        let mut writer = connect(path, options)?;
        schema::prepare(&mut writer, path).map_err(StoreError::from)?;
        let readers = (0..READERS).map(|_| reader(path, options));
        let readers = readers.collect::<StoreResult<Vec<_>>>()?;
        Ok(Self {
            path: path.to_owned(),
            options,
            readers: Lane::start("store-read", READS, readers)?,
            writer: Lane::start("store-write", WRITES, vec![writer])?,
        })
    }

    async fn write<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: Fn(&Transaction<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(work).await
    }

    async fn read<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: Fn(&Transaction<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        self.readers.run(work).await
    }
}

fn safe_library(version: i32) -> StoreResult<()> {
    if version >= OLDEST_SQLITE {
        return Ok(());
    }
    let why = format!("SQLite {version} can damage databases; {OLDEST_SQLITE} is needed");
    Err(StoreError::Other(why))
}

/// Where SQLite has the database and its log: it resolves links.
fn resolved(path: &Path) -> PathBuf {
    let found = std::fs::canonicalize(path);
    found.unwrap_or_else(|_new| path.to_owned())
}

/// Makes the file where there is none. One that exists is not opened here: closing it again would
/// take away the locks that other connections of this process have on it.
fn create(path: &Path) -> StoreResult<()> {
    let mut new = OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_made) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(of_file(&error)),
    }
}

fn connect(path: &Path, options: SqliteOptions) -> StoreResult<Connection> {
    let connected = || -> Done<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        keep_log(&connection, true)?;
        connection.busy_timeout(options.busy_timeout)?;
        // SQLite opens what it must not write for reading, without a word.
        if connection.is_readonly("main")? {
            let why = "only reading is permitted".to_owned();
            return Err(StoreError::ReadOnly(why).into());
        }
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // One plan for all values: where an index has a condition, SQLite would compile a statement
        // again for each of its uses otherwise.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        if let Some(pages) = options.max_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(connection)
    };
    connected().map_err(StoreError::from)
}

fn reader(path: &Path, options: SqliteOptions) -> StoreResult<Connection> {
    let connection = connect(path, options)?;
    let done = connection.pragma_update(None, "query_only", true);
    let done = done.and_then(|()| keep_log(&connection, false));
    done.map_err(|error| StoreError::from(classify::Fault::from(error)))?;
    Ok(connection)
}

/// Whether the log stays as it is when the connection closes. Otherwise the last one that closes
/// brings its content into the database, which is not to be done to a file that was refused.
fn keep_log(connection: &Connection, stays: bool) -> rusqlite::Result<()> {
    let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(setting, stays).map(drop)
}

#[cfg(test)]
mod tests;
