//! A clock that is set back loses nothing, doubles nothing and makes no lease eternal.

use deckhands_model::TaskState;
use deckhands_store::{Queries, StoreError, Upkeep, Work};

use crate::samples::{TERM, again, at, attempt_end, claim, finish, id, open, submit, worker};

const HOUR: i64 = 3600;

#[tokio::test]
async fn what_was_handed_in_before_is_claimed_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    submit(&store, id(1, 1), at(0)).await;
    let claimed = claim(&store, at(-HOUR)).await.unwrap();
    assert_eq!(claimed.task.id, id(1, 1));
    assert_eq!(claim(&store, at(-HOUR)).await, None);
    store
        .requeue(claimed.fence, &attempt_end(1), &again(None), at(-HOUR))
        .await
        .unwrap();
    let claimed = claim(&store, at(-2 * HOUR)).await.unwrap();
    assert_eq!(claimed.task.attempts, 2);
    finish(&store, &claimed, at(-2 * HOUR)).await;
    let task = store.task(id(1, 1), at(-2 * HOUR)).await.unwrap();
    assert_eq!(task.state, TaskState::Completed);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_time_that_came_once_is_waited_for_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    submit(&store, id(1, 1), at(0)).await;
    let claimed = claim(&store, at(0)).await.unwrap();
    let later = again(Some(at(60)));
    store
        .requeue(claimed.fence, &attempt_end(1), &later, at(0))
        .await
        .unwrap();
    let state = |now| {
        let store = &store;
        async move { store.task(id(1, 1), at(now)).await.unwrap().state }
    };
    assert_eq!(state(60).await, TaskState::Queued);
    assert_eq!(state(60 - HOUR).await, TaskState::Pending);
    assert_eq!(claim(&store, at(60 - HOUR)).await, None);
    let next = store.next_start(at(60 - HOUR)).await.unwrap();
    assert_eq!(next, Some(at(60)));
    assert!(claim(&store, at(60)).await.is_some());
}

#[tokio::test]
async fn a_lease_renewed_on_the_earlier_clock_ends_one_term_later() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("db"));
    submit(&store, id(1, 1), at(0)).await;
    let claimed = claim(&store, at(0)).await.unwrap();
    let attempt = claimed.fence.attempt;
    // The lease is not over yet, and its holder goes on with it.
    let early = store.adopt(attempt, worker(2), TERM, at(-HOUR)).await;
    assert!(matches!(early, Err(StoreError::Stale)), "{early:?}");
    let renewed = store.renew(claimed.fence, TERM, at(-HOUR)).await.unwrap();
    assert_eq!(renewed.lease_until, at(30 - HOUR));
    let early = store.adopt(attempt, worker(2), TERM, at(29 - HOUR)).await;
    assert!(matches!(early, Err(StoreError::Stale)), "{early:?}");
    let adopted = store.adopt(attempt, worker(2), TERM, at(30 - HOUR));
    let adopted = adopted.await.unwrap();
    assert!(adopted.fence.epoch > claimed.fence.epoch);
    let late = store.renew(claimed.fence, TERM, at(30 - HOUR)).await;
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    finish(&store, &adopted, at(40 - HOUR)).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}
