//! What is known, in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use deckhands_model::{ModelCalls, RunReport, TaskId};
use jiff::Timestamp;
use serde_json::Value;

use super::{MemoryStore, State, money};
use crate::error::StoreResult;
use crate::money::MoneyOfTask;
use crate::port::Queries;
use crate::records::{AttemptRecord, EventRecord};
use crate::task::{Page, Reported, Stats, TaskFilter, TaskRecord};

#[async_trait]
impl Queries for MemoryStore {
    async fn task(&self, id: TaskId, now: Timestamp) -> StoreResult<TaskRecord> {
        Ok(self.lock().row(id)?.told(now))
    }

    async fn find(&self, prefix: &str) -> StoreResult<Vec<TaskId>> {
        let state = self.lock();
        if prefix == "last" {
            let newest = state.tasks.last_key_value();
            return Ok(newest.map(|(_, row)| row.record.id).into_iter().collect());
        }
        let prefix = prefix.to_ascii_lowercase();
        let ids = state.by_id.keys();
        let found = ids.filter(|id| id.to_string().starts_with(&prefix));
        Ok(found.take(2).copied().collect())
    }

    async fn list(
        &self,
        filter: &TaskFilter,
        page: Page,
        now: Timestamp,
    ) -> StoreResult<Vec<TaskRecord>> {
        let state = self.lock();
        let records = state.tasks.values().map(|row| row.told(now));
        let chosen = records.filter(|record| {
            let state = filter.states.is_empty() || filter.states.contains(&record.state);
            state && (filter.batch.is_none() || filter.batch == record.batch)
        });
        let skipped = chosen.skip(size(page.offset));
        Ok(skipped.take(size(page.limit)).collect())
    }

    async fn spec(&self, id: TaskId) -> StoreResult<Value> {
        Ok(self.lock().row(id)?.spec.clone())
    }

    async fn attempts(&self, id: TaskId) -> StoreResult<Vec<AttemptRecord>> {
        let state = self.lock();
        let tries = &state.row(id)?.tries;
        Ok(tries.iter().map(|one| one.record.clone()).collect())
    }

    async fn reports(&self, after: u64, limit: u64, now: Timestamp) -> StoreResult<Vec<Reported>> {
        let state = self.lock();
        let Some(first) = after.checked_add(1) else {
            return Ok(Vec::new());
        };
        let rows = state.tasks.range(first..).take(size(limit));
        let reported = rows.map(|(order, row)| Reported {
            position: *order,
            task: row.told(now),
            attempts: row.reports(),
        });
        Ok(reported.collect())
    }

    async fn live_attempts(&self) -> StoreResult<Vec<AttemptRecord>> {
        let state = self.lock();
        let rows = state
            .index
            .live
            .values()
            .map(|order| state.tasks.get(order));
        let live = rows.filter_map(|row| row?.live());
        Ok(live.map(|one| one.record.clone()).collect())
    }

    async fn cancels_asked(&self) -> StoreResult<Vec<TaskId>> {
        let state = self.lock();
        let live: BTreeSet<_> = state.index.live.values().collect();
        let rows = live.into_iter().filter_map(|order| state.tasks.get(order));
        let asked = rows.filter(|row| row.record.cancel_requested);
        Ok(asked.map(|row| row.record.id).collect())
    }

    async fn result(&self, id: TaskId) -> StoreResult<Option<RunReport>> {
        Ok(self.lock().row(id)?.result.clone())
    }

    async fn events(
        &self,
        task: Option<TaskId>,
        after: u64,
        limit: u64,
    ) -> StoreResult<Vec<EventRecord>> {
        let state = self.lock();
        let Some(first) = after.checked_add(1) else {
            return Ok(Vec::new());
        };
        let Some(task) = task else {
            let later = state.events.range(first..).map(|(_, event)| event);
            return Ok(later.take(size(limit)).cloned().collect());
        };
        let Ok(row) = state.row(task) else {
            return Ok(Vec::new());
        };
        let from = row.events.partition_point(|seq| *seq < first);
        let later = row.events.iter().skip(from);
        let events = later.filter_map(|seq| state.events.get(seq));
        Ok(events.take(size(limit)).cloned().collect())
    }

    async fn money(&self, id: TaskId) -> StoreResult<MoneyOfTask> {
        Ok(money::of_task(self.lock().row(id)?))
    }

    async fn next_start(&self, now: Timestamp) -> StoreResult<Option<Timestamp>> {
        let state = self.lock();
        let timed = state.index.ready.iter().filter(|((timed, _), _)| *timed);
        let nexts = timed.filter_map(|(_, class)| {
            let mut later = class.range((now, u64::MAX)..);
            later.next().map(|(at, _)| *at)
        });
        Ok(nexts.min())
    }

    async fn calls(&self) -> StoreResult<Vec<ModelCalls>> {
        Ok(self.lock().calls.clone())
    }

    async fn stats(&self, now: Timestamp) -> StoreResult<Stats> {
        Ok(stats(&self.lock(), now))
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The counters. Which of the waiting tasks may start depends on the time: those whose time has
/// come since they began to wait are counted.
fn stats(state: &State, now: Timestamp) -> Stats {
    let index = &state.index;
    let due: Vec<u64> = index.due(now).collect();
    let mut stats = Stats {
        held: index.held,
        live_attempts: count(index.live.len()),
        ..Stats::default()
    };
    for (word, n) in &index.states {
        stats.states.insert((*word).to_owned(), *n);
    }
    for (priority, n) in &index.waiting {
        stats.waiting.insert(priority.word().to_owned(), *n);
    }
    let waiting: u64 = index.waiting.values().sum();
    let queued = count(index.oldest.len() + due.len());
    stats.states.remove("queued");
    for (word, n) in [("queued", queued), ("pending", waiting - queued)] {
        if n > 0 {
            stats.states.insert(word.to_owned(), n);
        }
    }
    let due = due.iter().filter_map(|order| state.tasks.get(order));
    let due = due.map(|row| row.record.submitted_at).min();
    let free = index.oldest.first().map(|(at, _)| *at);
    stats.oldest_queued = free.into_iter().chain(due).min();
    stats
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
