//! A held lease: renewed while its attempt is at work, and asked before anything that cannot be
//! taken back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deckhands_store::{Fence, LeaseTerm, Progress, Renewed, Store, StoreError, StoreResult};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// The pace of a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseTimes {
    /// How long it holds without being renewed.
    pub term: LeaseTerm,
    /// How often it is renewed.
    pub heartbeat: Duration,
    /// So long before its end it counts as lost, for clocks and stores are not exact.
    pub margin: Duration,
}

impl Default for LeaseTimes {
    /// 45 s, renewed every 10 s, given up 5 s before its end.
    fn default() -> Self {
        Self {
            term: LeaseTerm::default(),
            heartbeat: Duration::from_secs(10),
            margin: Duration::from_secs(5),
        }
    }
}

/// The lease of one attempt. Once lost, it never holds again.
#[derive(Debug)]
pub struct Lease {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    times: LeaseTimes,
    fence: Fence,
    /// Until when it holds for certain, on the clock that nobody sets.
    sure_until: Mutex<Instant>,
    lost: CancellationToken,
    cancel_asked: CancellationToken,
}

/// The lease is somebody else's by now, or may be: nothing may be made or changed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease of the attempt was lost to another worker")]
pub struct LeaseLost;

impl Lease {
    /// A lease that was taken when `since` was read; read it before the store is asked.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        times: LeaseTimes,
        fence: Fence,
        since: Instant,
    ) -> Self {
        Self {
            store,
            clock,
            times,
            fence,
            sure_until: Mutex::new(since + held_for(times)),
            lost: CancellationToken::new(),
            cancel_asked: CancellationToken::new(),
        }
    }

    /// What every write carries.
    #[must_use]
    pub fn fence(&self) -> Fence {
        self.fence
    }

    /// Triggered once the lease is lost.
    #[must_use]
    pub fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Triggered once somebody asked to cancel the task.
    #[must_use]
    pub fn cancel_asked(&self) -> &CancellationToken {
        &self.cancel_asked
    }

    /// Whether it holds for certain right now.
    ///
    /// # Errors
    /// [`LeaseLost`].
    pub fn check(&self) -> Result<(), LeaseLost> {
        if self.lost.is_cancelled() || Instant::now() >= self.sure_until() {
            self.lost.cancel();
            return Err(LeaseLost);
        }
        Ok(())
    }

    /// Asks the store whether it holds, and prolongs it. What cannot be taken back follows only
    /// after this: the store has confirmed it.
    ///
    /// # Errors
    /// [`LeaseLost`]; also where the store could not answer in the time that is left.
    pub async fn confirm(&self) -> Result<(), LeaseLost> {
        let renew = |now| self.store.renew(self.fence, self.times.term, now);
        while !self.prolonged(renew).await? {}
        Ok(())
    }

    /// Tells the store that the attempt begins on a route, which confirms the lease as
    /// [`confirm`](Self::confirm) does.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn start(&self, route: &str) -> Result<(), LeaseLost> {
        let start = |now| self.store.start(self.fence, route, self.times.term, now);
        if self.prolonged(start).await? {
            return Ok(());
        }
        self.confirm().await
    }

    /// Does a write that prolongs the lease, again while the store does not answer well; `false`
    /// where the clock was set forward meanwhile: others may have found the lease ended by now.
    async fn prolonged<W>(&self, write: impl Fn(jiff::Timestamp) -> W) -> Result<bool, LeaseLost>
    where
        W: Future<Output = StoreResult<Renewed>>,
    {
        loop {
            self.check()?;
            let since = Instant::now();
            let renewed = write(self.clock.now());
            match timeout_at(self.sure_until(), renewed).await {
                Ok(Ok(renewed)) => {
                    self.set_sure_until(since + held_for(self.times));
                    if renewed.cancel_requested {
                        self.cancel_asked.cancel();
                    }
                    self.check()?;
                    return Ok(self.outlasts_margin(renewed.lease_until));
                }
                Ok(Err(StoreError::Stale)) | Err(_) => {
                    self.lost.cancel();
                    return Err(LeaseLost);
                }
                Ok(Err(error)) => {
                    tracing::warn!(attempt = %self.fence.attempt, %error, "a lease could not be renewed yet");
                    sleep(RENEW_PAUSE.min(self.times.heartbeat)).await;
                }
            }
        }
    }

    /// Renews until the lease is lost; runs beside the attempt and never ends otherwise.
    pub async fn keep(&self) -> LeaseLost {
        loop {
            sleep(self.times.heartbeat).await;
            if let Err(lost) = self.confirm().await {
                return lost;
            }
        }
    }

    /// Tells how far the attempt is. Failing at it is not worth more than a line in the log.
    pub async fn progress(&self, progress: &Progress) {
        let now = self.clock.now();
        if let Err(error) = self.store.progress(self.fence, progress, now).await {
            tracing::debug!(attempt = %self.fence.attempt, %error, "progress could not be kept");
        }
    }

    /// The store and the time of its clock, for writes under the fence.
    pub(crate) fn store(&self) -> (&Arc<dyn Store>, jiff::Timestamp) {
        (&self.store, self.clock.now())
    }

    /// Whether a lease until then holds on the clock that other workers go by.
    fn outlasts_margin(&self, lease_until: jiff::Timestamp) -> bool {
        let given_up = self.clock.now().checked_add(self.times.margin);
        given_up.is_ok_and(|given_up| given_up <= lease_until)
    }

    fn sure_until(&self) -> Instant {
        *self
            .sure_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_sure_until(&self, at: Instant) {
        let mut until = self
            .sure_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *until = at.max(*until);
    }
}

/// Between two tries at a store that does not answer well.
const RENEW_PAUSE: Duration = Duration::from_secs(1);

fn held_for(times: LeaseTimes) -> Duration {
    times.term.0.saturating_sub(times.margin)
}

#[cfg(test)]
mod tests;
