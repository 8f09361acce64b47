//! Why a kept change cannot be shown or applied.

use std::io;
use std::path::PathBuf;

use crate::home::HomeError;
use crate::workspace::PromoteError;

/// Why a kept change cannot be shown or applied. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// No task has such an id.
    #[error("there is no task `{word}`")]
    Unknown {
        /// What was asked for.
        word: String,
        /// The newest tasks, latest first.
        recent: Vec<String>,
    },
    /// Several tasks have such an id.
    #[error("`{word}` is the beginning of {} task ids", matches.len())]
    Ambiguous {
        /// What was asked for.
        word: String,
        /// All of them.
        matches: Vec<String>,
    },
    /// Its own process works on it, or another command.
    #[error("task {task_id} is still under way, or another command is using it")]
    Live {
        /// The task.
        task_id: String,
    },
    /// There is nothing to apply.
    #[error("task {task_id} has no kept change")]
    NoChange {
        /// The task.
        task_id: String,
        /// Whether it has a result; it has none where its process died.
        ended: bool,
    },
    /// No judgement accepted it.
    #[error("the change of task {task_id} is not proved: {why}")]
    Unproved {
        /// The task.
        task_id: String,
        /// How the task ended.
        why: String,
    },
    /// The workspace is not there.
    #[error("the workspace `{}` is not a directory", path.display())]
    NoWorkspace {
        /// The workspace.
        path: PathBuf,
    },
    /// The change only deletes, and nothing of that is in another directory than the task's own.
    #[error("`{}` has nothing that the change of task {task_id} deletes", path.display())]
    NothingThere {
        /// The task.
        task_id: String,
        /// The directory.
        path: PathBuf,
    },
    /// The change was applied when the task ended, and only its patch was kept.
    #[error("the changed files of task {task_id} were not kept, because its change was applied")]
    NotKept {
        /// The task.
        task_id: String,
    },
    /// What is kept is not what was recorded.
    #[error("the kept change of task {task_id} is damaged")]
    Damaged {
        /// The task.
        task_id: String,
        /// The change as a unified diff, where that is there.
        patch: Option<PathBuf>,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// The promotion failed.
    #[error(transparent)]
    Promote(PromoteError),
    /// A file of the attempt cannot be read or written.
    #[error("read or write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl From<HomeError> for KeptError {
    fn from(error: HomeError) -> Self {
        Self::Io {
            path: error.path,
            source: error.source,
        }
    }
}
