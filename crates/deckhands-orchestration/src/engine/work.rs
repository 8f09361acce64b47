//! One attempt in its worker's hands.

use std::sync::Arc;

use deckhands_model::{AttemptId, ModelId, TaskId};
use deckhands_store::{Claim, TaskRecord};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempts::AttemptJob;
use super::calls::CallsSeen;
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
    /// The route that it was begun on, where anybody knows its model.
    pub(super) route: Option<ModelId>,
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
        let job = AttemptJob {
            calls: CallsSeen::default(),
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
            route: None,
            origin,
        }
    }

    /// The model that the attempt uses.
    pub(super) fn model(&self) -> Option<String> {
        self.job.model.clone().or_else(|| self.task.model.clone())
    }

    /// Begins on this route.
    pub(super) fn take_route(&mut self, route: Option<ModelId>) {
        if let Some(route) = &route {
            let own = self.task.model.as_deref() == Some(route.as_str());
            self.job.model = (!own).then(|| route.to_string());
        }
        self.route = route;
    }

    pub(super) fn id(&self) -> AttemptId {
        self.job.id
    }

    pub(super) fn task_id(&self) -> TaskId {
        self.job.id.task
    }
}
