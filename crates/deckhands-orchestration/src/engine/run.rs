//! An engine: what it is made of, how it is stopped, and what it tells at its end.

use std::sync::{Arc, Mutex};

use deckhands_gateway::Health;
use deckhands_resilience::budget::RetryBudget;
use deckhands_store::{Store, WorkerId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::attempts::Attempts;
use super::observer::EngineObserver;
use super::running::Running;
use super::settings::EngineSettings;
use super::shared::Shared;
use crate::clock::{Clock, IdSource};

/// How an engine is stopped from outside.
#[derive(Clone, Debug, Default)]
pub struct StopSignals {
    /// No new work; what runs gets the grace time, then it is paused.
    pub stop: CancellationToken,
    /// What runs is cancelled.
    pub cancel: CancellationToken,
}

/// What an engine works with.
#[derive(Clone, Debug)]
pub struct EngineParts {
    /// The record of tasks.
    pub store: Arc<dyn Store>,
    /// Carries attempts out.
    pub attempts: Arc<dyn Attempts>,
    /// The health of routes, which the attempts' gateway keeps.
    pub health: Health,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub ids: Arc<dyn IdSource>,
    /// Is told what happens.
    pub observer: Arc<dyn EngineObserver>,
}

/// What an engine did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EngineReport {
    /// Attempts that it worked on, adopted ones included.
    pub attempts: u64,
    /// Attempts that were still at work when it left, for another engine to take over.
    pub left: usize,
}

/// Runs stored tasks.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// An engine over a store. Each value is one start: it has a worker id of its own.
    #[must_use]
    pub fn new(parts: EngineParts, settings: EngineSettings) -> Self {
        let worker = WorkerId::from_random(parts.ids.random());
        let now = parts.clock.now();
        let shared = Shared {
            retries: Mutex::new(RetryBudget::new(settings.retry_budget, now)),
            health: parts.health,
            daemon_doubted: Notify::new(),
            store: parts.store,
            attempts: parts.attempts,
            clock: parts.clock,
            ids: parts.ids,
            observer: parts.observer,
            settings,
            worker,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Works until it is stopped, its duration is over or, where asked for, nothing is left to do.
    ///
    /// Dropping the future aborts all workers: their attempts stay as they are and can be adopted
    /// once their leases end.
    pub async fn run(&self, signals: &StopSignals) -> EngineReport {
        let mut running = Running::new(self.shared.clone());
        running.run(signals).await
    }
}
