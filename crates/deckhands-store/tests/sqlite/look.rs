//! A database that is only looked at stays as it is, to the byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use deckhands_store::{Queries, SqliteOptions, SqliteStore, StoreError, Upkeep};

use crate::samples::{all, at, claim, id, open, submit};

/// A place with a database that has a part of its tasks in its log, as whoever was killed leaves it.
async fn killed(dir: &Path) -> std::path::PathBuf {
    let first = dir.join("first");
    let store = open(&first);
    for n in 0..20 {
        submit(&store, id(1, n), at(0)).await;
    }
    claim(&store, at(1)).await.unwrap();
    let path = dir.join("killed/db");
    fs::create_dir(dir.join("killed")).unwrap();
    fs::copy(&first, &path).unwrap();
    fs::copy(dir.join("first-wal"), dir.join("killed/db-wal")).unwrap();
    path
}

/// Everything beside a database; what the processes that look at it share is no part of it.
fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    let files = entries.map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    files
        .filter(|(name, content)| !name.ends_with("-shm") && !content.is_empty())
        .collect()
}

#[tokio::test]
async fn a_look_tells_everything_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path()).await;
    let before = files(&path);
    assert!(before.contains_key("db-wal"), "{:?}", before.keys());
    let seen = SqliteStore::look(&path, SqliteOptions::default()).unwrap();
    let seen = seen.unwrap();
    let tasks = all(&seen, at(2)).await;
    assert_eq!(tasks.len(), 20);
    let attempts = seen.attempts(tasks[0].id).await.unwrap();
    drop(seen);
    assert!(files(&path) == before, "something was changed");
    let store = open(&path);
    assert_eq!(tasks, all(&store, at(2)).await);
    assert_eq!(attempts, store.attempts(tasks[0].id).await.unwrap());
}

#[tokio::test]
async fn a_look_waits_for_nobody_who_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    submit(&open(&path), id(1, 1), at(0)).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let impatient = SqliteOptions {
        busy_timeout: Duration::ZERO,
        ..SqliteOptions::default()
    };
    let seen = SqliteStore::look(&path, impatient).unwrap().unwrap();
    assert!(seen.task(id(1, 1), at(1)).await.is_ok());
}

#[tokio::test]
async fn what_would_have_to_be_made_first_is_not_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let missing = SqliteStore::look(&path, SqliteOptions::default()).err();
    assert!(
        matches!(missing, Some(StoreError::ReadOnly(_))),
        "{missing:?}"
    );
    fs::write(&path, "").unwrap();
    let empty = SqliteStore::look(&path, SqliteOptions::default()).unwrap();
    assert!(empty.is_none());
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[tokio::test]
async fn what_is_refused_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = killed(dir.path()).await;
    let settled = dir.path().join("settled");
    open(&path).backup(&settled).await.unwrap();
    let whole = fs::read(&settled).unwrap();
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let foreign = b"not the tasks you are looking for\n".repeat(300);
    for (n, bytes) in [newer, foreign, whole[..5000].to_vec(), whole[..50].to_vec()]
        .into_iter()
        .enumerate()
    {
        let place = dir.path().join(n.to_string());
        fs::create_dir(&place).unwrap();
        fs::write(place.join("db"), &bytes).unwrap();
        let error = SqliteStore::look(&place.join("db"), SqliteOptions::default()).err();
        let told = match error {
            Some(StoreError::Newer { found: 99, .. }) => n == 0,
            Some(StoreError::Corrupt(_)) => n > 0,
            _ => false,
        };
        assert!(told, "{n}: {error:?}");
        assert_eq!(files(&place.join("db"))["db"], bytes, "{n}");
    }
}
