//! A queue of tasks within one program: hand in, take the next one, say how it ended.

use deckhands_model::{AttemptReport, RunReport, TaskId, TaskState};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::{StoreError, StoreResult};
use crate::lease::{Fence, LeaseTerm, WorkerId};
use crate::memory::MemoryStore;
use crate::port::{Intake, Queries, Work};
use crate::records::{AttemptEnd, AttemptRecord, AttemptState};
use crate::task::{Claim, NewTask, QueueBounds, Stats, TaskEnd, TaskRecord, Waiting};
use report::{attempt_report, error_report, run_report};

mod report;

#[cfg(test)]
mod tests;

/// Times that a failed task is tried again where nothing else is said.
const MAX_RETRIES: u32 = 3;

/// A bounded priority queue in memory, for programs that do the work themselves. Cheap to clone;
/// clones are one queue.
///
/// Whoever takes a task keeps it until its end: nothing is lost by waiting long. A task that failed
/// is queued again at once, up to 3 times unless [`with_max_retries`](Self::with_max_retries) says
/// otherwise. What is here ends with the program; a durable record is a [`Store`](crate::Store) on
/// a disk.
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
///
/// // What failed is tried again.
/// let next = queue.dequeue(now).await?.ok_or("the queue is empty")?;
/// let state = queue.mark_failed(next.task.id, "no such directory", now).await?;
/// assert_eq!(state, TaskState::Queued);
/// let again = queue.dequeue(now).await?.ok_or("the queue is empty")?;
/// assert_eq!((again.task.id, again.task.attempts), (tidy.id, 2));
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TaskQueue {
    store: MemoryStore,
    bounds: QueueBounds,
    max_retries: u32,
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
            max_retries: MAX_RETRIES,
        }
    }

    /// The same queue, with failed tasks tried again up to so many times; 0 is never. Clones that
    /// were made before keep theirs.
    #[must_use]
    pub fn with_max_retries(self, max_retries: u32) -> Self {
        Self {
            max_retries,
            ..self
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
        let taken = self.taken(id, now).await?;
        self.finish(taken, Ending::Completed(output), now).await
    }

    /// The attempt at the taken task has failed, for the reason `error`. Returns the state in which
    /// that leaves the task, before anybody else may take it:
    ///
    /// - `Queued`: it waits for its next attempt, in its priority's order and with a new age;
    ///   `Pending` where it is held. A full queue does not refuse it.
    /// - `Failed`: it has been tried again as often as it may be, and is over.
    /// - `Cancelled`: its cancellation was asked for meanwhile, so it is over.
    ///
    /// The reason is the record's `note` while the task waits, an event of the kind
    /// `attempt_failed`, and the error of the result.
    ///
    /// # Errors
    /// As for [`mark_completed`](Self::mark_completed).
    pub async fn mark_failed(
        &self,
        id: TaskId,
        error: &str,
        now: Timestamp,
    ) -> StoreResult<TaskState> {
        let taken = self.taken(id, now).await?;
        let state = if taken.task.cancel_requested {
            TaskState::Cancelled
        } else if taken.task.attempts > self.max_retries {
            TaskState::Failed
        } else {
            return self.requeue(&taken, error, now);
        };
        let ending = Ending::Unsuccessful(state, error);
        self.finish(taken, ending, now).await?;
        Ok(state)
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

    /// The attempt under way.
    async fn taken(&self, id: TaskId, now: Timestamp) -> StoreResult<Taken> {
        let task = self.store.task(id, now).await?;
        let mut attempts = self.store.attempts(id).await?;
        let last = attempts.pop();
        let live = last.filter(|last| last.state != AttemptState::Ended);
        let Some((live, attempt)) = live.and_then(|live| live.id().map(|id| (live, id))) else {
            return Err(StoreError::WrongState {
                task: id,
                state: task.state,
                wanted: "ended",
            });
        };
        let epoch = live.epoch;
        Ok(Taken {
            task,
            fence: Fence { attempt, epoch },
            live,
            before: attempts.into_iter().filter_map(|one| one.report).collect(),
        })
    }

    fn requeue(&self, taken: &Taken, error: &str, now: Timestamp) -> StoreResult<TaskState> {
        let waiting = Waiting {
            not_before: None,
            recovery: Value::Null,
            note: error.to_owned(),
        };
        let end = taken.end(Some(error));
        self.store.requeue_told(taken.fence, &end, &waiting, now)
    }

    async fn finish(&self, taken: Taken, ending: Ending<'_>, now: Timestamp) -> StoreResult<()> {
        let (state, output, error) = match ending {
            Ending::Completed(output) => (TaskState::Completed, output, None),
            Ending::Unsuccessful(state, error) => (state, "", Some(error)),
        };
        let end = taken.end(error);
        let mut result = run_report(taken.task.id, state, output);
        result.error = error.map(error_report);
        result.attempts = taken.before;
        result.attempts.push(end.report.clone());
        let recovery = Value::Null;
        let task = TaskEnd {
            state,
            result,
            recovery,
        };
        self.store.finish(taken.fence, &end, &task, now).await
    }
}

/// A task that somebody has taken.
struct Taken {
    task: TaskRecord,
    fence: Fence,
    live: AttemptRecord,
    /// Reports of the attempts before.
    before: Vec<AttemptReport>,
}

impl Taken {
    fn end(&self, error: Option<&str>) -> AttemptEnd {
        let told = |error| ("attempt_failed".to_owned(), json!({ "error": error }));
        AttemptEnd {
            report: attempt_report(&self.live, error),
            events: error.map(told).into_iter().collect(),
        }
    }
}

/// How a task ends: with its output, or in a state for a reason.
enum Ending<'a> {
    Completed(&'a str),
    Unsuccessful(TaskState, &'a str),
}
