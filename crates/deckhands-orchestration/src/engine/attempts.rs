//! The port through which the engine has one attempt carried out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deckhands_model::{AttemptId, AttemptReport, CallsReport, ModelId, RunReport, TaskId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::calls::CallsSeen;
use super::lease::Lease;

/// One attempt to be made or taken over.
#[derive(Clone, Debug)]
pub struct AttemptJob {
    /// Which.
    pub id: AttemptId,
    /// The task as it was handed in.
    pub spec: Value,
    /// The model to use in place of the task's own.
    pub model: Option<String>,
    /// Times the memory that the task asks for.
    pub memory_factor: u32,
    /// What earlier attempts told, first one first.
    pub earlier: Vec<AttemptReport>,
    /// The lease under which it is made: asked before each object is made and before promotion.
    pub lease: Arc<Lease>,
    /// Told of each call of the model, where the gateway sees them.
    pub calls: CallsSeen,
    /// Ends the attempt; what it made is removed.
    pub cancel: CancellationToken,
    /// Freezes the attempt where it is, so that it can be adopted.
    pub pause: CancellationToken,
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Debug)]
pub enum AttemptOutcome {
    /// It is over and nothing of it is left.
    Over(Box<AttemptResult>),
    /// Its containers are frozen.
    Paused,
    /// The daemon does not answer: its containers may work on, for whoever takes it over.
    Left,
    /// It was to be frozen before its agent ran: nothing was done and nothing is left.
    NotBegun,
    /// Its lease was lost: what came of it counts nowhere.
    Disowned,
}

/// What is known of an attempt that is over.
#[derive(Clone, PartialEq, Debug)]
pub struct AttemptResult {
    /// The document; its last attempt is this one, if it came to one.
    pub report: RunReport,
    /// When the provider said that it may be called again.
    pub reset_at: Option<Timestamp>,
    /// The wait that the provider asked for.
    pub retry_after: Option<Duration>,
}

/// Why an attempt could not be taken over.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAdopted {
    /// Nothing of it can go on: it has to be made again.
    #[error("{0}")]
    Gone(String),
    /// It could not be told now; it is asked again later.
    #[error("{0}")]
    NotNow(String),
    /// Its agent calls a model that there is no key for here.
    #[error("{0}")]
    NoKey(String),
}

/// Carries out attempts. Dropping a future leaves what the attempt made for the next adoption.
#[async_trait]
pub trait Attempts: Send + Sync + fmt::Debug {
    /// Makes an attempt from the start to its end.
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome;

    /// Goes on with an attempt of a process that died or paused it. One that had reached its end
    /// by then is told as it ended, even where it was cancelled meanwhile; any other that was
    /// cancelled is ended. Neither needs a key.
    ///
    /// # Errors
    /// [`NotAdopted`]; nothing was changed.
    async fn adopt(&self, job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted>;

    /// Removes whatever is left of an attempt; nothing left is a success.
    ///
    /// # Errors
    /// What could not be removed, for people.
    async fn remove(&self, attempt: AttemptId) -> Result<(), String>;

    /// Whether an attempt at a task, as it was handed in, may go on with this model in place of its own: where
    /// its money is bounded only one whose price is known. Asks nobody.
    fn affords(&self, _task: &Value, _model: &ModelId) -> bool {
        true
    }

    /// What the calls came to of an attempt that vanished with its process, as far as it wrote them down.
    async fn calls_of(&self, _attempt: AttemptId) -> Option<CallsReport> {
        None
    }

    /// Asks whether attempts can be made at all.
    ///
    /// # Errors
    /// What stands in the way, for people.
    async fn greet(&self) -> Result<(), String> {
        Ok(())
    }

    /// Clears up after dead attempts that the store knows nothing live of. Called now and then.
    async fn tidy_up(&self) {}

    /// Removes all that is kept of tasks that the store has forgotten.
    async fn forget(&self, _tasks: &[TaskId]) {}
}
