//! The five fields of a result, out of the whole document.

use deckhands_model::Cause;

use super::*;
use crate::failure::RunFailure;
use crate::request::test_request;
use crate::runner::{not_started, simulated};

fn request() -> TaskRequest {
    test_request("/w".into())
}

fn simulated_report() -> RunReport {
    simulated(
        &request(),
        deckhands_model::TaskId::from_random([1; 16]),
        jiff::Timestamp::UNIX_EPOCH,
    )
}

#[tokio::test(start_paused = true)]
async fn only_a_completed_task_without_conflict_is_a_success() {
    let with = |state, conflict: &[&str]| RunReport {
        state,
        conflict: conflict.iter().map(|p| (*p).to_owned()).collect(),
        ..simulated_report()
    };
    let rows = [
        (with(TaskState::Completed, &[]), true),
        (with(TaskState::Completed, &["a"]), false),
        (with(TaskState::Failed, &[]), false),
        (with(TaskState::Cancelled, &[]), false),
        (with(TaskState::Degraded, &[]), false),
    ];
    for (report, success) in rows {
        assert_eq!(
            TaskResult::from(report.clone()).success,
            success,
            "{:?}",
            report.state
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_simulated_task_is_degraded_and_says_so() {
    let report = simulated_report();
    assert_eq!(
        (report.state, report.applied, report.attempts.len()),
        (TaskState::Degraded, false, 0)
    );
    assert_eq!(
        (report.profile.as_str(), report.egress.as_str()),
        ("simulate", "none")
    );
    assert!(report.output.starts_with("simulated"), "{}", report.output);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_could_not_begin_is_a_failed_result_with_all_fields() {
    let id = deckhands_model::TaskId::from_random([1; 16]);
    let failure = RunFailure::new(Cause::DaemonUnreachable, "no daemon");
    let result = TaskResult::from(not_started(
        &request(),
        id,
        jiff::Timestamp::UNIX_EPOCH,
        failure,
    ));
    assert!(!result.success);
    assert_eq!(
        (result.output.as_str(), result.error.as_deref()),
        ("", Some("no daemon"))
    );
    let metadata = |name: &str| result.metadata.get(name).map(String::as_str);
    assert_eq!(metadata("task_id"), Some(id.to_string().as_str()));
    let rows = [
        ("state", "failed"),
        ("events", "unknown"),
        ("input_tokens", "unknown"),
        ("output_tokens", "unknown"),
        ("changed_files", "0"),
        ("applied", "false"),
    ];
    for (name, value) in rows {
        assert_eq!(metadata(name), Some(value), "{name}");
    }
    assert_eq!(result.report.error.map(|e| e.code), Some(3));
}
