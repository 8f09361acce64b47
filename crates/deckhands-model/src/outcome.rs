//! How an attempt ended.

use serde::{Deserialize, Serialize};

use crate::cause::Cause;

/// How an attempt ended, before anybody judged its work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The agent's stored events hold its own finished state. Not yet a success.
    Finished {
        /// The agent's last words.
        answer: String,
    },
    /// The attempt failed.
    Failed(Failure),
    /// Ended by request.
    Cancelled,
}

/// A failure with its cause and the line that shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Why, from the closed table.
    pub cause: Cause,
    /// The evidence in one line, as a lowercase fragment or the agent's own words.
    pub message: String,
}

impl Failure {
    /// A failure of this cause, shown by this line.
    #[must_use]
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
        }
    }
}

impl Outcome {
    /// Short word for JSON documents: `finished`, `failed` or `cancelled`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The failure, if it is one.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Finished { .. } | Self::Cancelled => None,
        }
    }
}

#[cfg(test)]
mod tests;
