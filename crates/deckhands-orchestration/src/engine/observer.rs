//! What an engine tells while it works.

use std::fmt;

use deckhands_model::{AttemptId, Cause, TaskId, TaskState};
use jiff::Timestamp;

use super::decider::Mode;

/// Something that happened in an engine.
#[derive(Clone, PartialEq, Debug)]
pub enum EngineEvent {
    /// An attempt is at work.
    Started {
        /// Which.
        attempt: AttemptId,
        /// One line about its task.
        title: String,
        /// It was taken over from another process.
        adopted: bool,
    },
    /// A task is over.
    Ended {
        /// Which.
        task: TaskId,
        /// How.
        state: TaskState,
        /// The cause of a failure.
        cause: Option<Cause>,
    },
    /// A task waits for another attempt.
    Again {
        /// Which.
        task: TaskId,
        /// Not before.
        at: Timestamp,
        /// Why.
        note: String,
    },
    /// An attempt was frozen for the next engine.
    Paused(AttemptId),
    /// An attempt was left as it is: its lease was lost, or it could not be taken over now.
    Left(AttemptId),
    /// An attempt of a dead process was left alone, for an engine that has its provider's key.
    NoKey {
        /// Which.
        attempt: AttemptId,
        /// What is missing.
        why: String,
    },
    /// How far stopping is.
    Mode(Mode),
    /// The store could not be used; the engine goes on trying.
    StoreTrouble(String),
    /// Containers cannot be made or looked at, and why; nothing is begun until they can.
    DaemonTrouble(String),
    /// That is over.
    DaemonBack,
}

/// Takes what an engine tells. Called from the engine's tasks; must not block.
pub trait EngineObserver: Send + Sync + fmt::Debug {
    /// Takes one event.
    fn tell(&self, event: EngineEvent);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl EngineObserver for Unobserved {
    fn tell(&self, _event: EngineEvent) {}
}
