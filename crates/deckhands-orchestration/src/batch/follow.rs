//! Hands tasks in and follows them to their end.

mod hand_in;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use deckhands_model::{TaskId, TaskState};
use deckhands_store::{Page, StoreError, StoreResult, TaskFilter};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::observer::{BatchEvent, Watcher};
use super::{BatchError, BatchOptions, BatchParts, BatchTask};
use crate::batch_report::{BatchItem, BatchTally};
use crate::engine::StopSignals;
use crate::kept::Evidence;

use hand_in::Fed;

/// Tasks that the store is asked for at once.
const PAGE: u64 = 1000;

/// A batch on its way.
pub(super) struct Follow<'a> {
    parts: &'a BatchParts,
    watcher: &'a Watcher,
    options: BatchOptions,
    /// Name of the batch in the store.
    batch: Option<String>,
    total: usize,
    to_hand_in: VecDeque<BatchTask>,
    /// Handed in, and not known to be over.
    open: BTreeMap<TaskId, BatchItem>,
    tally: BatchTally,
    /// Tasks that are over.
    done: usize,
    /// The rest is to be cancelled.
    cancelling: bool,
    /// It was told that the queue is full.
    full: bool,
    /// When the store is asked next about all open tasks.
    survey: Instant,
}

impl<'a> Follow<'a> {
    pub(super) fn new(
        parts: &'a BatchParts,
        watcher: &'a Watcher,
        options: BatchOptions,
        tasks: Vec<BatchTask>,
    ) -> Self {
        Self {
            parts,
            watcher,
            options,
            batch: tasks.first().and_then(|first| first.task.batch.clone()),
            total: tasks.len(),
            to_hand_in: tasks.into(),
            open: BTreeMap::new(),
            tally: BatchTally::default(),
            done: 0,
            cancelling: false,
            full: false,
            survey: Instant::now(),
        }
    }

    /// Goes on until all is over or the engine has left; returns which of the two.
    pub(super) async fn go_on(
        &mut self,
        signals: &StopSignals,
        left: &CancellationToken,
    ) -> Result<bool, BatchError> {
        loop {
            if signals.cancel.is_cancelled() {
                self.cancel_rest();
            }
            let fed = if signals.stop.is_cancelled() {
                Fed::NotNow
            } else {
                self.hand_in().await?
            };
            if left.is_cancelled() {
                self.survey = Instant::now();
            }
            self.look().await;
            self.end_rest().await;
            if self.to_hand_in.is_empty() && self.open.is_empty() {
                return Ok(true);
            }
            if left.is_cancelled() {
                return Ok(false);
            }
            if fed != Fed::More {
                self.wait(signals, left).await;
            }
        }
    }

    /// All rows, those of tasks that are not over among them.
    pub(super) async fn tally(self) -> BatchTally {
        let Self {
            parts,
            open,
            to_hand_in,
            mut tally,
            ..
        } = self;
        for (id, item) in open {
            // A store that does not answer now leaves the task told as one that waits.
            match parts.store.task(id, parts.clock.now()).await {
                Ok(task) => tally.open(&item, Some(&task)),
                Err(_) => tally.open(&item, None),
            }
        }
        for task in to_hand_in {
            tally.open(&task.item, None);
        }
        tally
    }

    async fn wait(&self, signals: &StopSignals, left: &CancellationToken) {
        let stopping = signals.stop.is_cancelled();
        let cancelling = signals.cancel.is_cancelled();
        tokio::select! {
            () = self.watcher.changed() => {}
            () = sleep_until(self.survey) => {}
            () = signals.stop.cancelled(), if !stopping => {}
            () = signals.cancel.cancelled(), if !cancelling => {}
            () = left.cancelled() => {}
        }
    }

    /// Takes in what ended: what the own engine told, and now and then whatever the store knows.
    async fn look(&mut self) {
        let mut ended = self.watcher.ended();
        if Instant::now() >= self.survey {
            self.survey = Instant::now() + self.options.poll;
            match self.not_over().await {
                Ok(going_on) => {
                    let over = self.open.keys().filter(|id| !going_on.contains(id));
                    ended.extend(over);
                }
                Err(error) => self.trouble(&error),
            }
        }
        for id in ended {
            // Twice told, or not of this batch.
            let Some(item) = self.open.get(&id).cloned() else {
                continue;
            };
            if let Err(error) = self.take_in(id, &item).await {
                self.trouble(&error);
            }
        }
    }

    async fn not_over(&self) -> StoreResult<BTreeSet<TaskId>> {
        let filter = TaskFilter {
            states: vec![TaskState::Pending, TaskState::Queued, TaskState::Running],
            batch: self.batch.clone(),
        };
        let mut found = BTreeSet::new();
        loop {
            let page = Page {
                offset: found.len() as u64,
                limit: PAGE,
            };
            let now = self.parts.clock.now();
            let tasks = self.parts.store.list(&filter, page, now).await?;
            let last = (tasks.len() as u64) < PAGE;
            found.extend(tasks.iter().map(|task| task.id));
            if last {
                return Ok(found);
            }
        }
    }

    async fn take_in(&mut self, id: TaskId, item: &BatchItem) -> StoreResult<()> {
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let task = store.task(id, now).await?;
        if !task.state.is_terminal() {
            return Ok(());
        }
        let result = store.result(id).await?;
        // What the user applied by hand since is in place, too.
        let evidence = Evidence::of(&self.parts.home, id);
        let result = result.map(|result| evidence.with_applied(result));
        let attempts = result.as_ref().map(|result| &result.attempts[..]);
        self.open.remove(&id);
        self.done += 1;
        let row = self
            .tally
            .ended(item, &task, result.as_ref(), attempts.unwrap_or_default());
        let failed = !row.success;
        self.watcher.tell(BatchEvent::Ended {
            row,
            done: self.done,
            total: self.total,
        });
        if failed && self.options.fail_fast {
            self.cancel_rest();
        }
        Ok(())
    }

    /// From here on nothing more is handed in, and what is not over is cancelled.
    fn cancel_rest(&mut self) {
        if self.cancelling {
            return;
        }
        self.cancelling = true;
        let rest = self.open.len() + self.to_hand_in.len();
        if rest > 0 {
            self.watcher.tell(BatchEvent::Cancelling { rest });
        }
        for task in std::mem::take(&mut self.to_hand_in) {
            self.tally.open(&task.item, None);
        }
        // Waiting tasks are over at once, which is seen right away.
        self.survey = Instant::now();
    }

    /// Asks for the end of everything that is open, where that is wanted. Harmless where it was
    /// asked before, and asked again where the store did not take it.
    async fn end_rest(&mut self) {
        if !self.cancelling {
            return;
        }
        let open: Vec<TaskId> = self.open.keys().copied().collect();
        for id in open {
            let now = self.parts.clock.now();
            if let Err(error) = self.parts.store.cancel(id, now).await {
                self.trouble(&error);
            }
        }
    }

    fn trouble(&self, error: &StoreError) {
        self.watcher
            .tell(BatchEvent::StoreTrouble(error.to_string()));
    }
}
