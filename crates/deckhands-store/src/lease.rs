//! Leases: who may write about an attempt, and until when.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use deckhands_model::{AttemptId, IdError, TaskId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One start of one worker; never used again. Shown as 32 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerId(TaskId);

/// The fencing token of a task: raised by every claim and every adoption, never lowered.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// What every write of a worker carries. A write whose fence is not the stored one changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fence {
    /// The attempt that is written about.
    pub attempt: AttemptId,
    /// The epoch of the lease.
    pub epoch: Epoch,
}

/// A lease that was seen, and seen again to be the same at least its [term](LeaseTerm) later, on a clock
/// that nobody sets. Whoever held it then is not sure of it any more: he would have renewed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SilentLease {
    /// Whose it was.
    pub fence: Fence,
    /// When it ends, as it was written at its last renewal.
    pub until: Timestamp,
}

/// How long a lease holds without being renewed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseTerm(pub Duration);

impl Default for LeaseTerm {
    /// 45 seconds: four missed heartbeats of 10 seconds.
    fn default() -> Self {
        Self(Duration::from_secs(45))
    }
}

impl LeaseTerm {
    /// When a lease that is taken or renewed now ends; the largest time where that overflows.
    #[must_use]
    pub fn end(self, now: Timestamp) -> Timestamp {
        now.checked_add(self.0).unwrap_or(Timestamp::MAX)
    }
}

impl WorkerId {
    /// Wraps 16 random bytes that the caller's id source made.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(TaskId::from_random(bytes))
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for WorkerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self)
    }
}
