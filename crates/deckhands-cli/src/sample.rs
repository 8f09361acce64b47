//! Reports and text for the tests of this crate.

use deckhands_model::{
    AttemptReport, CallFault, CallRecord, CallsReport, Cause, Change, ChangeKind, CostBy,
    ErrorReport, Finding, ModelId, REPORT_SCHEMA_VERSION, RunReport, Severity, TaskState, Timings,
    Usage, Verdict, Versions,
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
        calls: None,
    }
}

/// A good call of this route that this model answered.
pub(crate) fn call(route: &str, model: &str) -> CallRecord {
    CallRecord {
        call: 1,
        started_at: "2026-01-01T00:00:01Z".to_owned(),
        route: ModelId::resolve(route).ok(),
        model: Some(model.to_owned()),
        tries: Vec::new(),
        status: Some(200),
        fault: None,
        cause: None,
        streamed: false,
        input_tokens: Some(700),
        output_tokens: Some(50),
        cached_tokens: None,
        cost_usd: Some(0.0025),
        cost_by: Some(CostBy::Provider),
        table_cost_usd: None,
        lost_usd: 0.0,
        cost_unknown: 0,
        took_s: 1.5,
        held_s: 0.0,
        retry_after_s: None,
        gave_up: false,
    }
}

/// One that the route refused.
pub(crate) fn failed_call(route: &str, cause: Cause) -> CallRecord {
    CallRecord {
        model: None,
        status: Some(429),
        fault: Some(CallFault::Refused),
        cause: Some(cause),
        input_tokens: None,
        output_tokens: None,
        cost_usd: None,
        cost_by: None,
        ..call(route, "")
    }
}

pub(crate) fn calls_of(calls: &[CallRecord]) -> CallsReport {
    let mut report = CallsReport::default();
    calls.iter().for_each(|call| report.add(call));
    report
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
