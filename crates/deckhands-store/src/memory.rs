//! The store in memory: for tests, for simulations, and for programs that need no durability.

mod backup;
mod booking;
mod calls;
mod claim;
mod ends;
mod index;
mod intake;
mod ledger;
mod money;
mod queries;
mod row;
mod sums;
mod upkeep;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deckhands_model::{AttemptId, ModelCalls, TaskId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{StoreError, StoreResult};
use crate::lease::Fence;
use crate::records::EventRecord;

use index::Index;
use ledger::Ledger;
use row::{Row, Try};

/// Everything in memory. Cheap to clone; clones are one store. It ends with the last clone.
///
/// A transition is done before its future is polled to its end, so dropping one early never leaves
/// it half done.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    /// By order of hand-in.
    tasks: BTreeMap<u64, Row>,
    events: BTreeMap<u64, EventRecord>,
    next_order: u64,
    next_event: u64,
    next_serial: u64,
    by_id: BTreeMap<TaskId, u64>,
    keys: BTreeMap<String, u64>,
    ledger: Ledger,
    /// Sums of calls, by their keys.
    calls: Vec<ModelCalls>,
    /// Follows from the tasks, so a copy has none.
    #[serde(skip)]
    index: Index,
}

impl fmt::Debug for MemoryStore {
    /// Without the tasks: there may be very many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.lock().tasks.len();
        f.debug_struct("MemoryStore")
            .field("tasks", &tasks)
            .finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// No code that holds the lock can panic between two writes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an event is about: a task, and one of its attempts.
#[derive(Clone, Copy)]
struct About(TaskId, Option<u32>);

impl From<Fence> for About {
    fn from(fence: Fence) -> Self {
        Self(fence.attempt.task, Some(fence.attempt.number.get()))
    }
}

impl State {
    fn order(&self, id: TaskId) -> StoreResult<u64> {
        let order = self.by_id.get(&id).copied();
        order.ok_or(StoreError::UnknownTask(id))
    }

    fn row(&self, id: TaskId) -> StoreResult<&Row> {
        let row = self.tasks.get(&self.order(id)?);
        row.ok_or(StoreError::UnknownTask(id))
    }

    /// Changes a task and brings the index after it. The only way to change what is indexed.
    fn change<T>(
        &mut self,
        id: TaskId,
        act: impl FnOnce(&mut Row) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let order = self.order(id)?;
        let row = self.tasks.get_mut(&order);
        let row = row.ok_or(StoreError::UnknownTask(id))?;
        let before = row.place();
        let done = act(row);
        let after = row.place();
        if before != after {
            self.index.take(order, before);
            self.index.put(order, after);
        }
        done
    }

    /// Changes the task of a live attempt, where the lease is held.
    fn fenced<T>(
        &mut self,
        fence: Fence,
        act: impl FnOnce(&mut Row) -> StoreResult<T>,
    ) -> StoreResult<T> {
        if !self.by_id.contains_key(&fence.attempt.task) {
            return Err(StoreError::Stale);
        }
        self.change(fence.attempt.task, |row| {
            row.leased(fence)?;
            act(row)
        })
    }

    /// Changes a live attempt only, where the lease is held.
    fn attempt<T>(&mut self, fence: Fence, act: impl FnOnce(&mut Try) -> T) -> StoreResult<T> {
        self.fenced(fence, |row| row.leased(fence).map(act))
    }

    fn event(&mut self, about: impl Into<About>, kind: &str, data: Value, at: Timestamp) {
        let About(task, attempt) = about.into();
        self.next_event += 1;
        let seq = self.next_event;
        let kind = kind.to_owned();
        let event = EventRecord {
            seq,
            at,
            task,
            attempt,
            kind,
            data,
        };
        self.events.insert(seq, event);
        if let Some(row) = self.by_id.get(&task).and_then(|o| self.tasks.get_mut(o)) {
            row.events.push(seq);
        }
    }

    /// The last event of a task.
    fn last_event(&self, task: TaskId) -> Option<&EventRecord> {
        self.events.get(self.row(task).ok()?.events.last()?)
    }

    /// Removes what was told of an attempt.
    fn forget_events(&mut self, fence: Fence) {
        let AttemptId { task, number } = fence.attempt;
        let row = self.by_id.get(&task).and_then(|o| self.tasks.get_mut(o));
        let Some(row) = row else {
            return;
        };
        let (events, number) = (&mut self.events, Some(number.get()));
        row.events.retain(|seq| {
            let own = events.get(seq).is_some_and(|one| one.attempt == number);
            if own {
                events.remove(seq);
            }
            !own
        });
    }
}

#[cfg(test)]
mod tests;
