//! What a batch tells, and how its follower hears of what its own engine does.

use std::fmt;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use deckhands_model::TaskId;
use tokio::sync::Notify;

use crate::batch_report::BatchRow;
use crate::engine::{EngineEvent, EngineObserver};

/// Something that happened in a batch.
#[derive(Clone, PartialEq, Debug)]
pub enum BatchEvent<'a> {
    /// Its engine did something; maybe with a task that is not the batch's.
    Engine(EngineEvent),
    /// So many tasks of all are in the store now.
    HandedIn {
        /// Handed in so far.
        done: usize,
        /// All.
        total: usize,
    },
    /// The queue has no room; the rest is handed in as there is some.
    QueueFull {
        /// Tasks that wait to be handed in.
        rest: usize,
    },
    /// A task is over.
    Ended {
        /// What came of it.
        row: &'a BatchRow,
        /// Tasks that are over, this one included.
        done: usize,
        /// All.
        total: usize,
    },
    /// The rest is being cancelled, after a failure or a signal.
    Cancelling {
        /// Tasks that were not over.
        rest: usize,
    },
    /// The store could not be used; it is asked again.
    StoreTrouble(String),
}

/// Takes what a batch tells. Must not block.
pub trait BatchObserver: Send + Sync + fmt::Debug {
    /// Takes one event.
    fn tell(&self, event: BatchEvent<'_>);
}

/// Most ends that are remembered one by one; more are found by asking the store for all.
const MOST_ENDS: usize = 10_000;

/// Passes on what the engine tells and wakes the follower.
#[derive(Debug)]
pub(super) struct Watcher {
    observer: Arc<dyn BatchObserver>,
    changed: Notify,
    ended: Mutex<Vec<TaskId>>,
}

impl Watcher {
    pub(super) fn new(observer: Arc<dyn BatchObserver>) -> Self {
        Self {
            observer,
            changed: Notify::new(),
            ended: Mutex::default(),
        }
    }

    /// Waits until the engine began or ended something since the last wait.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Tasks that ended here since the last call.
    pub(super) fn ended(&self) -> Vec<TaskId> {
        take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn tell(&self, event: BatchEvent<'_>) {
        self.observer.tell(event);
    }
}

impl EngineObserver for Watcher {
    fn tell(&self, event: EngineEvent) {
        match &event {
            EngineEvent::Ended { task, .. } => {
                let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
                if ended.len() < MOST_ENDS {
                    ended.push(*task);
                }
                drop(ended);
                self.changed.notify_one();
            }
            // A task that began leaves room in the queue.
            EngineEvent::Started { .. } => self.changed.notify_one(),
            _ => {}
        }
        self.observer.tell(BatchEvent::Engine(event));
    }
}
