//! No room: what does not fit is refused, what was acknowledged stays.

use deckhands_store::{Intake, SqliteOptions, SqliteStore, StoreError, Upkeep};

use crate::samples::{BOUNDS, all, at, claim, finish, id, open, submit, task};

#[tokio::test]
async fn a_full_database_refuses_and_keeps_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let options = SqliteOptions {
        max_pages: Some(50),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(&path, options).unwrap();
    let mut kept = 0;
    let refusal = loop {
        match store.submit(&task(id(1, kept)), BOUNDS, at(0)).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refusal, StoreError::DiskFull), "{refusal:?}");
    assert!(kept > 10, "only {kept} found room");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    drop(store);

    // With room again, all of them are there and go on.
    let store = open(&path);
    assert_eq!(all(&store, at(0)).await.len(), kept as usize);
    submit(&store, id(1, kept), at(0)).await;
    for _ in 0..=kept {
        let claimed = claim(&store, at(1)).await.unwrap();
        finish(&store, &claimed, at(1)).await;
    }
    assert_eq!(claim(&store, at(1)).await, None);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Those that wait together share one transaction, but not their fate.
#[tokio::test]
async fn a_task_that_does_not_fit_takes_the_room_from_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let options = SqliteOptions {
        max_pages: Some(60),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(&path, options).unwrap();
    let large = |n| {
        let mut task = task(id(1, n));
        if n % 4 == 2 {
            task.spec = serde_json::json!("x".repeat(1 << 20));
        }
        task
    };
    let mut together = tokio::task::JoinSet::new();
    let store = std::sync::Arc::new(store);
    for n in 0..24 {
        let store = store.clone();
        together.spawn(async move { (n, store.submit(&large(n), BOUNDS, at(0)).await) });
    }
    let mut stored = Vec::new();
    for (n, told) in together.join_all().await {
        match told {
            Ok(submitted) => stored.push(submitted.id),
            Err(StoreError::DiskFull) => assert_eq!(n % 4, 2, "{n} would have fitted"),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    assert_eq!(stored.len(), 18, "the large ones do not fit");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    drop(store);
    // What was told as done is there after opening again, and nothing else.
    let mut found: Vec<_> = all(&open(&path), at(0))
        .await
        .iter()
        .map(|t| t.id)
        .collect();
    found.sort();
    stored.sort();
    assert_eq!(found, stored);
}
