//! A batch: hands its tasks in as the queue has room, has them worked on here, and follows each to
//! its end, whichever engine brings it there.

mod follow;
mod observer;

use std::sync::Arc;
use std::time::Duration;

use deckhands_gateway::Health;
use deckhands_store::{NewTask, QueueBounds, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::batch_report::{BatchItem, BatchTally};
use crate::clock::{Clock, IdSource};
use crate::engine::{Attempts, Engine, EngineParts, EngineReport, EngineSettings, StopSignals};
use crate::home::Home;

use follow::Follow;
use observer::Watcher;
pub use observer::{BatchEvent, BatchObserver};

/// One task of a batch.
#[derive(Clone, PartialEq, Debug)]
pub struct BatchTask {
    /// How the file names it.
    pub item: BatchItem,
    /// What is handed in. Its idempotency key keeps it from being handed in twice.
    pub task: NewTask,
}

/// What a batch works with.
#[derive(Clone, Debug)]
pub struct BatchParts {
    /// Where tasks are kept.
    pub store: Arc<dyn Store>,
    /// Where attempts leave what is to be told of them later.
    pub home: Home,
    /// Who carries attempts out.
    pub attempts: Arc<dyn Attempts>,
    /// The health of routes, which the attempts' gateway keeps.
    pub health: Health,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Random ids.
    pub ids: Arc<dyn IdSource>,
    /// Who is told.
    pub observer: Arc<dyn BatchObserver>,
}

/// How a batch is handed in and followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchOptions {
    /// How many tasks may wait. More are handed in as there is room.
    pub bounds: QueueBounds,
    /// The first task without success cancels the rest.
    pub fail_fast: bool,
    /// How often the store is asked what became of tasks that another engine works on.
    pub poll: Duration,
}

impl Default for BatchOptions {
    /// The usual bound on the queue; every task is tried; asked every 2 s.
    fn default() -> Self {
        Self {
            bounds: QueueBounds::default(),
            fail_fast: false,
            poll: Duration::from_secs(2),
        }
    }
}

/// What came of a batch.
#[derive(Clone, Debug)]
pub struct BatchOutcome {
    /// Every task, ended or not.
    pub tally: BatchTally,
    /// Whether every task that was handed in is over, and none is left to be handed in but for a
    /// failure before it.
    pub over: bool,
    /// What the engine did.
    pub engine: EngineReport,
}

/// Why a batch cannot be handed in. What was handed in stays in the store.
#[derive(Debug, thiserror::Error)]
#[error("task {index} of the batch cannot be handed in")]
pub struct BatchError {
    /// The task's place in the file, from 1.
    pub index: usize,
    /// What the store says.
    #[source]
    pub source: StoreError,
}

/// A batch with an engine of its own.
#[derive(Debug)]
pub struct Batch {
    parts: BatchParts,
    engine: Engine,
    watcher: Arc<Watcher>,
    options: BatchOptions,
}

impl Batch {
    /// A batch that works with `parts`. The engine takes all tasks of the store, in their order,
    /// not only the batch's; settings that would end it by itself do not count.
    #[must_use]
    pub fn new(parts: BatchParts, settings: EngineSettings, options: BatchOptions) -> Self {
        let watcher = Arc::new(Watcher::new(parts.observer.clone()));
        let settings = EngineSettings {
            duration: None,
            drain: false,
            ..settings
        };
        let engine_parts = EngineParts {
            store: parts.store.clone(),
            attempts: parts.attempts.clone(),
            health: parts.health.clone(),
            clock: parts.clock.clone(),
            ids: parts.ids.clone(),
            observer: watcher.clone(),
        };
        let engine = Engine::new(engine_parts, settings);
        Self {
            parts,
            engine,
            watcher,
            options,
        }
    }

    /// Hands all tasks in and works until each is over; then stops the engine as `signals.stop`
    /// would.
    ///
    /// `signals.stop` ends it early: nothing more is handed in or begun, what runs gets the grace
    /// time and is paused. `signals.cancel` cancels all tasks of the batch that are not over.
    ///
    /// # Errors
    /// [`BatchError`] where a task can never be handed in. The engine is stopped then, too. A store
    /// that is busy or full is asked again.
    pub async fn run(
        &self,
        tasks: Vec<BatchTask>,
        signals: &StopSignals,
    ) -> Result<BatchOutcome, BatchError> {
        let own = StopSignals {
            stop: signals.stop.child_token(),
            cancel: signals.cancel.child_token(),
        };
        let left = CancellationToken::new();
        let engine = async {
            let report = self.engine.run(&own).await;
            left.cancel();
            report
        };
        let follow = async {
            let mut follow = Follow::new(&self.parts, &self.watcher, self.options, tasks);
            let over = follow.go_on(signals, &left).await;
            own.stop.cancel();
            over.map(|over| (over, follow))
        };
        let (report, followed) = tokio::join!(engine, follow);
        let (over, follow) = followed?;
        Ok(BatchOutcome {
            tally: follow.tally().await,
            over,
            engine: report,
        })
    }
}

#[cfg(test)]
mod tests;
