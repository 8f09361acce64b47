//! Files that are new, old, damaged, foreign, copied or out of reach.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use deckhands_store::{Queries, SqliteOptions, SqliteStore, StoreError, Upkeep};

use crate::samples::{all, at, claim, finish, id, open, submit};

/// Where SQLite keeps `user_version`, and how long its head is.
const USER_VERSION: u64 = 60;
const PAGE: u64 = 4096;

fn refusal(path: &Path) -> StoreError {
    SqliteStore::open(path, SqliteOptions::default()).unwrap_err()
}

/// A file with so many tasks, nothing of it in a log beside it.
async fn settled(dir: &Path, tasks: u32) -> PathBuf {
    let store = open(&dir.join("first"));
    for n in 0..tasks {
        submit(&store, id(1, n), at(0)).await;
    }
    let path = dir.join("db");
    store.backup(&path).await.unwrap();
    path
}

fn overwrite(path: &Path, bytes: &[u8], offset: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, offset).unwrap();
}

#[tokio::test]
async fn a_new_file_is_its_owners_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    submit(&store, id(1, 1), at(0)).await;
    let mut names = Vec::new();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name());
    }
    names.sort();
    assert_eq!(names, ["db", "db-shm", "db-wal"]);
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let store = open(&path);
    submit(&store, id(1, 1), at(0)).await;
    submit(&store, id(1, 2), at(1)).await;
    let first = claim(&store, at(2)).await.unwrap();
    finish(&store, &first, at(3)).await;
    let before = all(&store, at(4)).await;
    let events = store.events(None, 0, 100).await.unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(before, all(&store, at(4)).await);
    assert_eq!(events, store.events(None, 0, 100).await.unwrap());
    assert_eq!(events.len(), 5);
    assert!(store.result(first.task.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = settled(dir.path(), 3).await;
    overwrite(&path, &99_u32.to_be_bytes(), USER_VERSION);
    let before = fs::read(&path).unwrap();
    let newer = refusal(&path);
    let told = matches!(newer, StoreError::Newer { found: 99, known } if known < 99);
    assert!(told, "{newer:?}");
    assert_eq!(before, fs::read(&path).unwrap());
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused_as_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let garbage = dir.path().join("garbage");
    fs::write(
        &garbage,
        "these are not the tasks you are looking for".repeat(200),
    )
    .unwrap();
    let foreign = dir.path().join("foreign");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url)").unwrap();
    let version_0 = settled(dir.path(), 1).await;
    overwrite(&version_0, &[0; 4], USER_VERSION);
    for path in [garbage, foreign, version_0] {
        let before = fs::read(&path).unwrap();
        let error = refusal(&path);
        assert!(
            matches!(error, StoreError::Corrupt(_)),
            "{path:?}: {error:?}"
        );
        assert_eq!(before, fs::read(&path).unwrap());
    }
}

#[tokio::test]
async fn damage_within_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = settled(dir.path(), 300).await;
    let pages = fs::metadata(&path).unwrap().len() / PAGE;
    let noise = [0xa5; 4096];
    for page in (pages / 2)..pages {
        overwrite(&path, &noise, page * PAGE);
    }
    match SqliteStore::open(&path, SqliteOptions::default()) {
        Err(error) => assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}"),
        Ok(store) => {
            assert_ne!(store.check().await.unwrap(), Vec::<String>::new());
            let mut failures = Vec::new();
            for n in 0..300 {
                failures.extend(store.spec(id(1, n)).await.err());
            }
            let damaged = |error: &StoreError| matches!(error, StoreError::Corrupt(_));
            assert!(!failures.is_empty());
            assert!(failures.iter().all(damaged), "{failures:?}");
        }
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    // A directory, one in a directory that is missing, one in a file, one where nobody may write.
    let missing = dir.path().join("missing/db");
    let places = [dir.path().to_owned(), missing, file.join("db")];
    for path in places.iter().chain([&PathBuf::from("/proc/db")]) {
        let error = refusal(path);
        assert!(
            matches!(error, StoreError::ReadOnly(_)),
            "{path:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_backup_is_a_whole_store_and_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    for n in 0..50 {
        submit(&store, id(1, n), at(0)).await;
    }
    let to = dir.path().join("copy");
    let (copied, ()) = tokio::join!(store.backup(&to), async {
        for n in 50..100 {
            submit(&store, id(1, n), at(0)).await;
        }
    });
    copied.unwrap();
    let mode = fs::metadata(&to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = fs::read(&to).unwrap();
    let again = store.backup(&to).await;
    assert!(again.is_err());
    assert_eq!(before, fs::read(&to).unwrap());
    let copy = open(&to);
    let tasks = all(&copy, at(0)).await;
    assert!((50..=100).contains(&tasks.len()), "{}", tasks.len());
    assert_eq!(copy.check().await.unwrap(), Vec::<String>::new());
    // The copy is a store of its own.
    submit(&copy, id(2, 1), at(0)).await;
    assert!(store.task(id(2, 1), at(0)).await.is_err());
    assert!(claim(&copy, at(1)).await.is_some());
}
