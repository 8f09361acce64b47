//! Result documents without an attempt behind them, and where a document is kept.

use std::io;
use std::path::Path;

use deckhands_model::{RunReport, TaskId, TaskState};
use jiff::Timestamp;

use super::report::Draft;
use crate::attempt_dir::{AttemptDir, write_private};
use crate::failure::RunFailure;
use crate::request::TaskRequest;
use crate::workspace::ChangeSet;

/// A document of which only what was asked for is known.
pub(super) fn empty_report(request: &TaskRequest, task: TaskId) -> RunReport {
    RunReport {
        model_requested: Some(request.model.clone()),
        profile: request.profile.to_string(),
        egress: request.network.to_string(),
        ..RunReport::blank(task.to_string(), TaskState::Failed)
    }
}

/// The document of a task whose process died.
pub(crate) fn died(task_id: String, change: Option<(&ChangeSet, &Path)>) -> RunReport {
    RunReport {
        state: TaskState::Cancelled,
        changes: change
            .map(|(change, _)| change.changes())
            .unwrap_or_default(),
        patch: change.map(|(_, patch)| patch.display().to_string()),
        notes: vec!["the process that ran this task died; its remains were removed".to_owned()],
        ..RunReport::blank(task_id, TaskState::Failed)
    }
}

/// The document of a task that could not even be read.
pub(crate) fn refused_report(task_id: String, failure: &RunFailure) -> RunReport {
    RunReport {
        error: Some(failure.report()),
        ..RunReport::blank(task_id, TaskState::Failed)
    }
}

/// The document of a task that no agent worked on: a stand-in, marked as one.
#[must_use]
pub fn simulated(request: &TaskRequest, task: TaskId, now: Timestamp) -> RunReport {
    RunReport {
        output: "simulated: no agent ran and nothing was changed".to_owned(),
        profile: "simulate".to_owned(),
        egress: "none".to_owned(),
        state: TaskState::Degraded,
        ..Draft::new(request, task, now).document()
    }
}

/// The document of a task that could not begin.
#[must_use]
pub fn not_started(
    request: &TaskRequest,
    task: TaskId,
    now: Timestamp,
    failure: RunFailure,
) -> RunReport {
    let mut draft = Draft::new(request, task, now);
    draft.fail(failure);
    draft.document()
}

/// Keeps the document in the attempt's directory.
///
/// # Errors
/// The system's error.
pub(crate) fn write_report(dir: &AttemptDir, report: &RunReport) -> io::Result<()> {
    write_private(&dir.result(), &serde_json::to_vec_pretty(report)?)
}
