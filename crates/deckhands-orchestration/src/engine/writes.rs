//! What must get into the store, or out of it, under a lease: tried again until it is done, or the lease
//! is lost.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use deckhands_store::{
    AttemptEnd, AttemptRecord, Intent, MoneyOfTask, Progress, Store, StoreError, StoreResult,
    TaskEnd, Waiting,
};
use jiff::Timestamp;
use tokio::time::sleep;

use super::lease::Lease;

/// The lease was lost before the write was in; another worker decides now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unwritten;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn attempts(lease: &Arc<Lease>) -> Result<Vec<AttemptRecord>, Unwritten> {
    let task = lease.fence().attempt.task;
    insist(lease, move |store, _now| async move {
        store.attempts(task).await
    })
    .await
}

pub(super) async fn money(lease: &Arc<Lease>) -> Result<MoneyOfTask, Unwritten> {
    let task = lease.fence().attempt.task;
    insist(
        lease,
        move |store, _now| async move { store.money(task).await },
    )
    .await
}

/// How far the attempt is, as it was told last.
pub(super) async fn progress(lease: &Arc<Lease>) -> Result<Progress, Unwritten> {
    let number = lease.fence().attempt.number.get();
    let mut known = attempts(lease).await?.into_iter();
    let own = known.find(|attempt| attempt.number == number);
    Ok(own.map(|attempt| attempt.progress).unwrap_or_default())
}

pub(super) async fn intended(lease: &Arc<Lease>, object: &Intent) -> Result<(), Unwritten> {
    let fence = lease.fence();
    insist(lease, move |store, now| async move {
        store.intend(fence, object, now).await
    })
    .await
}

/// How far the attempt is stays as it was told last.
pub(super) async fn paused(lease: &Arc<Lease>) -> Result<(), Unwritten> {
    let fence = lease.fence();
    let progress = &Progress {
        phase: "paused".to_owned(),
        ..progress(lease).await?
    };
    insist(lease, move |store, now| async move {
        store.pause(fence, progress, now).await
    })
    .await
}

pub(super) async fn requeued(
    lease: &Arc<Lease>,
    end: &AttemptEnd,
    waiting: &Waiting,
) -> Result<(), Unwritten> {
    let fence = lease.fence();
    insist(lease, move |store, now| async move {
        store.requeue(fence, end, waiting, now).await
    })
    .await
}

/// What came of giving a task back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GivenBack {
    /// It waits again, and its events say so.
    Told,
    /// It waits again, and its events said so before.
    Known,
    /// Something may have been made in the attempt's name: it has to come to an end.
    HasBegun,
}

pub(super) async fn given_back(
    lease: &Arc<Lease>,
    waiting: &Waiting,
) -> Result<GivenBack, Unwritten> {
    let (fence, until, note) = (lease.fence(), waiting.not_before, &waiting.note);
    insist(lease, move |store, now| async move {
        match store.give_back(fence, until, note, now).await {
            Ok(true) => Ok(GivenBack::Told),
            Ok(false) => Ok(GivenBack::Known),
            Err(StoreError::WrongState { .. }) => Ok(GivenBack::HasBegun),
            Err(error) => Err(error),
        }
    })
    .await
}

pub(super) async fn finished(
    lease: &Arc<Lease>,
    end: &AttemptEnd,
    task: &TaskEnd,
) -> Result<(), Unwritten> {
    let fence = lease.fence();
    insist(lease, move |store, now| async move {
        store.finish(fence, end, task, now).await
    })
    .await
}

async fn insist<'a, T, F, W>(lease: &'a Lease, write: W) -> Result<T, Unwritten>
where
    W: Fn(&'a Arc<dyn Store>, Timestamp) -> F,
    F: Future<Output = StoreResult<T>>,
{
    loop {
        lease.check().map_err(|_lost| Unwritten)?;
        let (store, now) = lease.store();
        match write(store, now).await {
            Ok(done) => return Ok(done),
            Err(StoreError::Stale) => {
                lease.lost().cancel();
                return Err(Unwritten);
            }
            Err(error) => {
                let attempt = lease.fence().attempt;
                tracing::warn!(%attempt, %error, "the store does not answer well; tried again");
                sleep(PAUSE).await;
            }
        }
    }
}
