//! Which task `diff` and `apply` mean, and what is told where it has no change.

use deckhands_model::{TaskId, TaskState};
use deckhands_orchestration::{Clock as _, Home, KeptError, SystemClock};
use deckhands_store::{Queries, StoreError};
use jiff::Timestamp;

use crate::commands::stored;
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, shown, wiring};

/// The task that a word means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::commands) struct Meant {
    /// What its files are found by.
    word: String,
    /// How it stands, where it is stored.
    stored: Option<(TaskId, TaskState)>,
}

impl Meant {
    /// Finds a task among the stored ones and those of `run`. Where the stored ones cannot be asked,
    /// that is said, and the directories of attempts are all there is to go by.
    pub(in crate::commands) fn find(
        home: &Home,
        word: &str,
        console: &Console,
    ) -> Result<Self, CliError> {
        let why = match wiring::queries_if_any(home, false) {
            Ok(None) => return Ok(Self::by_directory(word)),
            Ok(Some(store)) => {
                let now = SystemClock.now();
                match wiring::block_on(located(&*store, home, word, now))? {
                    Err(error) if error.0.code == exit_code::ENVIRONMENT => error.0.message,
                    found => return found,
                }
            }
            Err(why) => why,
        };
        console.note(&format!(
            "the stored tasks were not asked ({}); those that began are looked at",
            shown::line(&why)
        ));
        Ok(Self::by_directory(word))
    }

    /// A task that is found by the directories of attempts alone.
    pub(in crate::commands) fn by_directory(word: &str) -> Self {
        Self {
            word: word.to_owned(),
            stored: None,
        }
    }

    /// What its files are found by.
    pub(in crate::commands) fn word(&self) -> &str {
        &self.word
    }

    /// Its state, where it is stored.
    pub(in crate::commands) fn state(&self) -> Option<TaskState> {
        self.stored.map(|(_, state)| state)
    }

    /// The error for the terminal and for `--json`. Of a stored task without a change it is told where
    /// it stands.
    pub(in crate::commands) fn told(&self, error: &KeptError) -> CliError {
        match (error, self.stored) {
            (KeptError::Unknown { .. } | KeptError::NoChange { .. }, Some((task, state))) => {
                nothing_kept(task, state)
            }
            _ => super::told(error),
        }
    }
}

async fn located(
    store: &dyn Queries,
    home: &Home,
    word: &str,
    now: Timestamp,
) -> Result<Meant, CliError> {
    let id = stored::locate(store, home, word, now).await?;
    let stored = match store.task(id, now).await {
        Ok(task) => Some((id, task.state)),
        Err(StoreError::UnknownTask(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Meant {
        word: id.to_string(),
        stored,
    })
}

fn nothing_kept(task: TaskId, state: TaskState) -> CliError {
    let id = stored::short(task);
    let (code, hint) = if state.is_terminal() {
        let hint = format!("`deckhands status {id}` shows how it ended");
        (exit_code::USAGE, hint)
    } else {
        let hint = format!("`deckhands watch {id}` follows it to its end");
        (exit_code::WORK_FAILED, hint)
    };
    let message = format!("task {id} has no kept change: it is {state}");
    CliError::new(code, message, Some(hint))
}
