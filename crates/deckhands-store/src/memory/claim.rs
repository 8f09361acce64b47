//! Taking leases in memory: of the task that is next, and of an attempt that is left.

use deckhands_model::{AttemptId, AttemptNumber, TaskId, TaskState};
use jiff::Timestamp;
use serde_json::json;

use super::ledger::Slices;
use super::row::{Row, Try};
use super::{About, State};
use crate::ageing::effective_priority;
use crate::error::{StoreError, StoreResult};
use crate::lease::{Epoch, Fence, LeaseTerm, SilentLease, WorkerId};
use crate::records::{AttemptRecord, AttemptState, Progress};
use crate::task::Claim;

/// Who takes a lease, for how long, and when.
#[derive(Clone, Copy)]
pub(super) struct Taker {
    pub(super) worker: WorkerId,
    pub(super) term: LeaseTerm,
    pub(super) now: Timestamp,
}

/// Leases the task that is next.
pub(super) fn claim(state: &mut State, taker: Taker) -> StoreResult<Option<Claim>> {
    let Some(task) = next(state, taker.now) else {
        return Ok(None);
    };
    state.next_serial += 1;
    let serial = state.next_serial;
    let claim = state.change(task, |row| Ok(begin(row, serial, taker)))?;
    told(state, &claim, "claimed", taker);
    Ok(Some(claim))
}

/// The task that is next. Looks at one task of each class, however many wait.
fn next(state: &State, now: Timestamp) -> Option<TaskId> {
    let firsts = state.index.ready.iter().filter_map(|((timed, _), class)| {
        let until = if *timed { now } else { Timestamp::MAX };
        let (since, order) = class.range(..=(until, u64::MAX)).next()?;
        let record = &state.tasks.get(order)?.record;
        let rank = effective_priority(record.priority, *since, now);
        Some(((rank, *since, *order), record.id))
    });
    firsts.min().map(|(_, id)| id)
}

fn begin(row: &mut Row, serial: u64, taker: Taker) -> Claim {
    let Taker { worker, term, now } = taker;
    let last = row.tries.last().and_then(|last| last.record.id());
    let number = last.map_or(AttemptNumber::FIRST, |last| last.number.next());
    row.epoch = Epoch(row.epoch.0 + 1);
    row.record.state = TaskState::Running;
    row.record.attempts = number.get();
    row.record.started_at.get_or_insert(now);
    row.record.not_before = None;
    row.record.note = None;
    let record = AttemptRecord {
        task: row.record.id,
        number: number.get(),
        state: AttemptState::Leased,
        epoch: row.epoch,
        worker,
        lease_until: term.end(now),
        term,
        started_at: now,
        ended_at: None,
        route: None,
        progress: Progress::default(),
        objects: Vec::new(),
        session: None,
        adoptions: 0,
        report: None,
    };
    row.tries.push(Try {
        serial,
        record,
        money: Slices::default(),
    });
    answer(row, number, taker)
}

/// Leases a live attempt that nobody holds any more.
pub(super) fn adopt(state: &mut State, attempt: AttemptId, taker: Taker) -> StoreResult<Claim> {
    let left =
        |live: &AttemptRecord| live.state == AttemptState::Paused || live.lease_until <= taker.now;
    let claim = state.change(attempt.task, |row| {
        take_over(row, attempt.number, taker, left)
    })?;
    told(state, &claim, "adopted", taker);
    Ok(claim)
}

/// Leases a live attempt whose lease nobody has renewed since it was seen.
pub(super) fn adopt_silent(
    state: &mut State,
    seen: SilentLease,
    taker: Taker,
) -> StoreResult<Claim> {
    let attempt = seen.fence.attempt;
    let left =
        |live: &AttemptRecord| live.state != AttemptState::Paused && live.lease() == Some(seen);
    let claim = state.change(attempt.task, |row| {
        take_over(row, attempt.number, taker, left)
    })?;
    told(state, &claim, "adopted", taker);
    Ok(claim)
}

fn take_over(
    row: &mut Row,
    number: AttemptNumber,
    taker: Taker,
    left: impl FnOnce(&AttemptRecord) -> bool,
) -> StoreResult<Claim> {
    let epoch = Epoch(row.epoch.0 + 1);
    let live = row.live_mut(number).ok_or(StoreError::Stale)?;
    let live = &mut live.record;
    if !left(live) {
        return Err(StoreError::Stale);
    }
    // One that was frozen goes on from where it was.
    live.state = match live.route {
        Some(_) => AttemptState::Running,
        None => AttemptState::Leased,
    };
    live.epoch = epoch;
    live.worker = taker.worker;
    live.lease_until = taker.term.end(taker.now);
    live.term = taker.term;
    live.adoptions += 1;
    row.epoch = epoch;
    Ok(answer(row, number, taker))
}

/// What a worker gets of a task that it has leased.
fn answer(row: &Row, number: AttemptNumber, taker: Taker) -> Claim {
    let task = row.record.id;
    Claim {
        fence: Fence {
            attempt: AttemptId { task, number },
            epoch: row.epoch,
        },
        task: row.told(taker.now),
        spec: row.spec.clone(),
        recovery: row.recovery.clone(),
        lease_until: taker.term.end(taker.now),
    }
}

fn told(state: &mut State, claim: &Claim, kind: &str, taker: Taker) {
    let data = json!({ "worker": taker.worker, "epoch": claim.fence.epoch });
    state.event(About::from(claim.fence), kind, data, taker.now);
}
