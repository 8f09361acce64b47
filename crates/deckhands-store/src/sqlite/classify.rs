//! What an error of SQLite means to a caller of the store.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::error::StoreError;

#[cfg(test)]
mod tests;

/// A failure inside a transition: SQLite's, or a refusal of ours.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite failed.
    Sql(rusqlite::Error),
    /// We refuse.
    Store(StoreError),
}

/// Result inside a transition.
pub(super) type Done<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sql(error) => classify(&error),
            Fault::Store(error) => error,
        }
    }
}

/// Whether others hold the database.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn classify(error: &rusqlite::Error) -> StoreError {
    use rusqlite::Error as E;
    let text = error.to_string();
    match error {
        // What was read is not what any transition writes.
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..) => return StoreError::Corrupt(text),
        _ => {}
    }
    // A full disk cannot grow the file that is shared among processes, and tells it in its own way.
    let extended = error.sqlite_error().map(|sqlite| sqlite.extended_code);
    if extended == Some(SQLITE_IOERR_SHMSIZE) {
        return StoreError::DiskFull;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::DiskFull,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(text),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly(text)
        }
        _ => StoreError::Other(text),
    }
}

/// What a failure to make or look at a file means.
pub(super) fn of_file(error: &std::io::Error) -> StoreError {
    use std::io::ErrorKind as K;
    match error.kind() {
        K::StorageFull | K::QuotaExceeded => StoreError::DiskFull,
        K::PermissionDenied | K::ReadOnlyFilesystem | K::NotFound | K::NotADirectory => {
            StoreError::ReadOnly(error.to_string())
        }
        _ => StoreError::Other(error.to_string()),
    }
}
