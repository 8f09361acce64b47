//! A lease against a store that works, lies low, or gives it to somebody else.

use std::time::Duration;

use deckhands_model::{Priority, TaskId};
use deckhands_store::{Intake, MemoryStore, NewTask, QueueBounds, Work, WorkerId};
use jiff::Timestamp;
use tokio::time::sleep;

use super::*;

#[derive(Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }
}

fn worker(n: u8) -> WorkerId {
    WorkerId::from_random([n; 16])
}

async fn leased() -> (MemoryStore, Arc<TokioClock>, Lease) {
    let store = MemoryStore::default();
    let clock = Arc::new(TokioClock(Instant::now()));
    let task = NewTask {
        id: TaskId::from_random([1; 16]),
        spec: serde_json::Value::Null,
        title: String::new(),
        priority: Priority::Normal,
        category: None,
        model: None,
        batch: None,
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: None,
    };
    let now = clock.now();
    store
        .submit(&task, QueueBounds::default(), now)
        .await
        .unwrap();
    let claim = store.claim(worker(1), LeaseTerm::default(), now).await;
    let fence = claim.unwrap().unwrap().fence;
    let times = LeaseTimes::default();
    let port: Arc<dyn Store> = Arc::new(store.clone());
    let lease = Lease::new(port, clock.clone(), times, fence, Instant::now());
    (store, clock, lease)
}

#[tokio::test(start_paused = true)]
async fn it_holds_as_long_as_it_is_kept() {
    let (_store, _clock, lease) = leased().await;
    let hour = sleep(Duration::from_secs(3600));
    tokio::select! {
        _lost = lease.keep() => panic!("it was lost"),
        () = hour => {}
    }
    assert_eq!(lease.check(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn it_counts_as_lost_before_the_store_may_give_it_away() {
    let (_store, _clock, lease) = leased().await;
    sleep(Duration::from_secs(39)).await;
    assert_eq!(lease.check(), Ok(()));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        lease.check(),
        Err(LeaseLost),
        "the term is 45 s, the margin 5 s"
    );
    assert!(lease.lost().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn once_lost_it_never_holds_again() {
    let (store, clock, lease) = leased().await;
    sleep(Duration::from_secs(60)).await;
    let attempt = lease.fence().attempt;
    let adopted = store.adopt(attempt, worker(2), LeaseTerm::default(), clock.now());
    adopted.await.unwrap();
    assert_eq!(lease.confirm().await, Err(LeaseLost));
    assert_eq!(lease.check(), Err(LeaseLost));
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_brings_the_wish_to_cancel() {
    let (store, clock, lease) = leased().await;
    store
        .cancel(lease.fence().attempt.task, clock.now())
        .await
        .unwrap();
    assert!(!lease.cancel_asked().is_cancelled());
    lease.confirm().await.unwrap();
    assert!(lease.cancel_asked().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_start_keeps_it_as_a_heartbeat_does() {
    let (store, clock, lease) = leased().await;
    sleep(Duration::from_secs(30)).await;
    let attempt = lease.fence().attempt;
    store.cancel(attempt.task, clock.now()).await.unwrap();
    lease.start("openai/m").await.unwrap();
    assert!(lease.cancel_asked().is_cancelled());
    sleep(Duration::from_secs(39)).await;
    assert_eq!(lease.check(), Ok(()), "it was prolonged");
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_on_a_lease_that_somebody_else_has() {
    let (store, clock, lease) = leased().await;
    let attempt = lease.fence().attempt;
    let later = clock.now() + Duration::from_secs(60);
    let adopted = store.adopt(attempt, worker(2), LeaseTerm::default(), later);
    adopted.await.unwrap();
    assert_eq!(lease.start("openai/m").await, Err(LeaseLost));
    assert!(lease.lost().is_cancelled());
}
