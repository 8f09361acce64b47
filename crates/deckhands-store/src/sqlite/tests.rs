//! What can be seen only with a second connection, or from within.

use std::time::Duration;

use deckhands_model::{Priority, TaskId};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

mod costs;

use super::{OLDEST_SQLITE, SqliteOptions, SqliteStore, safe_library};
use crate::error::StoreError;
use crate::port::{Intake, Queries, Upkeep};
use crate::task::{NewTask, QueueBounds, Retention};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn task(n: u32) -> NewTask {
    NewTask {
        id: TaskId::from_random(u128::from(n).to_be_bytes()),
        spec: json!({ "n": n }),
        title: String::new(),
        priority: Priority::Normal,
        category: None,
        model: None,
        batch: None,
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: None,
    }
}

#[test]
fn an_unsafe_library_is_refused() {
    assert!(safe_library(rusqlite::version_number()).is_ok());
    assert!(safe_library(OLDEST_SQLITE).is_ok());
    let error = safe_library(OLDEST_SQLITE - 1).unwrap_err();
    assert!(error.to_string().contains("3051002"), "{error}");
}

#[tokio::test]
async fn a_write_waits_for_others_only_so_long_and_a_read_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let options = SqliteOptions {
        busy_timeout: Duration::from_millis(50),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(&path, options).unwrap();
    let bounds = QueueBounds::default();
    store.submit(&task(1), bounds, at(0)).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.submit(&task(2), bounds, at(0)).await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    assert!(store.task(task(1).id, at(0)).await.is_ok());
    other.execute_batch("ROLLBACK").unwrap();
    store.submit(&task(2), bounds, at(0)).await.unwrap();
}

#[tokio::test]
async fn a_write_is_on_the_disk_before_it_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("db"), SqliteOptions::default()).unwrap();
    let settings = store.write(|tx| {
        let number = |name: &str| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let mode: String = tx.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        Ok((mode, number("synchronous")?, number("foreign_keys")?))
    });
    let full = 2;
    assert_eq!(settings.await.unwrap(), ("wal".to_owned(), full, 1));
}

#[tokio::test]
async fn pruning_leaves_nothing_of_a_task() {
    const TASKS: u32 = 250;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    for n in 0..TASKS {
        let bounds = QueueBounds::default();
        store.submit(&task(n), bounds, at(0)).await.unwrap();
        store.cancel(task(n).id, at(i64::from(n))).await.unwrap();
    }
    let retention = Retention {
        keep: Duration::from_secs(100),
    };
    // All but the last ended 100 seconds before.
    let now = at(i64::from(TASKS) - 2 + 100);
    let removed = store.prune(retention, now).await.unwrap();
    let all: Vec<TaskId> = (0..TASKS - 1).map(|n| task(n).id).collect();
    assert_eq!(removed, all);
    let db = Connection::open(&path).unwrap();
    for table in ["tasks", "specs"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let left: u32 = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 1, "{table}");
    }
    let events = store.events(None, 0, 10).await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(
        events[1].seq,
        u64::from(TASKS) * 2,
        "positions are not used again"
    );
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.prune(retention, Timestamp::MIN).await.unwrap(), []);
}

#[tokio::test]
async fn times_are_kept_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("db"), SqliteOptions::default()).unwrap();
    let odd = Timestamp::from_nanosecond(1_800_000_000_123_456_789).unwrap();
    let epoch = Timestamp::UNIX_EPOCH;
    for (n, now, time) in [(1, epoch, odd), (2, odd, Timestamp::MAX)] {
        let mut task = task(n);
        task.not_before = Some(time);
        let bounds = QueueBounds::default();
        store.submit(&task, bounds, now).await.unwrap();
        let told = store.task(task.id, now).await.unwrap();
        assert_eq!((told.not_before, told.submitted_at), (Some(time), now));
    }
}
