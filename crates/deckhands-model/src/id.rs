//! Identities of tasks and attempts. Random bits come from outside.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identity of a task, unique for ever. Shown as 32 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(Uuid);

/// Number of an attempt within its task, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptNumber(NonZeroU32);

/// Identity of an attempt: its task and its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttemptId {
    /// The task this is an attempt at.
    pub task: TaskId,
    /// The attempt's number within the task.
    pub number: AttemptNumber,
}

/// A text that is no identity.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a task id (32 hexadecimal digits)")]
pub struct IdError {
    /// The refused text.
    pub text: String,
}

impl TaskId {
    /// Wraps 16 random bytes that the caller's id source made.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl AttemptNumber {
    /// The first attempt of a task.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The number after this one; stays at the maximum once reached.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The plain number, at least 1.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl AttemptId {
    /// A name of `[a-z0-9-]`, unique for this attempt, that agents get as their session's name.
    #[must_use]
    pub fn session_name(&self) -> String {
        format!("{}-{}", self.task, self.number)
    }

    /// The name of a container or network of this attempt in the given role.
    #[must_use]
    pub fn object_name(&self, role: &str) -> String {
        format!("deckhands-{}-{}-{role}", self.task, self.number)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

impl fmt::Display for AttemptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.task, self.number)
    }
}

impl FromStr for TaskId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let parsed = plain.then(|| Uuid::try_parse(text).ok()).flatten();
        parsed.map(Self).ok_or_else(|| IdError {
            text: text.to_owned(),
        })
    }
}

impl FromStr for AttemptNumber {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl TryFrom<String> for TaskId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests;
