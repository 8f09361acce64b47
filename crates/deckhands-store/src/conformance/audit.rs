//! What must be true of the whole record at any moment.

use std::collections::BTreeMap;

use deckhands_model::TaskState;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::desk::ALL;
use super::fault::{Verdict, holds, same};
use crate::port::Store;
use crate::records::{AttemptRecord, AttemptState, EventRecord};
use crate::task::{Stats, TaskFilter, TaskRecord};

/// Looks at everything: counters against lists, attempts, results, events, and the store's own
/// check.
pub(super) async fn audit(store: &dyn Store, now: Timestamp) -> Verdict {
    let records = store.list(&TaskFilter::default(), ALL, now).await?;
    let live = store.live_attempts().await?;
    let found = without_zeros(store.stats(now).await?);
    same("the counters", found, counted(&records, live.len()))?;
    let events = store.events(None, 0, ALL.limit).await?;
    let rising = events.windows(2).all(|pair| pair[0].seq < pair[1].seq);
    holds("positions of events rise", rising)?;
    for record in &records {
        same("a task", store.task(record.id, now).await?, record.clone())?;
        let attempts = store.attempts(record.id).await?;
        audit_attempts(record, &attempts)?;
        let of_task = live.iter().filter(|attempt| attempt.task == record.id);
        let own = attempts.iter().filter(|one| is_live(one));
        holds("live attempts are the task's own", of_task.eq(own))?;
        audit_end(store, record).await?;
        let told = events.iter().filter(|event| event.task == record.id);
        audit_events(record, told)?;
    }
    let asked = records.iter().filter(|one| one.cancel_requested);
    let asked = asked.filter(|one| one.state == TaskState::Running);
    let asked: Vec<_> = asked.map(|one| one.id).collect();
    same("who is asked to end", store.cancels_asked().await?, asked)?;
    let next = store.next_start(now).await?;
    same("the next start", next, next_start(&records, now))?;
    same("the store's own check", store.check().await?, Vec::new())
}

fn audit_attempts(record: &TaskRecord, attempts: &[AttemptRecord]) -> Verdict {
    let numbers: Vec<u32> = attempts.iter().map(|one| one.number).collect();
    let wanted: Vec<u32> = (1..=record.attempts).collect();
    same("numbers of attempts", numbers, wanted)?;
    let epochs = attempts
        .windows(2)
        .all(|pair| pair[0].epoch < pair[1].epoch);
    holds("epochs rise", epochs)?;
    let live = attempts.iter().filter(|one| is_live(one)).count();
    let running = record.state == TaskState::Running;
    same("live attempts of a task", live, usize::from(running))?;
    for attempt in attempts {
        let over = attempt.state == AttemptState::Ended;
        same("an attempt's end", attempt.ended_at.is_some(), over)?;
        same("an attempt's report", attempt.report.is_some(), over)?;
    }
    let begun = attempts.first().map(|first| first.started_at);
    same("the task's start", record.started_at, begun)
}

async fn audit_end(store: &dyn Store, record: &TaskRecord) -> Verdict {
    let over = record.state.is_terminal();
    same("the task's end", record.ended_at.is_some(), over)?;
    let result = store.result(record.id).await?;
    let told = result.map(|result| result.state);
    same("the result's state", told, over.then_some(record.state))
}

fn audit_events<'a>(record: &TaskRecord, events: impl Iterator<Item = &'a EventRecord>) -> Verdict {
    let kinds: Vec<&str> = events.map(|event| event.kind.as_str()).collect();
    let first = kinds.first().copied();
    same("the first event", first, Some("submitted"))?;
    let end = |kind: &&&str| ["finished", "cancelled"].contains(*kind);
    let ends = kinds.iter().filter(end).count();
    let over = record.state.is_terminal();
    same("events of an end", ends, usize::from(over))?;
    let last = kinds.last().filter(end);
    same("the end is the last event", last.is_some(), over)?;
    let claims = kinds.iter().filter(|kind| **kind == "claimed").count();
    same("claims", u32::try_from(claims).ok(), Some(record.attempts))
}

fn is_live(attempt: &AttemptRecord) -> bool {
    attempt.state != AttemptState::Ended
}

/// The counters as the records say.
fn counted(records: &[TaskRecord], live: usize) -> Stats {
    let mut stats = Stats {
        live_attempts: u64::try_from(live).unwrap_or(u64::MAX),
        ..Stats::default()
    };
    for record in records {
        *stats.states.entry(word(&record.state)).or_default() += 1;
        if [TaskState::Pending, TaskState::Queued].contains(&record.state) {
            *stats.waiting.entry(word(&record.priority)).or_default() += 1;
            stats.held += u64::from(record.held);
        }
    }
    let queued = records.iter().filter(|one| one.state == TaskState::Queued);
    stats.oldest_queued = queued.map(|one| one.submitted_at).min();
    stats
}

fn without_zeros(mut stats: Stats) -> Stats {
    let some = |counts: &mut BTreeMap<String, u64>| counts.retain(|_, count| *count > 0);
    some(&mut stats.states);
    some(&mut stats.waiting);
    stats
}

fn next_start(records: &[TaskRecord], now: Timestamp) -> Option<Timestamp> {
    let pending = records.iter().filter(|one| one.state == TaskState::Pending);
    let free = pending.filter(|one| !one.held);
    let times = free.filter_map(|one| one.not_before);
    times.filter(|at| *at > now).min()
}

/// The word of a value in JSON.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
