//! Reports on work of which only is known how it ended.

use deckhands_model::{AttemptReport, ErrorReport, RunReport, TaskId, TaskState};

use crate::records::AttemptRecord;

pub(super) fn attempt_report(attempt: &AttemptRecord, error: Option<&str>) -> AttemptReport {
    let outcome = error.map_or("finished", |_| "failed");
    AttemptReport {
        outcome: outcome.to_owned(),
        started_at: attempt.started_at.to_string(),
        ..AttemptReport::blank(attempt.number)
    }
}

pub(super) fn error_report(message: &str) -> ErrorReport {
    ErrorReport {
        code: 1,
        error_type: None,
        cause: None,
        message: message.to_owned(),
        causes: Vec::new(),
        hint: None,
    }
}

/// A result that knows nothing of agents and containers.
pub(super) fn run_report(id: TaskId, state: TaskState, output: &str) -> RunReport {
    RunReport {
        output: output.to_owned(),
        ..RunReport::blank(id.to_string(), state)
    }
}
