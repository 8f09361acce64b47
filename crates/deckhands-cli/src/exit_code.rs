//! The exit codes of every command, in one place.

use std::process::ExitCode;

use deckhands_model::{RunReport, TaskState};

/// The command did it.
pub(crate) const OK: u8 = 0;
/// Work ended without success.
pub(crate) const WORK_FAILED: u8 = 1;
/// Usage or configuration error.
pub(crate) const USAGE: u8 = 2;
/// The environment is not ready.
pub(crate) const ENVIRONMENT: u8 = 3;
/// A bug of ours.
pub(crate) const INTERNAL: u8 = 4;
/// Interrupted by SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// As the process's own exit code.
pub(crate) fn of(code: u8) -> ExitCode {
    ExitCode::from(code)
}

/// The exit code of a task's end; `signal` is the code of the signal that cancelled it, if one did.
pub(crate) fn of_report(report: &RunReport, signal: Option<u8>) -> u8 {
    match report.state {
        TaskState::Completed if report.conflict.is_empty() => OK,
        TaskState::Cancelled => signal.unwrap_or(INTERRUPTED),
        TaskState::Completed | TaskState::Degraded => WORK_FAILED,
        TaskState::Failed | TaskState::Pending | TaskState::Queued | TaskState::Running => report
            .error
            .as_ref()
            .map_or(WORK_FAILED, |error| error.code),
    }
}

/// The exit code for the end of a stored task that somebody else carried out.
pub(crate) fn of_task(state: TaskState, report: Option<&RunReport>) -> u8 {
    match (state, report) {
        // Its cancellation was nothing that happened to this process.
        (TaskState::Cancelled, _) => WORK_FAILED,
        (_, Some(report)) => of_report(report, None),
        (TaskState::Completed, None) => OK,
        (_, None) => WORK_FAILED,
    }
}

#[cfg(test)]
mod tests;
