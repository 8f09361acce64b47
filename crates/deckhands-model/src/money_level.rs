//! The levels at which money is capped.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a cap on money holds, from the narrowest to the widest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyLevel {
    /// One attempt at a task.
    Attempt,
    /// All attempts at one task.
    Task,
    /// All tasks of one batch.
    Batch,
    /// Everything that one home spends on one day (UTC).
    Day,
}

impl MoneyLevel {
    /// Every level, from the narrowest to the widest.
    pub const ALL: [Self; 4] = [Self::Attempt, Self::Task, Self::Batch, Self::Day];

    /// Its name, as in data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Task => "task",
            Self::Batch => "batch",
            Self::Day => "day",
        }
    }
}

impl fmt::Display for MoneyLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests;
