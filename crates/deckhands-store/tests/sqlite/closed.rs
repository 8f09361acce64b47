//! A store that was closed leaves one file, which has everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deckhands_store::{SqliteOptions, SqliteStore, Upkeep};
use tokio::task::JoinSet;

use crate::samples::{all, at, id, open, submit};

/// What is left of the log.
fn log(path: &Path) -> u64 {
    fs::metadata(path.with_file_name("db-wal")).map_or(0, |log| log.len())
}

/// The database's file alone, in a place of its own.
fn alone(path: &Path, dir: &Path) -> PathBuf {
    let place = tempfile::tempdir_in(dir).unwrap().keep().join("db");
    fs::copy(path, &place).unwrap();
    place
}

#[tokio::test(start_paused = true)]
async fn the_file_alone_has_every_task_once_its_store_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    for n in 0..10 {
        let store = open(&path);
        submit(&store, id(1, n), at(0)).await;
        drop(store);
        assert_eq!(log(&path), 0, "task {n}");
        let copy = open(&alone(&path, dir.path()));
        assert_eq!(all(&copy, at(0)).await.len(), n as usize + 1);
        assert_eq!(copy.check().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_last_of_several_that_closes_leaves_no_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let stores = [open(&path), open(&path)];
    for (n, store) in (0..).zip(&stores) {
        submit(store, id(1, n), at(0)).await;
    }
    let [first, last] = stores;
    drop(first);
    assert_ne!(log(&path), 0);
    assert_eq!(all(&last, at(0)).await.len(), 2);
    drop(last);
    assert_eq!(log(&path), 0);
    let copy = open(&alone(&path, dir.path()));
    assert_eq!(all(&copy, at(0)).await.len(), 2);
}

#[tokio::test]
async fn a_store_with_several_handles_is_closed_by_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let store = Arc::new(open(&path));
    let handle = Arc::clone(&store);
    submit(&store, id(1, 1), at(0)).await;
    drop(store);
    submit(&handle, id(1, 2), at(0)).await;
    assert_ne!(log(&path), 0);
    let mut last = JoinSet::new();
    last.spawn(async move { drop(handle) });
    last.join_all().await;
    assert_eq!(log(&path), 0);
}

/// Whoever looks changes nothing, the log that it found included.
#[tokio::test]
async fn a_look_that_is_closed_last_leaves_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let store = open(&path);
    submit(&store, id(1, 1), at(0)).await;
    let seen = SqliteStore::look(&path, SqliteOptions::default()).unwrap();
    drop(store);
    let left = log(&path);
    assert_ne!(left, 0);
    drop(seen);
    assert_eq!(log(&path), left);
}
