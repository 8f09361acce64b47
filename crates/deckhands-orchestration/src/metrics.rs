//! Figures over tasks, exact: everything is summed over attempts that ended, nothing is estimated.
//!
//! Pure: a [`Tally`] is fed with each task and its attempts, in any order, and gives [`Metrics`].
//! What nobody told stays absent; beside each sum stands over how many attempts it says nothing.

mod openmetrics;
mod sum;
mod tally;

use std::collections::BTreeMap;

use deckhands_model::{Category, Cause, ModelCalls, TaskId, TaskState};
use jiff::Timestamp;
use serde::Serialize;

pub use tally::Tally;

/// Version of the document's shape; raised when a field's meaning changes.
pub const METRICS_SCHEMA_VERSION: u32 = 1;

/// Figures over all tasks, and in groups. Keys of maps are the words of JSON documents.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Metrics {
    /// [`METRICS_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Everything together.
    pub system: Figures,
    /// By model: tasks that asked for it, attempts that used it.
    pub models: BTreeMap<String, Figures>,
    /// By category. A task without one is in no group.
    pub categories: BTreeMap<String, Figures>,
    /// Each task, in the order they were told.
    pub tasks: Vec<TaskFigures>,
    /// Calls to models of all attempts that ended, by route, answering model and cause. They only grow:
    /// tasks that retention removes stay in these sums. Empty unless whoever made this knows them.
    pub calls: Vec<ModelCalls>,
    /// Bounded money by the level of its cap, as far as whoever made this knows it: `day` is today in
    /// UTC, `batch` and `task` are all those together that are under way and have a cap.
    pub money: BTreeMap<&'static str, MoneyFigures>,
}

/// Bounded money, in US dollars.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct MoneyFigures {
    /// Known to be spent.
    pub spent_usd: f64,
    /// Drawn and not settled, the uncertain included.
    pub open_usd: f64,
    /// The part of what is open that nobody will settle.
    pub uncertain_usd: f64,
    /// How much there may be of both; absent where no cap is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_usd: Option<f64>,
}

/// Figures of a group.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Figures {
    /// Tasks, each counted once however many attempts it took.
    pub tasks: TaskCounts,
    /// Attempts that ended.
    pub attempts: AttemptFigures,
}

/// Counts of tasks.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct TaskCounts {
    /// All.
    pub total: u64,
    /// By state; every state is there.
    pub states: BTreeMap<&'static str, u64>,
    /// Failed ones by the cause they ended with.
    pub causes: BTreeMap<String, u64>,
    /// Attempts that were begun, those under way included.
    pub attempts: u64,
    /// Completed of those that ended, cancelled ones left out; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// Seconds from the hand-in to the first attempt, of those that were begun.
    pub queued_time_s: f64,
}

/// Sums over attempts that ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct AttemptFigures {
    /// How many.
    pub total: u64,
    /// By outcome: `finished`, `failed`, `cancelled`.
    pub outcomes: BTreeMap<String, u64>,
    /// Failed ones by cause.
    pub causes: BTreeMap<String, u64>,
    /// Judged ones by verdict: `accepted`, `rejected`, `inconclusive`.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Seconds the agents worked, waits left out.
    pub work_time_s: f64,
    /// Seconds they waited for a provider.
    pub wait_time_s: f64,
    /// What they spent.
    pub usage: UsageFigures,
}

/// Sums of what was spent, over the attempts whose figure is known; absent where none is.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct UsageFigures {
    /// Tokens sent to models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens that models answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// How many attempts the sums say nothing about.
    pub unknown: UnknownUsage,
}

/// Numbers of attempts whose figure is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct UnknownUsage {
    /// Without tokens sent.
    pub input_tokens: u64,
    /// Without tokens answered.
    pub output_tokens: u64,
    /// Without a cost.
    pub cost_usd: u64,
}

/// Figures of one task.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TaskFigures {
    /// The task.
    pub task_id: TaskId,
    /// Its line in lists.
    pub title: String,
    /// Where it is in its life.
    pub state: TaskState,
    /// Why it failed, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Its category, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The model that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// When its first attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Seconds from the hand-in to the first attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_time_s: Option<f64>,
    /// Seconds from the hand-in to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_time_s: Option<f64>,
    /// Attempts that were begun.
    pub begun: u32,
    /// Attempts that ended.
    pub attempts: AttemptFigures,
}

impl Metrics {
    /// The figures as OpenMetrics text (version 1.0.0), ending with its `# EOF`.
    ///
    /// Single tasks are left out: a series for each would never end. What is summed up over tasks are
    /// gauges, as those that retention removes leave the sums. Calls are counters and histograms; those of
    /// the semantic conventions of OpenTelemetry for generative AI have their names.
    #[must_use]
    pub fn openmetrics(&self) -> String {
        openmetrics::text(self)
    }
}

#[cfg(test)]
mod tests;
