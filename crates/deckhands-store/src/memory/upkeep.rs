//! What keeps the store in memory healthy.

use std::path::Path;

use async_trait::async_trait;
use deckhands_model::{TaskId, TaskState};
use jiff::Timestamp;

use super::index::Index;
use super::{MemoryStore, Row, State, backup, sums};
use crate::error::StoreResult;
use crate::port::Upkeep;
use crate::records::AttemptState;
use crate::task::Retention;

#[async_trait]
impl Upkeep for MemoryStore {
    async fn check(&self) -> StoreResult<Vec<String>> {
        let state = self.lock();
        let mut findings: Vec<String> = state.tasks.values().filter_map(fault).collect();
        if state.index != index(&state) {
            findings.push("the index does not fit the tasks".to_owned());
        }
        findings.extend(sums::faults(&state));
        Ok(findings)
    }

    /// As one JSON document, which [`MemoryStore::from_backup`] reads.
    async fn backup(&self, to: &Path) -> StoreResult<()> {
        let state = self.lock().clone();
        backup::write(state, to.to_owned()).await
    }

    async fn prune(&self, retention: Retention, now: Timestamp) -> StoreResult<Vec<TaskId>> {
        let mut state = self.lock();
        let over = |row: &Row| {
            let ended = row.record.ended_at;
            ended.is_some_and(|at| retention.is_over(at, now))
        };
        let rows = state.tasks.iter().filter(|(_, row)| over(row));
        let mut ends: Vec<_> = rows.map(|(n, row)| (row.record.ended_at, *n)).collect();
        ends.sort_unstable();
        let gone = ends.iter().filter_map(|(_, n)| remove(&mut state, *n));
        let gone = gone.collect();
        if let Ok(until) = now.checked_sub(retention.keep) {
            state.ledger.prune(until);
        }
        Ok(gone)
    }
}

/// Removes a task and all that belongs to it.
fn remove(state: &mut State, order: u64) -> Option<TaskId> {
    let row = state.tasks.remove(&order)?;
    state.index.take(order, row.place());
    state.by_id.remove(&row.record.id);
    if let Some(key) = &row.key {
        state.keys.remove(key);
    }
    for seq in &row.events {
        state.events.remove(seq);
    }
    sums::forget(state, &row);
    Some(row.record.id)
}

/// The index that fits the tasks.
pub(super) fn index(state: &State) -> Index {
    let mut index = Index::default();
    for (order, row) in &state.tasks {
        index.put(*order, row.place());
    }
    index
}

fn fault(row: &Row) -> Option<String> {
    let record = &row.record;
    let states = row.tries.iter().map(|one| one.record.state);
    let live = states.filter(|state| *state != AttemptState::Ended).count();
    let running = record.state == TaskState::Running;
    let ended = record.state.is_terminal();
    let what = if live != usize::from(running) {
        "has live attempts that do not fit its state"
    } else if ended != record.ended_at.is_some() {
        "has an end that does not fit its state"
    } else if ended != row.result.is_some() {
        "has an end without a result, or the other way round"
    } else if usize::try_from(record.attempts) != Ok(row.tries.len()) {
        "has a wrong number of attempts"
    } else {
        return None;
    };
    Some(format!("task {} {what}", record.id))
}
