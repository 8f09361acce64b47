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
