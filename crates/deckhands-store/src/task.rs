//! Tasks as the store keeps them, and what its transitions about whole tasks take and give.

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_model::{
    AttemptReport, Category, Cause, MoneyReport, Priority, RunReport, TaskId, TaskState, Usd,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lease::Fence;
use crate::money::MoneySum;

/// A task that is handed in. What it means is in `spec`, which the store only keeps.
#[derive(Clone, PartialEq, Debug)]
pub struct NewTask {
    /// Identity, from the caller's id source.
    pub id: TaskId,
    /// The task itself; holds no secret.
    pub spec: Value,
    /// One line for lists.
    pub title: String,
    /// How urgent.
    pub priority: Priority,
    /// What kind of work, where it was said; for figures.
    pub category: Option<Category>,
    /// The model that is asked for; for figures and filters.
    pub model: Option<String>,
    /// The batch that it belongs to.
    pub batch: Option<String>,
    /// A second hand-in with the same key and the same `spec` returns the first one's id.
    pub idempotency_key: Option<String>,
    /// Not to be started before.
    pub not_before: Option<Timestamp>,
    /// Not to be started before it is released.
    pub held: bool,
    /// The task of which this is a new try.
    pub retry_of: Option<TaskId>,
}

impl NewTask {
    /// A task of normal priority that may start at once.
    #[must_use]
    pub fn new(id: TaskId, title: impl Into<String>, spec: Value) -> Self {
        Self {
            id,
            spec,
            title: title.into(),
            priority: Priority::default(),
            category: None,
            model: None,
            batch: None,
            idempotency_key: None,
            not_before: None,
            held: false,
            retry_of: None,
        }
    }
}

/// How many tasks may wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueBounds {
    /// Most tasks that are `pending` or `queued`, retries not counted against it.
    pub max_size: u64,
}

impl Default for QueueBounds {
    fn default() -> Self {
        Self { max_size: 1000 }
    }
}

/// The answer to a hand-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Submitted {
    /// The task's identity.
    pub id: TaskId,
    /// An earlier hand-in with the same key was found instead.
    pub existing: bool,
}

/// The answer to a request to cancel; the same request again is harmless.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancelled {
    /// It was waiting and is `cancelled` now.
    Done,
    /// Its worker, or whoever adopts its attempt, ends it.
    Requested,
    /// It had ended before; nothing was changed.
    Ended(TaskState),
}

/// A task as it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Identity.
    pub id: TaskId,
    /// One line for lists.
    pub title: String,
    /// Where it is in its life. A task whose `not_before` has passed is told as `queued`.
    pub state: TaskState,
    /// How urgent.
    pub priority: Priority,
    /// What kind of work.
    pub category: Option<Category>,
    /// The model that was asked for.
    pub model: Option<String>,
    /// Its batch.
    pub batch: Option<String>,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Not to be started before.
    pub not_before: Option<Timestamp>,
    /// Not to be started before it is released.
    pub held: bool,
    /// Somebody asked to cancel it.
    pub cancel_requested: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// The cause of the last failure.
    pub cause: Option<Cause>,
    /// The task of which this is a new try.
    pub retry_of: Option<TaskId>,
    /// Why it waits, for people.
    pub note: Option<String>,
}

/// A leased task.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// Attempt and epoch for every write.
    pub fence: Fence,
    /// The task as it stands, this attempt included.
    pub task: TaskRecord,
    /// What was handed in.
    pub spec: Value,
    /// What the last [`Waiting`] kept; `Null` before the first.
    pub recovery: Value,
    /// When the lease ends unless it is renewed.
    pub lease_until: Timestamp,
}

/// The answer to a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Renewed {
    /// When the lease ends now.
    pub lease_until: Timestamp,
    /// Somebody asked to cancel the task.
    pub cancel_requested: bool,
}

/// How a task goes on waiting after an attempt.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiting {
    /// Not before; `None` is at once.
    pub not_before: Option<Timestamp>,
    /// What recovery has to remember.
    pub recovery: Value,
    /// Why it waits, for people.
    pub note: String,
}

/// How a task ended.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskEnd {
    /// A terminal state.
    pub state: TaskState,
    /// The result document; its `attempts` are those of all attempts.
    pub result: RunReport,
    /// What recovery remembered last.
    pub recovery: Value,
}

/// The result of a task that was cancelled while it waited: of it only is known how its attempts ended,
/// and what is booked for them, where it had some. Its cap is the caller's business.
pub(crate) fn cancelled(id: TaskId, attempts: Vec<AttemptReport>, money: MoneySum) -> RunReport {
    let usd = |nanos| Usd::nanos(nanos).as_f64();
    RunReport {
        attempts,
        money: (money.used() > 0).then(|| MoneyReport {
            cap_usd: None,
            spent_usd: usd(money.spent),
            uncertain_usd: usd(money.open),
        }),
        ..RunReport::blank(id.to_string(), TaskState::Cancelled)
    }
}

/// Which tasks are meant. An empty filter means all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TaskFilter {
    /// Only of these states, where there are any.
    pub states: Vec<TaskState>,
    /// Only of this batch.
    pub batch: Option<String>,
}

/// A piece of a list: tasks in the order of their hand-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Skipped.
    pub offset: u64,
    /// Most that are returned.
    pub limit: u64,
}

/// A task with the reports of those of its attempts that ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Reported {
    /// Its place among all hand-ins, to go on reading after.
    pub position: u64,
    /// The task as it stands.
    pub task: TaskRecord,
    /// The first attempt first.
    pub attempts: Vec<AttemptReport>,
}

/// Figures that are kept as counters, not counted by scans.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Stats {
    /// Tasks in each state; states without a task may be absent.
    pub states: BTreeMap<String, u64>,
    /// Waiting tasks by priority.
    pub waiting: BTreeMap<String, u64>,
    /// Waiting tasks that are held.
    pub held: u64,
    /// Attempts that have a lease or are paused.
    pub live_attempts: u64,
    /// When the oldest task that may start was handed in.
    pub oldest_queued: Option<Timestamp>,
}

/// What is removed from the record, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// Ended tasks are kept for this long.
    pub keep: Duration,
}

impl Retention {
    /// Whether a task that ended at `ended` is not kept any more.
    #[must_use]
    pub fn is_over(&self, ended: Timestamp, now: Timestamp) -> bool {
        ended.checked_add(self.keep).is_ok_and(|until| until <= now)
    }
}
