//! Attempts without a daemon: they do to the store what real ones do, and nothing else.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use deckhands_model::{AttemptId, AttemptReport, RunReport, TaskState, Verdict};
use deckhands_orchestration::PromoteGate;
use deckhands_orchestration::engine::{
    AttemptJob, AttemptOutcome, AttemptResult, Attempts, LeaseOwner, NotAdopted,
};
use deckhands_runtime::{ContainerOwner, Intent, IntentKind, Labels};

/// What becomes of an attempt once its containers are announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// It is completed at once.
    Ends,
    /// It goes on for ever.
    Lives,
}

/// Attempts that take no time of their own.
#[derive(Debug)]
pub(crate) struct FakeAttempts {
    then: Then,
    alive: AtomicUsize,
}

impl FakeAttempts {
    pub(crate) fn new(then: Then) -> Self {
        Self {
            then,
            alive: AtomicUsize::new(0),
        }
    }

    /// Attempts that live now.
    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::Relaxed)
    }
}

/// Counts an attempt for as long as its worker has it.
struct Alive<'a>(&'a AtomicUsize);

impl<'a> Alive<'a> {
    fn of(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Attempts for FakeAttempts {
    /// Announces two containers, as a managed attempt does, and asks before it is believed.
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome {
        let owner = LeaseOwner::new(job.lease.clone());
        for role in ["app", "sandbox"] {
            if owner.announce(&container(job.id, role)).await.is_err() {
                return AttemptOutcome::Disowned;
            }
        }
        if self.then == Then::Lives {
            let _alive = Alive::of(&self.alive);
            return pending().await;
        }
        match owner.may_promote().await {
            Ok(()) => AttemptOutcome::Over(Box::new(completed(job))),
            Err(_disowned) => AttemptOutcome::Disowned,
        }
    }

    async fn adopt(&self, _job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted> {
        Err(NotAdopted::Gone(
            "nothing here outlives its worker".to_owned(),
        ))
    }

    async fn remove(&self, _attempt: AttemptId) -> Result<(), String> {
        Ok(())
    }
}

fn container(id: AttemptId, role: &str) -> Intent {
    let labels = [
        ("deckhands.task", id.task.to_string()),
        ("deckhands.attempt", id.number.to_string()),
        ("deckhands.role", role.to_owned()),
    ];
    let labels = labels.map(|(key, value)| (key.to_owned(), value));
    Intent {
        name: id.object_name(role),
        kind: IntentKind::Container,
        labels: Labels::from(labels),
    }
}

fn completed(job: &AttemptJob) -> AttemptResult {
    let verdict = Some(Verdict::Accepted(Vec::new()));
    let attempt = AttemptReport {
        route: job.model.clone().unwrap_or_default(),
        outcome: "finished".to_owned(),
        work_time_s: 1.0,
        verdict: verdict.clone(),
        ..AttemptReport::blank(job.id.number.get())
    };
    AttemptResult {
        report: RunReport {
            attempts: vec![attempt],
            verdict,
            ..RunReport::blank(job.id.task.to_string(), TaskState::Completed)
        },
        reset_at: None,
        retry_after: None,
    }
}
