//! The port: every transition and query that a store offers.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use deckhands_model::{ModelCalls, RunReport, TaskId};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::StoreResult;
use crate::money::MoneyOfTask;
use crate::records::{AttemptRecord, EventRecord};
use crate::task::{
    Cancelled, NewTask, Page, QueueBounds, Reported, Retention, Stats, Submitted, TaskFilter,
    TaskRecord,
};
pub use money::Money;
pub use work::Work;

mod money;
mod work;

/// Everything together. Dropping the future of a call leaves it done or not done, never half done.
pub trait Store: Intake + Work + Money + Queries + Upkeep {}

impl<S: Intake + Work + Money + Queries + Upkeep + ?Sized> Store for S {}

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

    /// Cancels a waiting task at once, with a result that has no more than its attempts so far and what is
    /// booked for them; asks for the end of a running or paused one.
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

    /// Money of a task, in nanodollars.
    ///
    /// # Errors
    /// `UnknownTask`, or a failure of the back end.
    async fn money(&self, id: TaskId) -> StoreResult<MoneyOfTask>;

    /// When the next task may start that waits for its time only.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn next_start(&self, now: Timestamp) -> StoreResult<Option<Timestamp>>;

    /// Sums of the calls of all attempts that ended, also of those that were removed, by route, answering
    /// model and cause, in that order. They only grow. Where there are very many models, further ones
    /// count without their names.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn calls(&self) -> StoreResult<Vec<ModelCalls>>;

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
    /// order in which they ended. Their money goes on counting for a batch that has other tasks, and for
    /// their days until those are as old. [Payers](Money) go like tasks that ended when they drew or
    /// settled last.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn prune(&self, retention: Retention, now: Timestamp) -> StoreResult<Vec<TaskId>>;
}
