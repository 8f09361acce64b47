//! The part of the port that workers use.

use std::fmt;

use async_trait::async_trait;
use deckhands_model::AttemptId;
use jiff::Timestamp;
use serde_json::Value;

use crate::error::StoreResult;
use crate::lease::{Fence, LeaseTerm, SilentLease, WorkerId};
use crate::money::{Draw, Drawn};
use crate::records::{AttemptEnd, Intent, Progress, Session};
use crate::task::{Claim, Renewed, TaskEnd, Waiting};

/// What workers do. Every write but a claim carries the fence of the lease.
#[async_trait]
pub trait Work: Send + Sync + fmt::Debug {
    /// Leases the task that is next: lower effective priority first, then age. A task's effective
    /// priority is its own, one less for every full 10 minutes since it was handed in (or, after a
    /// wait, since it may start), down to 0; so a `low` one goes before any newer task after 30
    /// minutes. Held tasks, and those with a `not_before` in the future, are passed over. It is
    /// `running` with a new attempt afterwards.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn claim(
        &self,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Option<Claim>>;

    /// Leases a live attempt anew, with a higher epoch and the same number: a paused one, or one
    /// whose lease has ended.
    ///
    /// # Errors
    /// `Stale` where another worker holds it or it is over; `UnknownTask`; a failure of the back end.
    async fn adopt(
        &self,
        attempt: AttemptId,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim>;

    /// As [`adopt`](Self::adopt), for an attempt whose lease has not ended by `now` because the clock
    /// was set back. It is taken where its lease is still the one that was seen.
    ///
    /// # Errors
    /// `Stale` where it was renewed or taken meanwhile, is paused, or is over; `UnknownTask`; a failure
    /// of the back end.
    async fn adopt_silent(
        &self,
        seen: SilentLease,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim>;

    /// Prolongs the lease. One that has ended is prolonged, too, if nobody took it.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn renew(&self, fence: Fence, term: LeaseTerm, now: Timestamp) -> StoreResult<Renewed>;

    /// The attempt begins on a route: it is `Running`, and its lease is prolonged as by
    /// [`renew`](Self::renew).
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn start(
        &self,
        fence: Fence,
        route: &str,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Renewed>;

    /// Writes down an object before it is made. The same one again is harmless.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end: then it must not be made.
    async fn intend(&self, fence: Fence, object: &Intent, now: Timestamp) -> StoreResult<()>;

    /// Keeps how far the attempt is.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn progress(&self, fence: Fence, progress: &Progress, now: Timestamp) -> StoreResult<()>;

    /// Keeps what the attempt's containers may call us with; `None` ends that.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn session(
        &self,
        fence: Fence,
        session: Option<&Session>,
        now: Timestamp,
    ) -> StoreResult<()>;

    /// Draws money for the attempt before it is spent, in nanodollars: what is wanted, or as much as every
    /// cap has room for, if that is enough. It is open from then on, for the attempt, its task, the task's
    /// batch and the day in UTC that `now` is of, where it stays whenever it is settled.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn draw(&self, fence: Fence, draw: Draw, now: Timestamp) -> StoreResult<Drawn>;

    /// Books open money of the attempt as `spent`, and gives `back` what will not be; what was drawn
    /// earliest goes first. The rest stays open, also when the attempt is adopted or over. More may have
    /// been spent than is open: then it is booked in full, on the day that `now` is of, and may be above
    /// a cap. Only what no column can hold, beyond 9 billion dollars at any level, is not booked.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn settle(&self, fence: Fence, spent: u64, back: u64, now: Timestamp) -> StoreResult<()>;

    /// The attempt's containers are frozen: its lease ends, and it waits to be adopted.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn pause(&self, fence: Fence, progress: &Progress, now: Timestamp) -> StoreResult<()>;

    /// The attempt is over and the task waits for another one: `queued`, or `pending` where it is
    /// held or has a `not_before`. Where its cancellation was asked for meanwhile, it waits like
    /// any other until the worker ends it; so ask [`renew`](Self::renew) before.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn requeue(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        waiting: &Waiting,
        now: Timestamp,
    ) -> StoreResult<()>;

    /// The attempt has not begun, and counts nowhere. Its row and its events are removed, and its number
    /// is given out again; the task waits as before its claim, with its age, or until `not_before`.
    /// `note` says why, as an event, too, unless the task's last event says the same already: however
    /// often this is done in a row, one is kept. Returns whether it was told.
    ///
    /// The task's epoch stays as it is. So no fence that was given out for the number before is ever
    /// valid again.
    ///
    /// # Errors
    /// `Stale`; `WrongState` where an object was announced or money drawn in its name, for what comes of
    /// those must not meet the next attempt of that number; or a failure of the back end.
    async fn give_back(
        &self,
        fence: Fence,
        not_before: Option<Timestamp>,
        note: &str,
        now: Timestamp,
    ) -> StoreResult<bool>;

    /// The task is over: its one result is kept.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn finish(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        task: &TaskEnd,
        now: Timestamp,
    ) -> StoreResult<()>;

    /// Adds something that happened to the attempt's task: kind and data.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn note(&self, fence: Fence, kind: &str, data: &Value, now: Timestamp)
    -> StoreResult<()>;
}
