//! What is told of an attempt that is over, and of its task.

use deckhands_model::{AttemptReport, CallsReport, Cause, RunReport, TaskId, TaskState};
use deckhands_store::Progress;

use super::work::Work;
use crate::failure::RunFailure;
use crate::runner;

/// What a lost attempt has left behind.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) progress: Progress,
    pub(super) calls: Option<Box<CallsReport>>,
}

/// The task's document, with all of its attempts.
pub(super) fn whole_report(
    work: &Work,
    report: Option<RunReport>,
    last: &AttemptReport,
    state: TaskState,
) -> RunReport {
    let report = report.unwrap_or_else(|| untold(work.task_id(), state));
    let mut attempts = work.job.earlier.clone();
    attempts.push(last.clone());
    RunReport {
        state,
        attempts,
        ..report
    }
}

/// The document of a task whose last attempt told nothing.
fn untold(task: TaskId, state: TaskState) -> RunReport {
    match state {
        TaskState::Failed => {
            let text = "its process died, and nobody could go on with it";
            let failure = RunFailure::new(Cause::AppLost, text);
            runner::refused_report(task.to_string(), &failure)
        }
        _ => runner::died(task.to_string(), None),
    }
}

/// The attempt's own report; of one that told nothing, how far it was, and its calls.
pub(super) fn own_report(
    work: &Work,
    report: Option<&RunReport>,
    Left { progress, calls }: Left,
    outcome: &str,
) -> AttemptReport {
    let number = work.id().number.get();
    let told = report.and_then(|report| report.attempts.last());
    if let Some(told) = told.filter(|told| told.number == number) {
        return told.clone();
    }
    let cause = report.and_then(|report| report.error.as_ref()?.cause);
    AttemptReport {
        route: work.model().unwrap_or_default(),
        outcome: outcome.to_owned(),
        cause,
        events: progress.events,
        work_time_s: progress.work.as_secs_f64(),
        wait_time_s: progress.wait.as_secs_f64(),
        calls: calls.map(|calls| *calls),
        ..AttemptReport::blank(number)
    }
}
