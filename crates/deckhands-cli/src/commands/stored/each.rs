//! Does the same to several tasks, and tells of each.

use deckhands_model::{ErrorReport, TaskId, TaskState};
use deckhands_store::Store;
use serde::Serialize;
use serde_json::json;

use super::ids::{resolve_all, short};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;

/// What was done with one task.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(in crate::commands) struct Done {
    /// The task.
    pub(in crate::commands) task_id: TaskId,
    /// What came of it, one word.
    pub(in crate::commands) outcome: &'static str,
    /// The state it had ended in before, where that is why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) state: Option<TaskState>,
    /// The task that was made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) new_task_id: Option<TaskId>,
    /// Why nothing was done.
    pub(in crate::commands) error: Option<ErrorReport>,
}

impl Done {
    /// Done, without more to tell.
    pub(in crate::commands) fn new(task_id: TaskId, outcome: &'static str) -> Self {
        Self {
            task_id,
            outcome,
            state: None,
            new_task_id: None,
            error: None,
        }
    }
}

/// Does something to each task that the words mean. The refusal of one stops none of the others;
/// that of a single one is the command's.
pub(in crate::commands) async fn each(
    store: &dyn Store,
    words: &[String],
    act: impl AsyncFn(TaskId) -> Result<Done, CliError>,
) -> Result<Vec<Done>, CliError> {
    let ids = resolve_all(store, words).await?;
    let mut all = Vec::new();
    for id in &ids {
        match act(*id).await {
            Ok(done) => all.push(done),
            Err(error) if ids.len() == 1 => return Err(error),
            Err(error) => all.push(Done {
                error: Some(error.0),
                ..Done::new(*id, "refused")
            }),
        }
    }
    Ok(all)
}

/// Tells what was done; returns the exit code of the first refusal.
pub(in crate::commands) fn tell(
    all: &[Done],
    line: impl Fn(&Done) -> String,
    console: &Console,
) -> u8 {
    if console.json {
        console.document(&json!({ "tasks": all }));
        return code(all);
    }
    for done in all {
        match &done.error {
            None => console.data(&format!("{}\n", line(done))),
            Some(error) => {
                console.stderr(&crate::console::error_text(error));
            }
        }
    }
    code(all)
}

/// A line that names the task and says what was done.
pub(in crate::commands) fn line(done: &Done, said: &str) -> String {
    format!("{} {said}", short(done.task_id))
}

fn code(all: &[Done]) -> u8 {
    let refused = all.iter().find_map(|done| done.error.as_ref());
    refused.map_or(exit_code::OK, |error| error.code)
}

#[cfg(test)]
mod tests;
