//! Vocabulary of tasks: states, priorities, categories, complexity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error_type::UnknownWord;

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

/// How hard a task is thought to be; the harder is the greater.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
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

impl TaskState {
    /// All states, in the order of a task's life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Degraded,
    ];

    /// The form that JSON documents carry.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Degraded => "degraded",
        }
    }
}

impl Priority {
    /// All priorities, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Normal, Self::Low];

    /// The form that JSON documents carry.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl Category {
    /// All categories, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::UnitTest,
        Self::Refactoring,
        Self::Documentation,
        Self::CodeGeneration,
        Self::Analysis,
        Self::BuildScript,
    ];

    /// The form that JSON documents carry.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnitTest => "unit_test",
            Self::Refactoring => "refactoring",
            Self::Documentation => "documentation",
            Self::CodeGeneration => "code_generation",
            Self::Analysis => "analysis",
            Self::BuildScript => "build_script",
        }
    }

    /// The prototype's word for it, where it has another one.
    const fn short(self) -> Option<&'static str> {
        match self {
            Self::Refactoring => Some("refactor"),
            Self::Documentation => Some("document"),
            Self::CodeGeneration => Some("generate"),
            Self::Analysis => Some("analyze"),
            Self::UnitTest | Self::BuildScript => None,
        }
    }
}

impl Complexity {
    /// All degrees, the easiest first.
    pub const ALL: [Self; 3] = [Self::Simple, Self::Moderate, Self::Complex];

    /// The form that JSON documents carry.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Moderate => "moderate",
            Self::Complex => "complex",
        }
    }
}

impl FromStr for TaskState {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|state| state.word() == text);
        found.ok_or_else(|| unknown("state", text, Self::ALL.map(Self::word).join(", ")))
    }
}

impl FromStr for Priority {
    type Err = UnknownWord;

    /// Accepts the word, and the number (0 is critical).
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let numbered = |p: Self| (p as u8).to_string() == text;
        let found = Self::ALL
            .into_iter()
            .find(|p| p.word() == text || numbered(*p));
        found.ok_or_else(|| unknown("priority", text, Self::ALL.map(Self::word).join(", ")))
    }
}

impl FromStr for Category {
    type Err = UnknownWord;

    /// Accepts the words of JSON documents and the short ones of the prototype: `refactor`,
    /// `document`, `generate`, `analyze`.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let is_meant = |c: &Self| c.word() == text || c.short() == Some(text);
        Self::ALL.into_iter().find(is_meant).ok_or_else(|| {
            let words = Self::ALL.map(|category| match category.short() {
                Some(short) => format!("{category} (or {short})"),
                None => category.to_string(),
            });
            unknown("category", text, words.join(", "))
        })
    }
}

impl FromStr for Complexity {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|c| c.word() == text);
        found.ok_or_else(|| unknown("complexity", text, Self::ALL.map(Self::word).join(", ")))
    }
}

fn unknown(what: &'static str, word: &str, expected: String) -> UnknownWord {
    UnknownWord {
        what,
        word: word.to_owned(),
        expected,
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Complexity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests;
