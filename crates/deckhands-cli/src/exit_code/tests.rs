//! Which end of a task ends the process with which code.

use deckhands_model::Cause;

use super::*;
use crate::sample::{completed, failed};

#[test]
fn every_end_has_its_code() {
    let with = |state| RunReport {
        state,
        ..completed()
    };
    let conflict = RunReport {
        conflict: vec!["a".to_owned()],
        applied: false,
        ..completed()
    };
    let not_asked_to_apply = RunReport {
        applied: false,
        ..completed()
    };
    let rows = [
        (completed(), None, 0),
        (not_asked_to_apply, None, 0),
        (completed(), Some(130), 0),
        (conflict, None, 1),
        (with(TaskState::Degraded), None, 1),
        (with(TaskState::Cancelled), None, 130),
        (with(TaskState::Cancelled), Some(130), 130),
        (with(TaskState::Cancelled), Some(143), 143),
        (with(TaskState::Failed), None, 1),
        (failed(Cause::Stuck), Some(130), 1),
    ];
    for (report, signal, code) in rows {
        assert_eq!(
            of_report(&report, signal),
            code,
            "{:?} {signal:?}",
            report.state
        );
    }
}

#[test]
fn a_failure_ends_with_its_cause_s_code() {
    for cause in Cause::ALL {
        assert_eq!(
            of_report(&failed(cause), None),
            cause.exit_code().code(),
            "{cause}"
        );
    }
}

#[test]
fn the_codes_are_the_documented_ones() {
    assert_eq!(
        [OK, WORK_FAILED, USAGE, ENVIRONMENT, INTERNAL, INTERRUPTED],
        [0, 1, 2, 3, 4, 130]
    );
}

#[test]
fn the_end_of_a_task_that_others_carried_out() {
    use TaskState::{Cancelled, Completed, Degraded, Failed};
    for (state, code) in [(Completed, 0), (Failed, 1), (Cancelled, 1), (Degraded, 1)] {
        assert_eq!(of_task(state, None), code, "{state}");
    }
    let cancelled = RunReport {
        state: Cancelled,
        ..completed()
    };
    assert_eq!(of_task(Cancelled, Some(&cancelled)), WORK_FAILED);
    let conflict = RunReport {
        conflict: vec!["a".to_owned()],
        ..completed()
    };
    assert_eq!(of_task(Completed, Some(&conflict)), WORK_FAILED);
    assert_eq!(of_task(Completed, Some(&completed())), OK);
    assert_eq!(
        of_task(Failed, Some(&failed(Cause::ImageMissing))),
        ENVIRONMENT
    );
}
