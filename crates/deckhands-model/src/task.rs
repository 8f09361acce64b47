//! Vocabulary of tasks: states, priorities, categories, complexity.

use serde::{Deserialize, Serialize};

/// Where a task is in its life. The last four are final.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Known, but not to be started yet.
    Pending,
    /// May start.
    Queued,
    /// An attempt is under way.
    Running,
    /// Ended with an accepting verdict.
    Completed,
    /// Ended without success.
    Failed,
    /// Ended by request.
    Cancelled,
    /// Ended with a stand-in result; only under `--simulate`, never a success.
    Degraded,
}

impl TaskState {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Pending | Self::Queued | Self::Running => false,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Degraded => true,
        }
    }
}

/// How urgent a task is; the lower number goes first.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// 0
    Critical = 0,
    /// 1
    High = 1,
    /// 2
    #[default]
    Normal = 2,
    /// 3
    Low = 3,
}

/// What kind of work a task is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Writing unit tests.
    UnitTest,
    /// Changing structure, not behaviour.
    Refactoring,
    /// Writing documentation.
    Documentation,
    /// Writing code.
    CodeGeneration,
    /// Answering a question about code.
    Analysis,
    /// Build scripts and automation.
    BuildScript,
}

/// How hard a task is thought to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// One small change.
    Simple,
    /// A usual task.
    #[default]
    Moderate,
    /// Many files or much thought.
    Complex,
}

#[cfg(test)]
mod tests;
