//! A call whose future is dropped is done or not done, never half.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use deckhands_model::TaskState;
use deckhands_store::{Intake, Queries, StoreError, Upkeep, Work};

use crate::samples::{BOUNDS, TERM, all, at, claim, finish, id, open, submit, task, worker};

/// Begins a call and drops it at once.
fn begin<F: Future>(call: F) {
    let call = pin!(call);
    let _polled = call.poll(&mut Context::from_waker(Waker::noop()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_dropped_call_is_done_or_not_done() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    for n in 0..60 {
        begin(store.submit(&task(id(1, n)), BOUNDS, at(0)));
        submit(&store, id(2, n), at(0)).await;
        begin(store.claim(worker(9), TERM, at(0)));
        begin(store.cancel(id(2, n), at(0)));
        begin(store.hold(id(2, n), at(0)));
    }
    // Writes are done in their order: what was begun before this one is over after it.
    submit(&store, id(3, 0), at(0)).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    // Whatever was begun, everything goes on: what leases are left is adopted.
    for live in store.live_attempts().await.unwrap() {
        let attempt = live.id().unwrap();
        let adopted = store
            .adopt(attempt, worker(2), TERM, at(100))
            .await
            .unwrap();
        finish(&store, &adopted, at(100)).await;
    }
    while let Some(claimed) = claim(&store, at(200)).await {
        finish(&store, &claimed, at(200)).await;
    }
    let tasks = all(&store, at(300)).await;
    assert!(tasks.len() >= 60);
    for task in tasks {
        let events = store.events(Some(task.id), 0, 100).await.unwrap();
        let count = |kind: &str| events.iter().filter(|event| event.kind == kind).count();
        assert_eq!(count("submitted"), 1, "{task:?}");
        assert_eq!(count("claimed"), usize::from(task.attempts > 0), "{task:?}");
        match task.state {
            TaskState::Completed => assert_eq!(count("finished"), 1),
            TaskState::Cancelled => assert_eq!(count("cancelled"), 1),
            TaskState::Pending => assert_eq!((count("held"), task.held), (1, true)),
            TaskState::Queued | TaskState::Running | TaskState::Failed | TaskState::Degraded => {
                panic!("{task:?}")
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_was_never_begun_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    drop(store.submit(&task(id(1, 1)), BOUNDS, at(0)));
    let found = store.task(id(1, 1), at(0)).await;
    assert!(matches!(found, Err(StoreError::UnknownTask(_))));
}
