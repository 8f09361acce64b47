//! A queue of tasks within one program: hand in, take the next one, say how it ended.

use deckhands_model::{AttemptReport, ErrorReport, RunReport, TaskId, TaskState, Usage};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::{StoreError, StoreResult};
use crate::lease::{Fence, LeaseTerm, WorkerId};
use crate::memory::MemoryStore;
use crate::port::{Intake, Queries, Work};
use crate::records::{AttemptEnd, AttemptRecord, AttemptState};
use crate::task::{Claim, NewTask, QueueBounds, Stats, TaskEnd, TaskRecord};

#[cfg(test)]
mod tests;

/// A bounded priority queue in memory, for programs that do the work themselves. Cheap to clone;
/// clones are one queue.
///
/// Whoever takes a task keeps it until its end: nothing is lost by waiting long. What is here ends
/// with the program; a durable record is a [`Store`](crate::Store) on a disk.
///
/// ```
/// use deckhands_model::{Priority, TaskId, TaskState};
/// use deckhands_store::{NewTask, TaskQueue};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let queue = TaskQueue::new(1000);
/// let now = "2026-01-01T00:00:00Z".parse()?;
///
/// let tidy = NewTask::new(TaskId::from_random([1; 16]), "tidy up", json!({ "dir": "src" }));
/// queue.enqueue(&tidy, now).await?;
/// let mut urgent = NewTask::new(TaskId::from_random([2; 16]), "fix the build", json!({}));
/// urgent.priority = Priority::High;
/// queue.enqueue(&urgent, now).await?;
/// assert_eq!(queue.len().await?, 2);
///
/// // The urgent one goes first.
/// let next = queue.dequeue(now).await?.ok_or("the queue is empty")?;
/// assert_eq!(next.task.title, "fix the build");
/// queue.mark_completed(next.task.id, "it builds again", now).await?;
///
/// assert_eq!(queue.get(urgent.id, now).await?.state, TaskState::Completed);
/// assert_eq!(queue.len().await?, 1);
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TaskQueue {
    store: MemoryStore,
    bounds: QueueBounds,
}

impl Default for TaskQueue {
    /// Room for 1000 waiting tasks.
    fn default() -> Self {
        Self::new(QueueBounds::default().max_size)
    }
}

impl TaskQueue {
    /// An empty queue in which at most `max_size` tasks may wait.
    #[must_use]
    pub fn new(max_size: u64) -> Self {
        Self {
            store: MemoryStore::default(),
            bounds: QueueBounds { max_size },
        }
    }

    /// Hands a task in. The same one again is harmless. Returns its identity, or that of the one
    /// that has its idempotency key.
    ///
    /// # Errors
    /// `Full`; `KeyTaken`, which is told of the identity of a different task, too.
    pub async fn enqueue(&self, task: &NewTask, now: Timestamp) -> StoreResult<TaskId> {
        let submitted = self.store.submit(task, self.bounds, now).await?;
        Ok(submitted.id)
    }

    /// Takes the task that is next, in the order of [`Work::claim`]; `None` where none may start.
    ///
    /// # Errors
    /// None at present; those of a store.
    pub async fn dequeue(&self, now: Timestamp) -> StoreResult<Option<Claim>> {
        let worker = WorkerId::from_random([0; 16]);
        let for_ever = LeaseTerm(std::time::Duration::MAX);
        self.store.claim(worker, for_ever, now).await
    }

    /// The taken task has succeeded; the caller vouches for it. `output` is its result's text.
    ///
    /// # Errors
    /// `UnknownTask`; `WrongState` for one that was not taken or has ended; `Stale` where another
    /// caller ends it at the same time.
    pub async fn mark_completed(
        &self,
        id: TaskId,
        output: &str,
        now: Timestamp,
    ) -> StoreResult<()> {
        let end = (TaskState::Completed, output, None);
        self.end(id, end, now).await
    }

    /// The taken task has failed, for the reason `error`.
    ///
    /// # Errors
    /// As for [`mark_completed`](Self::mark_completed).
    pub async fn mark_failed(&self, id: TaskId, error: &str, now: Timestamp) -> StoreResult<()> {
        let end = (TaskState::Failed, "", Some(error));
        self.end(id, end, now).await
    }

    /// A task as it stands.
    ///
    /// # Errors
    /// `UnknownTask`.
    pub async fn get(&self, id: TaskId, now: Timestamp) -> StoreResult<TaskRecord> {
        self.store.task(id, now).await
    }

    /// The result of a task that has ended.
    ///
    /// # Errors
    /// `UnknownTask`.
    pub async fn result(&self, id: TaskId) -> StoreResult<Option<RunReport>> {
        self.store.result(id).await
    }

    /// Number of tasks that wait, those included that may not start yet.
    ///
    /// # Errors
    /// None at present; those of a store.
    pub async fn len(&self) -> StoreResult<u64> {
        // Who may start changes with the time, how many wait does not.
        let stats = self.store.stats(Timestamp::UNIX_EPOCH).await?;
        Ok(stats.waiting.values().sum())
    }

    /// Whether no task waits.
    ///
    /// # Errors
    /// As for [`len`](Self::len).
    pub async fn is_empty(&self) -> StoreResult<bool> {
        Ok(self.len().await? == 0)
    }

    /// Most tasks that may wait.
    #[must_use]
    pub fn max_size(&self) -> u64 {
        self.bounds.max_size
    }

    /// The counters, by state and priority.
    ///
    /// # Errors
    /// None at present; those of a store.
    pub async fn stats(&self, now: Timestamp) -> StoreResult<Stats> {
        self.store.stats(now).await
    }

    /// The store behind it, for everything else: cancelling, holding, lists, events.
    #[must_use]
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    async fn end(
        &self,
        id: TaskId,
        (state, output, error): (TaskState, &str, Option<&str>),
        now: Timestamp,
    ) -> StoreResult<()> {
        let last = self.store.attempts(id).await?.pop();
        let live = last.filter(|last| last.state != AttemptState::Ended);
        let Some((live, attempt)) = live.and_then(|live| live.id().map(|id| (live, id))) else {
            return Err(StoreError::WrongState {
                task: id,
                state: self.store.task(id, now).await?.state,
                wanted: "ended",
            });
        };
        let epoch = live.epoch;
        let end = AttemptEnd {
            report: attempt_report(&live, error),
            events: Vec::new(),
        };
        let mut result = run_report(id, state, output);
        result.error = error.map(error_report);
        result.attempts.push(end.report.clone());
        let recovery = Value::Null;
        let task = TaskEnd {
            state,
            result,
            recovery,
        };
        let fence = Fence { attempt, epoch };
        self.store.finish(fence, &end, &task, now).await
    }
}

fn attempt_report(attempt: &AttemptRecord, error: Option<&str>) -> AttemptReport {
    let outcome = error.map_or("finished", |_| "failed");
    AttemptReport {
        number: attempt.number,
        route: String::new(),
        outcome: outcome.to_owned(),
        cause: None,
        started_at: attempt.started_at.to_string(),
        work_time_s: 0.0,
        wait_time_s: 0.0,
        usage: Usage::default(),
        container_exit: None,
        events: 0,
        verdict: None,
    }
}

fn error_report(message: &str) -> ErrorReport {
    ErrorReport {
        code: 1,
        error_type: None,
        cause: None,
        message: message.to_owned(),
        causes: Vec::new(),
        hint: None,
    }
}

/// A result that knows nothing of agents and containers.
fn run_report(id: TaskId, state: TaskState, output: &str) -> RunReport {
    RunReport {
        output: output.to_owned(),
        ..RunReport::blank(id.to_string(), state)
    }
}
