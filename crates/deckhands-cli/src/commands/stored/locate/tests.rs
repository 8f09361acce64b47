//! Tasks of the store and of the home's files together.

use std::fs;

use deckhands_orchestration::SystemIds;
use deckhands_store::MemoryStore;
use tempfile::TempDir;

use super::*;
use crate::commands::stored::test_store::{id, now, queued};

/// A home where the task of this byte was begun at this second.
fn begun(byte: u8, second: i64) -> (TempDir, Home) {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    let attempt = home.task_dir(id(byte)).join("1");
    fs::create_dir_all(&attempt).unwrap();
    let record = serde_json::json!({
        "task_id": id(byte), "number": 1, "workspace": "/w",
        "started_at": Timestamp::from_second(second).unwrap(),
    });
    fs::write(attempt.join("attempt.json"), record.to_string()).unwrap();
    (dir, home)
}

async fn located(store: &MemoryStore, home: &Home, word: &str) -> Result<TaskId, String> {
    let found = locate(store, home, word, now()).await;
    found.map_err(|error| error.0.message)
}

#[tokio::test]
async fn a_task_may_be_stored_or_only_begun() {
    let store = queued(&[0x1a]).await;
    let (_dir, home) = begun(0x2b, 5);
    assert_eq!(located(&store, &home, "1").await, Ok(id(0x1a)));
    assert_eq!(located(&store, &home, "2").await, Ok(id(0x2b)));
    let (_dir, both) = begun(0x1a, 5);
    assert_eq!(located(&store, &both, "1").await, Ok(id(0x1a)));
    for word in ["3", "zz", ""] {
        assert!(located(&store, &home, word).await.is_err(), "{word}");
    }
}

#[tokio::test]
async fn a_word_for_one_of_each_is_for_none() {
    let store = queued(&[0x1a]).await;
    let (_dir, home) = begun(0x1b, 5);
    let error = located(&store, &home, "1").await.unwrap_err();
    assert!(error.contains("several"), "{error}");
}

#[tokio::test]
async fn last_is_the_later_of_both() {
    let store = queued(&[0x1a]).await;
    for (began, expected) in [(-5, 0x1a), (5, 0x2b)] {
        let (_dir, home) = begun(0x2b, began);
        assert_eq!(located(&store, &home, "last").await, Ok(id(expected)));
    }
    // A stored one counts by its hand-in, however late its attempt began.
    let store = queued(&[0x2b, 0x1a]).await;
    let (_dir, home) = begun(0x2b, 5);
    assert_eq!(located(&store, &home, "last").await, Ok(id(0x1a)));
    let none = MemoryStore::default();
    assert_eq!(located(&none, &home, "last").await, Ok(id(0x2b)));
}
