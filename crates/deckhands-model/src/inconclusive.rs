//! The closed list of reasons for which nothing can be said about a change.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a judgement is neither an acceptance nor a refusal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InconclusiveReason {
    /// Nothing in the target could be changed so that it matters.
    NoMutant,
    /// The old tests kill every mutant of the target.
    NothingAlive,
    /// The tests of the base do not pass by themselves.
    OldSuiteFails,
    /// The time for the whole judgement was up.
    Deadline,
    /// The runner's supervisor, its container or the daemon stopped answering.
    RunnerLost,
}

impl InconclusiveReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::NoMutant,
        Self::NothingAlive,
        Self::OldSuiteFails,
        Self::Deadline,
        Self::RunnerLost,
    ];

    /// The reason as it stands in JSON documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoMutant => "no_mutant",
            Self::NothingAlive => "nothing_alive",
            Self::OldSuiteFails => "old_suite_fails",
            Self::Deadline => "deadline",
            Self::RunnerLost => "runner_lost",
        }
    }
}

impl fmt::Display for InconclusiveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests;
