//! The port: every transition and query that a store offers.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use deckhands_model::{AttemptId, RunReport, TaskId};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::StoreResult;
use crate::lease::{Fence, LeaseTerm, WorkerId};
use crate::records::{AttemptEnd, AttemptRecord, EventRecord, Intent, Progress, Session, Settled};
use crate::task::{
    Cancelled, Claim, NewTask, Page, QueueBounds, Renewed, Reported, Retention, Stats, Submitted,
    TaskEnd, TaskFilter, TaskRecord, Waiting,
};

/// Everything together. Dropping the future of a call leaves it done or not done, never half done.
pub trait Store: Intake + Work + Queries + Upkeep {}

impl<S: Intake + Work + Queries + Upkeep + ?Sized> Store for S {}

/// What users do with tasks. Each is idempotent.
#[async_trait]
pub trait Intake: Send + Sync + fmt::Debug {
    /// Keeps a task. When this returns, the task survives the death of any process.
    ///
    /// # Errors
    /// `Full`, `KeyTaken`, or a failure of the back end.
    async fn submit(
        &self,
        task: &NewTask,
        bounds: QueueBounds,
        now: Timestamp,
    ) -> StoreResult<Submitted>;

    /// Cancels a waiting task at once, with a result that has no more than its attempts so far; asks for
    /// the end of a running or paused one.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn cancel(&self, task: TaskId, now: Timestamp) -> StoreResult<Cancelled>;

    /// Keeps a waiting task from being started, or a running one from being started again.
    ///
    /// # Errors
    /// `UnknownTask`, `WrongState` for one that has ended, or a failure of the back end.
    async fn hold(&self, task: TaskId, now: Timestamp) -> StoreResult<()>;

    /// Takes a hold back, and any `not_before`, so that it may start at once.
    ///
    /// # Errors
    /// As for [`hold`](Self::hold).
    async fn release(&self, task: TaskId, now: Timestamp) -> StoreResult<()>;
}

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

    /// Draws money for the attempt before it is spent; refused where open and spent money of the
    /// task would be above `cap`, both in millionths of a dollar. Returns whether it was drawn.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn draw(&self, fence: Fence, amount: u64, cap: u64, now: Timestamp) -> StoreResult<bool>;

    /// Books drawn money as `spent` and gives the rest of `drawn` back.
    ///
    /// # Errors
    /// `Stale`, or a failure of the back end.
    async fn settle(&self, fence: Fence, drawn: u64, spent: u64, now: Timestamp)
    -> StoreResult<()>;

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

/// What is known. Every answer is of one moment.
#[async_trait]
pub trait Queries: Send + Sync + fmt::Debug {
    /// A task; `now` decides between `pending` and `queued`.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn task(&self, id: TaskId, now: Timestamp) -> StoreResult<TaskRecord>;

    /// Up to two identities that start with `prefix` (hexadecimal); `last` is the newest task.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn find(&self, prefix: &str) -> StoreResult<Vec<TaskId>>;

    /// Tasks in the order of their hand-in.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn list(
        &self,
        filter: &TaskFilter,
        page: Page,
        now: Timestamp,
    ) -> StoreResult<Vec<TaskRecord>>;

    /// What was handed in.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn spec(&self, id: TaskId) -> StoreResult<Value>;

    /// The attempts of a task, first one first.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn attempts(&self, id: TaskId) -> StoreResult<Vec<AttemptRecord>>;

    /// Tasks with the reports of their attempts, in the order of their hand-in: those after a
    /// [position](Reported::position), at most `limit`. For figures over very many.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn reports(&self, after: u64, limit: u64, now: Timestamp) -> StoreResult<Vec<Reported>>;

    /// All attempts that are not over, in the order of their claims.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn live_attempts(&self) -> StoreResult<Vec<AttemptRecord>>;

    /// Running tasks whose cancellation was asked for, in the order of their hand-in.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn cancels_asked(&self) -> StoreResult<Vec<TaskId>>;

    /// The result of a task that has ended.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn result(&self, id: TaskId) -> StoreResult<Option<RunReport>>;

    /// Events after a position, of one task or of all, at most `limit`.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn events(
        &self,
        task: Option<TaskId>,
        after: u64,
        limit: u64,
    ) -> StoreResult<Vec<EventRecord>>;

    /// Money of a task.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn money(&self, id: TaskId) -> StoreResult<Settled>;

    /// When the next task may start that waits for its time only.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn next_start(&self, now: Timestamp) -> StoreResult<Option<Timestamp>>;

    /// The counters.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn stats(&self, now: Timestamp) -> StoreResult<Stats>;
}

/// What keeps a store healthy.
#[async_trait]
pub trait Upkeep: Send + Sync + fmt::Debug {
    /// Checks the whole record; an empty list is good.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn check(&self) -> StoreResult<Vec<String>>;

    /// Copies the whole record to a new file while others go on writing.
    ///
    /// # Errors
    /// A failure of the back end, or a file that exists.
    async fn backup(&self, to: &Path) -> StoreResult<()>;

    /// Removes ended tasks as retention says; returns their identities, whose files may go, in the
    /// order in which they ended.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn prune(&self, retention: Retention, now: Timestamp) -> StoreResult<Vec<TaskId>>;
}
