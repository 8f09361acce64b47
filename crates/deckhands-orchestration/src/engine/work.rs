//! One attempt in its worker's hands.

use std::sync::Arc;

use deckhands_model::{AttemptId, TaskId};
use deckhands_resilience::route_health::Permit;
use deckhands_store::{Claim, TaskRecord};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempts::AttemptJob;
use super::calls::RouteCalls;
use super::lease::Lease;
use super::memory::TaskMemory;
use super::shared::Shared;

/// How work on an attempt came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// It was claimed just now.
    Fresh,
    /// Another process began it.
    Orphan,
}

/// One attempt with all that its worker needs.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) task: TaskRecord,
    pub(super) memory: TaskMemory,
    pub(super) lease: Arc<Lease>,
    pub(super) job: AttemptJob,
    /// Leave to use the model's route.
    pub(super) permit: Option<Permit>,
    pub(super) origin: Origin,
}

impl Work {
    /// Work on a claim that was asked for at `since`.
    pub(super) fn of(
        shared: &Shared,
        claim: Claim,
        since: Instant,
        origin: Origin,
        pause: CancellationToken,
    ) -> Self {
        let memory = TaskMemory::of(&claim.recovery);
        let lease = Arc::new(Lease::new(
            shared.store.clone(),
            shared.clock.clone(),
            shared.settings.lease,
            claim.fence,
            since,
        ));
        if claim.task.cancel_requested {
            lease.cancel_asked().cancel();
        }
        let model = memory.model.as_ref().or(claim.task.model.as_ref());
        let job = AttemptJob {
            calls: RouteCalls::new(shared.health.clone(), shared.clock.clone(), model),
            id: claim.fence.attempt,
            spec: claim.spec,
            model: memory.model.clone(),
            memory_factor: memory.memory_factor(),
            earlier: Vec::new(),
            lease: lease.clone(),
            cancel: lease.cancel_asked().clone(),
            pause,
        };
        Self {
            task: claim.task,
            memory,
            lease,
            job,
            permit: None,
            origin,
        }
    }

    /// The model that the attempt uses.
    pub(super) fn model(&self) -> Option<String> {
        self.job.model.clone().or_else(|| self.task.model.clone())
    }

    /// Uses the route that there is leave for.
    pub(super) fn take_route(&mut self, permit: Option<Permit>) {
        if let Some(permit) = &permit {
            self.job.calls = self.job.calls.on(permit.route());
            let own = self.task.model.as_deref() == Some(permit.route().as_str());
            self.job.model = (!own).then(|| permit.route().to_string());
        }
        self.permit = permit;
    }

    pub(super) fn id(&self) -> AttemptId {
        self.job.id
    }

    pub(super) fn task_id(&self) -> TaskId {
        self.job.id.task
    }
}
