//! A task in memory with all that belongs to it.

use deckhands_model::{AttemptNumber, AttemptReport, RunReport, TaskState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::index::Place;
use super::ledger::Slices;
use crate::error::{StoreError, StoreResult};
use crate::lease::{Epoch, Fence};
use crate::money::Booked;
use crate::records::{AttemptRecord, AttemptState};
use crate::task::TaskRecord;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its `state` says `Queued` for every waiting task; `told` makes `Pending` of it.
    pub(super) record: TaskRecord,
    pub(super) spec: Value,
    pub(super) recovery: Value,
    pub(super) key: Option<String>,
    /// Since when it may start: the age that counts. The same as `not_before`, where there is one.
    pub(super) ready_since: Timestamp,
    pub(super) epoch: Epoch,
    pub(super) tries: Vec<Try>,
    pub(super) result: Option<RunReport>,
    /// Positions of its events.
    pub(super) events: Vec<u64>,
}

/// An attempt and its money.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Try {
    /// Its place among all attempts of the store.
    pub(super) serial: u64,
    pub(super) record: AttemptRecord,
    pub(super) money: Slices,
}

impl Row {
    pub(super) fn waits(&self) -> bool {
        self.record.state == TaskState::Queued
    }

    pub(super) fn may_start(&self, now: Timestamp) -> bool {
        let due = self.record.not_before.is_none_or(|at| at <= now);
        self.waits() && due && !self.record.held
    }

    /// The record as it is told.
    pub(super) fn told(&self, now: Timestamp) -> TaskRecord {
        let mut record = self.record.clone();
        if self.waits() && !self.may_start(now) {
            record.state = TaskState::Pending;
        }
        record
    }

    /// Reports of the attempts that ended.
    pub(super) fn reports(&self) -> Vec<AttemptReport> {
        let reports = self.tries.iter().map(|one| one.record.report.as_ref());
        reports.flatten().cloned().collect()
    }

    /// Begins a wait. A time that is over already is waited for no more, whatever the clock does.
    pub(super) fn wait(&mut self, not_before: Option<Timestamp>, now: Timestamp) {
        let later = not_before.filter(|at| *at > now);
        self.record.state = TaskState::Queued;
        self.record.not_before = later;
        self.ready_since = later.unwrap_or(now);
    }

    /// Where the index has it.
    pub(super) fn place(&self) -> Place {
        let record = &self.record;
        Place {
            state: record.state,
            priority: record.priority,
            held: record.held,
            timed: record.not_before.is_some(),
            // Retries do not count against the queue's bound, whichever way they came.
            counts: record.attempts == 0 && record.retry_of.is_none(),
            ready_since: self.ready_since,
            submitted_at: record.submitted_at,
            live: self.live().map(|live| live.serial),
        }
    }

    /// The attempt that is not over.
    pub(super) fn live(&self) -> Option<&Try> {
        let last = self.tries.last();
        last.filter(|last| last.record.state != AttemptState::Ended)
    }

    /// The attempt that is not over, where it has this number.
    pub(super) fn live_mut(&mut self, number: AttemptNumber) -> Option<&mut Try> {
        self.tries.last_mut().filter(|last| {
            last.record.state != AttemptState::Ended && last.record.number == number.get()
        })
    }

    /// The attempt whose lease the fence holds. A paused one has no lease: nobody writes about it
    /// before it is adopted.
    pub(super) fn leased(&mut self, fence: Fence) -> StoreResult<&mut Try> {
        let live = self.live_mut(fence.attempt.number);
        live.filter(|live| {
            live.record.epoch == fence.epoch && live.record.state != AttemptState::Paused
        })
        .ok_or(StoreError::Stale)
    }

    /// Money of all attempts.
    pub(super) fn money(&self) -> Booked {
        let all = self.tries.iter().map(|one| one.money.sum());
        all.fold(Booked::default(), Booked::plus)
    }
}
