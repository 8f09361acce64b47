//! Bounds of an attempt: resources and deadlines. Every bound is explicit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::size::ByteSize;

/// Resources an attempt may use.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory of the sandbox, swap included.
    pub memory: ByteSize,
    /// Processors of the sandbox in thousandths of one (2000 = two processors).
    pub milli_cpus: u32,
    /// Processes and threads of the sandbox.
    pub processes: u32,
    /// Disk space that the attempt may take beyond the copy of the workspace, where the profile can
    /// hold it.
    pub disk: ByteSize,
    /// Steps the agent may take.
    pub iterations: u32,
    /// Bytes kept of each container's output; later output is read and dropped.
    pub log_bytes: ByteSize,
    /// Size of a workspace above which a copy needs the user's word.
    pub workspace_bytes: ByteSize,
}

/// Times after which an attempt's phases are ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Pulling one image.
    pub pull: Duration,
    /// From the app container's start to the first agent event.
    pub start: Duration,
    /// Longest time without an agent event.
    pub idle: Duration,
    /// Time the agent may work, waits left out.
    pub work: Duration,
    /// Removing everything of the attempt.
    pub cleanup: Duration,
    /// All checks together.
    pub checks: Duration,
    /// Longest stay in a state that waits for a person.
    pub awaiting: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: ByteSize::gibibytes(4),
            milli_cpus: 2000,
            processes: 1024,
            disk: ByteSize::gibibytes(5),
            iterations: 100,
            log_bytes: ByteSize::mebibytes(64),
            workspace_bytes: ByteSize::gibibytes(2),
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            pull: Duration::from_secs(600),
            start: Duration::from_secs(120),
            idle: Duration::from_secs(180),
            work: Duration::from_secs(300),
            cleanup: Duration::from_secs(30),
            checks: Duration::from_secs(120),
            awaiting: Duration::from_secs(4),
        }
    }
}

#[cfg(test)]
mod tests;
