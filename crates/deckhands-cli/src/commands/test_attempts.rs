//! Attempts without containers, for the tests of the commands that host an engine.

use std::sync::Arc;

use async_trait::async_trait;
use deckhands_gateway::Health;
use deckhands_model::{AttemptId, AttemptReport, Cause, RunReport, TaskState};
use deckhands_orchestration::engine::{
    AttemptJob, AttemptOutcome, AttemptResult, Attempts, NotAdopted,
};
use deckhands_orchestration::{Clock, SystemClock, route_health};
use deckhands_resilience::route_health::BreakerPolicy;

use crate::sample;

/// Ends every attempt at once: a task whose text has `fail` in it fails, one with `hang` goes on
/// until it is cancelled or paused.
#[derive(Debug)]
pub(super) struct AtOnce;

#[async_trait]
impl Attempts for AtOnce {
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome {
        let text = job.spec["text"].as_str().unwrap_or_default();
        if text.contains("hang") {
            tokio::select! {
                () = job.cancel.cancelled() => return over(job, TaskState::Cancelled),
                () = job.pause.cancelled() => return AttemptOutcome::Paused,
            }
        }
        let state = if text.contains("fail") {
            TaskState::Failed
        } else {
            TaskState::Completed
        };
        over(job, state)
    }

    async fn adopt(&self, _job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted> {
        Err(NotAdopted::Gone("not there".to_owned()))
    }

    async fn remove(&self, _attempt: AttemptId) -> Result<(), String> {
        Ok(())
    }
}

/// Routes that were never called.
pub(super) fn all_well() -> Health {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    route_health(BreakerPolicy::default(), &clock)
}

fn over(job: &AttemptJob, state: TaskState) -> AttemptOutcome {
    let report = match state {
        TaskState::Failed => sample::failed(Cause::BadKey),
        state => RunReport {
            state,
            ..sample::completed()
        },
    };
    let attempt = AttemptReport {
        number: job.id.number.get(),
        ..sample::attempt()
    };
    AttemptOutcome::Over(Box::new(AttemptResult {
        report: RunReport {
            task_id: job.id.task.to_string(),
            attempts: vec![attempt],
            ..report
        },
        reset_at: None,
        retry_after: None,
    }))
}
