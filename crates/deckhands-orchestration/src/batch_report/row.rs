//! One task of a batch, with bounded texts.

use deckhands_model::{
    AttemptReport, Category, Cause, ErrorType, Finding, RunReport, Severity, TaskId, TaskState,
};
use deckhands_store::TaskRecord;
use jiff::Timestamp;
use serde::Serialize;

use crate::metrics::{AttemptFigures, Tally};

/// Most bytes kept of the agent's last words.
const MOST_OUTPUT: usize = 4 << 10;

/// Most bytes kept of any other text.
const MOST_TEXT: usize = 1 << 10;

/// Most entries kept of a list.
const MOST_ENTRIES: usize = 5;

/// A task as the file of the batch names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchItem {
    /// Its place in the file, from 1.
    pub index: usize,
    /// Its name, or a line of its text.
    pub name: String,
    /// Its change is to be applied.
    pub apply: bool,
}

/// One task of a batch. Texts and lists are cut at a bound.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BatchRow {
    /// Its place in the file, from 1.
    pub index: usize,
    /// Its name, or a line of its text.
    pub name: String,
    /// Its category, where it has one.
    pub category: Option<Category>,
    /// The model that was asked for.
    pub model: Option<String>,
    /// The task in the store; `None` where it was not handed in.
    pub task_id: Option<TaskId>,
    /// Where it is in its life; `None` where it was not handed in.
    pub state: Option<TaskState>,
    /// It completed, and was applied where that was asked for.
    pub success: bool,
    /// The public type of a failure.
    #[serde(rename = "type")]
    pub error_type: Option<ErrorType>,
    /// The cause of a failure.
    pub cause: Option<Cause>,
    /// What failed, or why it waits.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What the checks refuse.
    pub findings: Vec<Finding>,
    /// The agent's last words.
    pub output: String,
    /// How many paths changed.
    pub changes: usize,
    /// Whether the workspace was given the change.
    pub applied: bool,
    /// Paths that changed in the workspace meanwhile.
    pub conflict: Vec<String>,
    /// Where the change is kept as a unified diff.
    pub patch: Option<String>,
    /// When its first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Attempts that were begun.
    pub begun: u32,
    /// Sums over the attempts of a task that ended.
    pub attempts: AttemptFigures,
}

impl BatchRow {
    /// The row of a task, from all that is known of it.
    #[must_use]
    pub fn of(
        item: &BatchItem,
        task: Option<&TaskRecord>,
        result: Option<&RunReport>,
        attempts: &[AttemptReport],
    ) -> Self {
        let error = result.and_then(|result| result.error.as_ref());
        let state = task.map(|task| task.state);
        let failed = state == Some(TaskState::Failed);
        let cause = error.and_then(|error| error.cause);
        let cause = cause.or_else(|| task.filter(|_| failed)?.cause);
        let note = task.filter(|task| !task.state.is_terminal());
        let message = error.map(|error| error.message.as_str());
        let message = message.or_else(|| note?.note.as_deref());
        Self {
            index: item.index,
            name: bounded(&item.name, MOST_TEXT),
            category: task.and_then(|task| task.category),
            model: task.and_then(|task| task.model.clone()),
            task_id: task.map(|task| task.id),
            state,
            success: success(item, state, result),
            error_type: cause.map(Cause::error_type),
            cause,
            message: message.map(|text| bounded(text, MOST_TEXT)),
            hint: error
                .and_then(|error| error.hint.as_deref())
                .map(|text| bounded(text, MOST_TEXT)),
            findings: result.map(findings).unwrap_or_default(),
            output: result.map_or_else(String::new, |r| bounded(&r.output, MOST_OUTPUT)),
            changes: result.map_or(0, |result| result.changes.len()),
            applied: result.is_some_and(|result| result.applied),
            conflict: result.map(conflict).unwrap_or_default(),
            patch: result.and_then(|result| result.patch.clone()),
            started_at: task.and_then(|task| task.started_at),
            ended_at: task.and_then(|task| task.ended_at),
            begun: task.map_or(0, |task| task.attempts),
            attempts: task.map(|task| figures(task, attempts)).unwrap_or_default(),
        }
    }

    /// Seconds from the first attempt's start to the end, where both are known.
    #[must_use]
    pub fn time_s(&self) -> Option<f64> {
        let time = self.ended_at?.duration_since(self.started_at?);
        Some(time.as_secs_f64().max(0.0))
    }

    /// How it stands, in a word or two.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.state {
            Some(TaskState::Completed) if !self.success => "not applied",
            Some(state) => state.word(),
            None => "not handed in",
        }
    }

    /// Whether nothing will come of it any more without somebody's doing.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.is_some_and(TaskState::is_terminal)
    }
}

/// Completed alone is not enough: a change that was to be applied must be in the workspace.
fn success(item: &BatchItem, state: Option<TaskState>, result: Option<&RunReport>) -> bool {
    let Some(result) = result.filter(|_| state == Some(TaskState::Completed)) else {
        return false;
    };
    let in_place = result.applied || result.changes.is_empty();
    result.conflict.is_empty() && (in_place || !item.apply)
}

fn figures(task: &TaskRecord, attempts: &[AttemptReport]) -> AttemptFigures {
    let mut tally = Tally::default();
    tally.add(task, attempts);
    tally.metrics().system.attempts
}

fn findings(result: &RunReport) -> Vec<Finding> {
    let all = result.verdict.iter().flat_map(|verdict| verdict.findings());
    let grave = all.filter(|finding| finding.severity == Severity::Error);
    let kept = grave.take(MOST_ENTRIES).map(|finding| Finding {
        severity: finding.severity,
        check: bounded(&finding.check, MOST_TEXT),
        message: bounded(&finding.message, MOST_TEXT),
    });
    kept.collect()
}

fn conflict(result: &RunReport) -> Vec<String> {
    let paths = result.conflict.iter().take(MOST_ENTRIES);
    paths.map(|path| bounded(path, MOST_TEXT)).collect()
}

/// The beginning of a text; `…` stands for what was cut off.
fn bounded(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max).rev().find(|at| text.is_char_boundary(*at));
    format!("{}…", &text[..end.unwrap_or(0)])
}

#[cfg(test)]
mod tests;
