//! Copies of ended tasks: one at a time, as like the first as they can be.

use deckhands_model::{Priority, TaskState};
use deckhands_store::{MemoryStore, Queries as _};

use super::*;
use crate::commands::stored::test_store::{
    Counted, claim, finish, hand_in, id, new, now, queued, state_of,
};

async fn retry(store: &MemoryStore, ids: &Counted) -> (TaskId, &'static str) {
    let all = carry_out(store, &["01".to_owned()], ids, now()).await;
    let done = all.unwrap().remove(0);
    assert_eq!(text(&done), done.new_task_id.unwrap().to_string());
    (done.new_task_id.unwrap(), done.outcome)
}

#[tokio::test]
async fn a_copy_is_the_same_task_and_may_start_at_once() {
    let store = MemoryStore::default();
    let first = NewTask {
        priority: Priority::Low,
        batch: Some("nightly".to_owned()),
        idempotency_key: Some("key".to_owned()),
        ..new(1)
    };
    hand_in(&store, &first).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let (copy, outcome) = retry(&store, &Counted::default()).await;
    assert_eq!(outcome, "submitted");
    let record = store.task(copy, now()).await.unwrap();
    assert_eq!(
        (record.state, record.retry_of),
        (TaskState::Queued, Some(id(1)))
    );
    assert_eq!(
        (record.priority, record.batch),
        (Priority::Low, first.batch)
    );
    assert_eq!((record.title, record.model), (first.title, first.model));
    assert_eq!(store.spec(copy).await.unwrap(), first.spec);
}

#[tokio::test]
async fn there_is_one_copy_until_it_has_ended() {
    let store = queued(&[1]).await;
    let ids = Counted::default();
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let mut copies = Vec::new();
    for _ in 0..3 {
        let (copy, outcome) = retry(&store, &ids).await;
        assert_eq!(outcome, "submitted");
        assert_eq!(retry(&store, &ids).await, (copy, "existing"), "it waits");
        let claim = claim(&store).await;
        assert_eq!(retry(&store, &ids).await, (copy, "existing"), "it runs");
        finish(&store, &claim, TaskState::Failed).await;
        copies.push(copy);
    }
    copies.dedup();
    assert_eq!(copies.len(), 3);
}

#[tokio::test]
async fn two_who_hand_in_at_once_get_the_same_copy() {
    let store = queued(&[1]).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let task = store.task(id(1), now()).await.unwrap();
    let ids = Counted::default();
    // Neither has seen the other's copy in the list.
    let first = copy(&store, &task, &ids, now()).await.unwrap();
    let second = copy(&store, &task, &ids, now()).await.unwrap();
    assert_eq!((first.1, second), ("submitted", (first.0, "existing")));
}

#[tokio::test]
async fn a_task_that_has_not_ended_is_refused() {
    let store = queued(&[1]).await;
    let refused = carry_out(&store, &["01".to_owned()], &Counted::default(), now()).await;
    let error = refused.unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(
        error.message.contains("cannot be retried"),
        "{}",
        error.message
    );
    assert_eq!(state_of(&store, 1).await, TaskState::Queued);
}
