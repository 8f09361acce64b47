//! The text of a task: what the agent is asked to do.

use serde::{Deserialize, Serialize};

/// A task's text: not empty, at most [`TaskText::MAX_BYTES`] long, no NUL byte.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskText(String);

/// Why a text cannot be a task.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskTextError {
    /// Nothing but white space and marks that are not seen.
    #[error("the task text is empty")]
    Empty,
    /// Longer than the bound.
    #[error("the task text has {bytes} bytes, more than the {max} allowed", max = TaskText::MAX_BYTES)]
    TooLong {
        /// Length of the refused text.
        bytes: usize,
    },
    /// A NUL byte, which no agent can read back from its task.
    #[error("the task text has a NUL byte at offset {offset}")]
    Nul {
        /// Place of the first NUL byte.
        offset: usize,
    },
}

impl TaskText {
    /// Bound on a task's length: 4 MiB, far above any model's context window.
    pub const MAX_BYTES: usize = 4 << 20;

    /// Takes a text as it is; surrounding white space is kept.
    ///
    /// # Errors
    /// [`TaskTextError`] for an empty or overlong text and for one with a NUL byte.
    pub fn try_new(text: impl Into<String>) -> Result<Self, TaskTextError> {
        let text = text.into();
        if text.chars().all(is_blank) {
            return Err(TaskTextError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(TaskTextError::TooLong { bytes: text.len() });
        }
        if let Some(offset) = text.bytes().position(|b| b == 0) {
            return Err(TaskTextError::Nul { offset });
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TaskText {
    type Error = TaskTextError;

    fn try_from(text: String) -> Result<Self, TaskTextError> {
        Self::try_new(text)
    }
}

impl From<TaskText> for String {
    fn from(text: TaskText) -> Self {
        text.0
    }
}

/// White space, or a mark of no width: byte order mark, zero-width space and joiners, word joiner.
/// An empty file of some editors holds a byte order mark.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

#[cfg(test)]
mod tests;
