//! Which of our errors each of SQLite's becomes.

use std::io::ErrorKind;

use rusqlite::ffi;

use super::{Fault, of_file};
use crate::error::StoreError;

fn kind(error: &StoreError) -> &'static str {
    match error {
        StoreError::Busy => "busy",
        StoreError::DiskFull => "full",
        StoreError::Corrupt(_) => "corrupt",
        StoreError::ReadOnly(_) => "read-only",
        StoreError::Other(_) => "other",
        _ => "refusal",
    }
}

#[test]
fn every_code_has_its_meaning() {
    let rows = [
        (ffi::SQLITE_BUSY, "busy"),
        (ffi::SQLITE_BUSY_SNAPSHOT, "busy"),
        (ffi::SQLITE_BUSY_RECOVERY, "busy"),
        (ffi::SQLITE_LOCKED, "busy"),
        (ffi::SQLITE_FULL, "full"),
        (ffi::SQLITE_IOERR_SHMSIZE, "full"),
        (ffi::SQLITE_IOERR_FSYNC, "other"),
        (ffi::SQLITE_NOTADB, "corrupt"),
        (ffi::SQLITE_CORRUPT, "corrupt"),
        (ffi::SQLITE_CORRUPT_INDEX, "corrupt"),
        (ffi::SQLITE_READONLY, "read-only"),
        (ffi::SQLITE_READONLY_DBMOVED, "read-only"),
        (ffi::SQLITE_CANTOPEN, "read-only"),
        (ffi::SQLITE_PERM, "read-only"),
        (ffi::SQLITE_CONSTRAINT_UNIQUE, "other"),
    ];
    for (code, meaning) in rows {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let error = StoreError::from(Fault::from(error));
        assert_eq!(kind(&error), meaning, "{code}: {error:?}");
    }
}

#[test]
fn a_file_that_cannot_be_made_has_its_meaning() {
    let rows = [
        (ErrorKind::StorageFull, "full"),
        (ErrorKind::QuotaExceeded, "full"),
        (ErrorKind::PermissionDenied, "read-only"),
        (ErrorKind::ReadOnlyFilesystem, "read-only"),
        (ErrorKind::NotFound, "read-only"),
        (ErrorKind::AlreadyExists, "other"),
    ];
    for (io, meaning) in rows {
        assert_eq!(kind(&of_file(&io.into())), meaning, "{io:?}");
    }
}
