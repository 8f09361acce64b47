//! The result document of one task, as `run --json` prints it. Fields are only ever added.

use serde::{Deserialize, Serialize};

use crate::calls_report::CallsReport;
use crate::cause::Cause;
use crate::change::Change;
use crate::error_type::ErrorType;
use crate::image::{ImageDigest, ImageRef};
use crate::model_id::ModelId;
use crate::task::TaskState;
use crate::usage::Usage;
use crate::verdict::Verdict;

/// Version of the document's shape; raised when a field's meaning changes.
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// Everything there is to tell about a task that ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunReport {
    /// [`REPORT_SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The task's identity.
    pub task_id: String,
    /// The terminal state.
    pub state: TaskState,
    /// The agent's last words, terminal escapes removed.
    pub output: String,
    /// What went wrong, if anything did.
    pub error: Option<ErrorReport>,
    /// Profile the agent ran under, e.g. `socket`.
    pub profile: String,
    /// What the agent's commands could reach: `open` in profile `socket`.
    pub egress: String,
    /// The model that was asked for.
    pub model_requested: Option<ModelId>,
    /// The models that answered, in order of first use.
    pub model_served: Vec<String>,
    /// Every attempt, first one first.
    pub attempts: Vec<AttemptReport>,
    /// The judgement over the last attempt's change, if it came to one.
    pub verdict: Option<Verdict>,
    /// What changed.
    pub changes: Vec<Change>,
    /// Where the change is kept as a unified diff.
    pub patch: Option<String>,
    /// Whether the user's workspace now holds the change.
    pub applied: bool,
    /// Paths that moved on meanwhile, so that nothing was applied.
    pub conflict: Vec<String>,
    /// Where the time went.
    pub timings: Timings,
    /// The images that were used.
    pub images: Vec<ImageReport>,
    /// Versions of the parts.
    pub versions: Versions,
    /// Things worth knowing that are no errors, e.g. entries left out of the copy.
    pub notes: Vec<String>,
    /// What the task cost, where its money was bounded.
    #[serde(default)]
    pub money: Option<MoneyReport>,
}

impl RunReport {
    /// A document of which nothing is known but the task and how it ended.
    #[must_use]
    pub fn blank(task_id: String, state: TaskState) -> Self {
        Self {
            schema_version: REPORT_SCHEMA_VERSION,
            task_id,
            state,
            output: String::new(),
            error: None,
            profile: String::new(),
            egress: String::new(),
            model_requested: None,
            model_served: Vec::new(),
            attempts: Vec::new(),
            verdict: None,
            changes: Vec::new(),
            patch: None,
            applied: false,
            conflict: Vec::new(),
            timings: Timings::default(),
            images: Vec::new(),
            versions: Versions::default(),
            notes: Vec::new(),
            money: None,
        }
    }
}

/// The one shape of an error in every JSON document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorReport {
    /// The exit code that goes with it.
    pub code: u8,
    /// The public type; `None` when no task is concerned.
    #[serde(rename = "type")]
    pub error_type: Option<ErrorType>,
    /// The cause; `None` when no task is concerned.
    pub cause: Option<Cause>,
    /// What failed, on what.
    pub message: String,
    /// The chain of causes, outermost first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// One attempt within a [`RunReport`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AttemptReport {
    /// Number from 1.
    pub number: u32,
    /// The model route it used.
    pub route: String,
    /// `finished`, `failed` or `cancelled`.
    pub outcome: String,
    /// The cause of a failure.
    pub cause: Option<Cause>,
    /// When it started (RFC 3339, UTC).
    pub started_at: String,
    /// Seconds the agent worked, waits left out.
    pub work_time_s: f64,
    /// Seconds the agent waited for the provider to take its calls again.
    pub wait_time_s: f64,
    /// What it spent.
    pub usage: Usage,
    /// Exit code of the app container, if it ended by itself.
    pub container_exit: Option<i64>,
    /// Number of agent events read.
    pub events: u64,
    /// The judgement over its change, if it came to one.
    pub verdict: Option<Verdict>,
    /// Its calls to models; `None` where nobody but the agent and its provider saw them.
    #[serde(default)]
    pub calls: Option<CallsReport>,
}

impl AttemptReport {
    /// An attempt of which nothing is known but its number.
    #[must_use]
    pub fn blank(number: u32) -> Self {
        Self {
            number,
            route: String::new(),
            outcome: String::new(),
            cause: None,
            started_at: String::new(),
            work_time_s: 0.0,
            wait_time_s: 0.0,
            usage: Usage::default(),
            container_exit: None,
            events: 0,
            verdict: None,
            calls: None,
        }
    }
}

/// Money of a task whose money was bounded, all its attempts together, in US dollars.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MoneyReport {
    /// The most that the task may cost; `None` where only its batch or the day has a cap.
    pub cap_usd: Option<f64>,
    /// What is known to be spent.
    pub spent_usd: f64,
    /// What may have been spent besides: it was drawn, and nobody can tell. It counts against every cap.
    pub uncertain_usd: f64,
}

/// Seconds spent in each phase of a run.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Everything, from the command's start to the document.
    pub total_s: f64,
    /// Making sure of the images.
    pub images_s: f64,
    /// Copying the workspace and taking the manifest.
    pub copy_s: f64,
    /// From the app container's start to the first agent event.
    pub start_s: f64,
    /// The agent at work.
    pub work_s: f64,
    /// Ending the containers.
    pub cleanup_s: f64,
    /// Reading the change.
    pub collect_s: f64,
    /// Carrying out the checks.
    pub checks_s: f64,
    /// Applying the change.
    pub promote_s: f64,
    /// From the agent's final state to the end of everything above.
    pub after_agent_s: f64,
}

/// An image that was used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageReport {
    /// As it was named.
    pub reference: ImageRef,
    /// What that name meant.
    pub digest: ImageDigest,
}

/// Versions of the parts of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Versions {
    /// This program.
    pub deckhands: String,
    /// The agent, as it told.
    pub agent: Option<String>,
    /// The Docker daemon.
    pub docker: Option<String>,
}

#[cfg(test)]
mod tests;
