//! Reports and text for the tests of this crate.

use deckhands_model::{
    AttemptReport, Cause, Change, ChangeKind, ErrorReport, Finding, REPORT_SCHEMA_VERSION,
    RunReport, Severity, TaskState, Timings, Usage, Verdict, Versions,
};

/// A completed run with one change that was applied.
pub(crate) fn completed() -> RunReport {
    RunReport {
        schema_version: REPORT_SCHEMA_VERSION,
        task_id: "0123456789abcdef0123456789abcdef".to_owned(),
        state: TaskState::Completed,
        output: "I wrote it.".to_owned(),
        error: None,
        profile: "socket".to_owned(),
        egress: "open".to_owned(),
        model_requested: None,
        model_served: Vec::new(),
        attempts: vec![attempt()],
        verdict: Some(Verdict::Accepted(Vec::new())),
        changes: vec![change("hello.txt", ChangeKind::Created)],
        patch: Some("/home/attempts/1/change.patch".to_owned()),
        applied: true,
        conflict: Vec::new(),
        timings: Timings {
            total_s: 20.25,
            ..Timings::default()
        },
        images: Vec::new(),
        versions: Versions::default(),
        notes: Vec::new(),
        money: None,
    }
}

/// The same that failed with this cause.
pub(crate) fn failed(cause: Cause) -> RunReport {
    let error = ErrorReport {
        code: cause.exit_code().code(),
        error_type: Some(cause.error_type()),
        cause: Some(cause),
        message: "what failed".to_owned(),
        causes: vec!["because of this".to_owned()],
        hint: Some("do that".to_owned()),
    };
    RunReport {
        state: TaskState::Failed,
        error: Some(error),
        applied: false,
        ..completed()
    }
}

pub(crate) fn attempt() -> AttemptReport {
    AttemptReport {
        number: 1,
        route: "openai/m".to_owned(),
        outcome: "finished".to_owned(),
        cause: None,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        work_time_s: 7.5,
        wait_time_s: 1.0,
        usage: Usage {
            input_tokens: Some(2100),
            output_tokens: None,
            cost_usd: None,
        },
        container_exit: None,
        events: 9,
        verdict: None,
    }
}

pub(crate) fn change(path: &str, kind: ChangeKind) -> Change {
    Change {
        path: path.to_owned(),
        kind,
        bytes: 6,
    }
}

pub(crate) fn finding(severity: Severity, message: &str) -> Finding {
    Finding {
        severity,
        check: "make test".to_owned(),
        message: message.to_owned(),
    }
}

/// The text without colours.
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
