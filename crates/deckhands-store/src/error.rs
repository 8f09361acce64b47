//! Why a store refused or failed.

use std::borrow::Cow;

use deckhands_model::{TaskId, TaskState};

/// A refusal or a failure of the store. A refusal has changed nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The queue holds as many waiting tasks as it may.
    #[error("the queue is full: {max} tasks are waiting")]
    Full {
        /// The bound.
        max: u64,
    },
    /// No such task.
    #[error("there is no task {0}")]
    UnknownTask(TaskId),
    /// The task's state does not allow it.
    #[error("task {task} is {state}, so it cannot be {wanted}")]
    WrongState {
        /// Which task.
        task: TaskId,
        /// What it is.
        state: TaskState,
        /// What was asked, as a participle: `held`, `retried`.
        wanted: &'static str,
    },
    /// The lease is another worker's by now, or has been ended: a stale write.
    #[error("the lease is not held any more")]
    Stale,
    /// The same idempotency key was used for another task.
    #[error("the idempotency key `{0}` belongs to a different task")]
    KeyTaken(String),
    /// Others held the database for too long.
    #[error("the database is busy")]
    Busy,
    /// The disk, or the database's page limit, is full.
    #[error("no space is left for the database")]
    DiskFull,
    /// The file is damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A newer program wrote the database.
    #[error("the database has version {found}, this program knows up to {known}")]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// The file or its directory cannot be written.
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    /// Anything else of the back end.
    #[error("the database failed: {0}")]
    Other(String),
}

/// Result of every transition.
pub type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    /// The refusal to give a task back whose attempt has begun.
    pub(crate) fn has_begun(task: TaskId) -> Self {
        Self::WrongState {
            task,
            state: TaskState::Running,
            wanted: "given back",
        }
    }

    /// What to do about it, for people.
    #[must_use]
    pub fn hint(&self) -> Cow<'static, str> {
        let hint = match self {
            Self::Full { .. } => "run `deckhands engine`, or raise `queue.max_size`",
            Self::UnknownTask(_) => "`deckhands list` shows the tasks of this home",
            Self::WrongState { task, .. } => {
                return format!("`deckhands status {task}` shows where it stands").into();
            }
            Self::Stale => "another process has taken the task over; nothing was written",
            Self::KeyTaken(_) => "use another --idempotency-key, or leave it out",
            Self::Busy => "another process writes for a long time; try again",
            Self::DiskFull => "make room on the disk of the home directory, then try again",
            Self::Corrupt(_) => {
                "move `deckhands.db*` of the home away, or put a backup in its place"
            }
            Self::Newer { .. } => "use the newer deckhands, or another --home",
            Self::ReadOnly(_) => "make the home directory writable, or name another with --home",
            Self::Other(_) => "`deckhands doctor` checks the surroundings",
        };
        hint.into()
    }
}

#[cfg(test)]
mod tests;
