//! Following tasks to their end while others write the store. The clock is paused: waiting costs
//! nothing.

use std::cell::{Cell, RefCell};

use deckhands_store::{Intake as _, MemoryStore};

use super::*;
use crate::commands::stored::test_store::{
    Still, claim, finish, hand_in, id, new, queued, requeue,
};

/// What was shown: task and kind.
type Shown = RefCell<Vec<(TaskId, String)>>;

fn kinds(shown: &Shown, byte: u8) -> Vec<String> {
    let shown = shown.borrow();
    let own = shown.iter().filter(|(task, _)| *task == id(byte));
    own.map(|(_, kind)| kind.clone()).collect()
}

/// Watches while `meanwhile` goes on.
async fn watch(
    store: &MemoryStore,
    word: Option<&str>,
    shown: &Shown,
    meanwhile: impl Future<Output = ()>,
) -> u8 {
    let mut watcher = Watcher {
        store,
        clock: &Still,
        show: |event: &EventRecord| shown.borrow_mut().push((event.task, event.kind.clone())),
        left: || false,
    };
    let watching = async {
        match word {
            Some(word) => watcher.one(word).await.unwrap(),
            None => watcher.all().await.unwrap(),
        }
    };
    tokio::join!(watching, meanwhile).0
}

/// Lets the watcher look a few times.
async fn meanwhile() {
    tokio::time::sleep(POLL * 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_is_followed_from_its_hand_in_to_its_end() {
    let store = queued(&[1, 2]).await;
    let shown = Shown::default();
    let code = watch(&store, Some("01"), &shown, async {
        meanwhile().await;
        let first = claim(&store).await;
        meanwhile().await;
        requeue(&store, &first).await;
        meanwhile().await;
        let second = claim(&store).await;
        finish(&store, &second, TaskState::Completed).await;
    })
    .await;
    assert_eq!(code, 0);
    let kinds = kinds(&shown, 1);
    for kind in ["submitted", "claimed", "requeued", "finished"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}: {kinds:?}");
    }
    assert_eq!(kinds.iter().filter(|kind| *kind == "claimed").count(), 2);
    assert_eq!(kinds.last().unwrap(), "finished");
    assert!(shown.borrow().iter().all(|(task, _)| *task == id(1)));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_task_is_the_exit_code() {
    use TaskState::{Cancelled, Completed, Degraded, Failed};
    for (state, expected) in [(Completed, 0), (Failed, 1), (Cancelled, 1), (Degraded, 1)] {
        let store = queued(&[1]).await;
        finish(&store, &claim(&store).await, state).await;
        let code = watch(&store, Some("last"), &Shown::default(), async {}).await;
        assert_eq!(code, expected, "{state}");
    }
    let store = queued(&[1]).await;
    let code = watch(&store, Some("last"), &Shown::default(), async {
        meanwhile().await;
        store.cancel(id(1), Still.now()).await.unwrap();
    })
    .await;
    assert_eq!(code, 1, "cancelled before an attempt");
}

#[tokio::test(start_paused = true)]
async fn all_tasks_are_followed_until_none_is_left() {
    let store = queued(&[1, 2]).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let shown = Shown::default();
    let code = watch(&store, None, &shown, async {
        meanwhile().await;
        hand_in(&store, &new(3)).await;
        finish(&store, &claim(&store).await, TaskState::Completed).await;
        meanwhile().await;
        finish(&store, &claim(&store).await, TaskState::Completed).await;
    })
    .await;
    assert_eq!(code, 0, "what had failed before is not watched");
    assert_eq!(kinds(&shown, 1), [""; 0]);
    assert_eq!(kinds(&shown, 2).last().unwrap(), "finished");
    assert_eq!(kinds(&shown, 3).first().unwrap(), "submitted");
}

#[tokio::test(start_paused = true)]
async fn one_that_failed_among_all_is_told_by_the_exit_code() {
    let store = queued(&[1, 2]).await;
    let code = watch(&store, None, &Shown::default(), async {
        finish(&store, &claim(&store).await, TaskState::Failed).await;
        meanwhile().await;
        finish(&store, &claim(&store).await, TaskState::Completed).await;
    })
    .await;
    assert_eq!(code, 1);
    let none = MemoryStore::default();
    assert_eq!(watch(&none, None, &Shown::default(), async {}).await, 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_watched_for_nobody() {
    let store = queued(&[1]).await;
    let lines = Cell::new(0);
    let mut watcher = Watcher {
        store: &store,
        clock: &Still,
        show: |_: &EventRecord| lines.set(lines.get() + 1),
        left: || lines.get() > 0,
    };
    assert_eq!(watcher.one("01").await.unwrap(), 0);
    assert_eq!(lines.get(), 1);
}
