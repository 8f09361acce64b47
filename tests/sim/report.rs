//! The documents that the simulated attempts hand in.

use deckhands_model::{
    AttemptId, AttemptReport, Cause, ErrorReport, REPORT_SCHEMA_VERSION, RunReport, TaskState,
    Timings, Usage, Verdict, Versions,
};
use std::time::Duration;

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) state: TaskState,
    pub(crate) cause: Option<Cause>,
    pub(crate) work: Duration,
    pub(crate) micro_dollars: u64,
}

/// The document of an attempt.
pub(crate) fn report(id: AttemptId, route: &str, told: Told) -> RunReport {
    let accepted = told.state == TaskState::Completed;
    let verdict = accepted.then(|| Verdict::Accepted(Vec::new()));
    let attempt = attempt(id, route, told, verdict.clone());
    RunReport {
        schema_version: REPORT_SCHEMA_VERSION,
        task_id: id.task.to_string(),
        state: told.state,
        output: String::new(),
        error: told.cause.map(error),
        profile: "managed".to_owned(),
        egress: "llm".to_owned(),
        model_requested: None,
        model_served: Vec::new(),
        attempts: vec![attempt],
        verdict,
        changes: Vec::new(),
        patch: None,
        applied: accepted,
        conflict: Vec::new(),
        timings: Timings::default(),
        images: Vec::new(),
        versions: Versions::default(),
        notes: Vec::new(),
        money: None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "far fewer than 2^52 millionths of a dollar are spent"
)]
fn attempt(id: AttemptId, route: &str, told: Told, verdict: Option<Verdict>) -> AttemptReport {
    let outcome = match told.state {
        TaskState::Completed => "finished",
        TaskState::Cancelled => "cancelled",
        _ => "failed",
    };
    AttemptReport {
        route: route.to_owned(),
        outcome: outcome.to_owned(),
        cause: told.cause,
        work_time_s: told.work.as_secs_f64(),
        usage: Usage {
            cost_usd: Some(told.micro_dollars as f64 / 1e6),
            ..Usage::default()
        },
        verdict,
        ..AttemptReport::blank(id.number.get())
    }
}

fn error(cause: Cause) -> ErrorReport {
    ErrorReport {
        code: 1,
        error_type: Some(cause.error_type()),
        cause: Some(cause),
        message: "as the script says".to_owned(),
        causes: Vec::new(),
        hint: None,
    }
}
