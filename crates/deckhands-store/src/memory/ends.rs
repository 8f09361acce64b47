//! The end of an attempt in memory: the task waits, for another one or as before it, or is over.

use deckhands_model::TaskState;
use jiff::Timestamp;
use serde_json::json;

use super::row::Row;
use super::{About, State, calls};
use crate::error::{StoreError, StoreResult};
use crate::lease::Fence;
use crate::money::Booked;
use crate::records::{AttemptEnd, AttemptState, EventRecord, GIVEN_BACK};
use crate::task::{TaskEnd, Waiting};

/// The task waits for another attempt. Returns the state in which that leaves it, as it is told.
pub(super) fn requeue(
    state: &mut State,
    fence: Fence,
    end: &AttemptEnd,
    waiting: &Waiting,
    now: Timestamp,
) -> StoreResult<TaskState> {
    let left = state.fenced(fence, |row| {
        close(row, fence, end, now)?;
        row.wait(waiting.not_before, now);
        row.recovery = waiting.recovery.clone();
        row.record.note = Some(waiting.note.clone());
        row.record.cause = end.report.cause.or(row.record.cause);
        Ok(row.told(now).state)
    })?;
    tell(state, fence, end, now);
    let data = json!({
        "cause": end.report.cause,
        "not_before": waiting.not_before,
        "note": waiting.note,
    });
    state.event(fence, "requeued", data, now);
    Ok(left)
}

/// The task is over.
pub(super) fn finish(
    state: &mut State,
    fence: Fence,
    end: &AttemptEnd,
    task: &TaskEnd,
    now: Timestamp,
) -> StoreResult<()> {
    let cause = end.report.cause;
    state.fenced(fence, |row| {
        if !task.state.is_terminal() {
            let why = format!("a task cannot end as {:?}", task.state);
            return Err(StoreError::Other(why));
        }
        close(row, fence, end, now)?;
        row.record.state = task.state;
        row.record.ended_at = Some(now);
        row.record.cause = cause.or(row.record.cause);
        row.recovery = task.recovery.clone();
        row.result = Some(task.result.clone());
        Ok(())
    })?;
    tell(state, fence, end, now);
    let data = json!({ "state": task.state, "cause": cause });
    state.event(fence, "finished", data, now);
    Ok(())
}

/// The attempt has not begun: the task waits as if it had never been claimed, but for its epoch.
pub(super) fn give_back(
    state: &mut State,
    fence: Fence,
    not_before: Option<Timestamp>,
    note: &str,
    now: Timestamp,
) -> StoreResult<bool> {
    state.fenced(fence, |row| {
        let live = row.leased(fence)?;
        if live.money.sum() != Booked::default() || !live.record.objects.is_empty() {
            return Err(StoreError::has_begun(fence.attempt.task));
        }
        // Invariant: the epoch stays. The next claim has the same number, and a higher epoch.
        row.tries.pop();
        let since = row.ready_since;
        row.wait(not_before, now);
        row.ready_since = row.record.not_before.unwrap_or(since);
        row.record.note = Some(note.to_owned());
        row.record.attempts -= 1;
        if row.tries.is_empty() {
            row.record.started_at = None;
        }
        Ok(())
    })?;
    let task = fence.attempt.task;
    state.forget_events(fence);
    if state.last_event(task).is_some_and(|last| says(last, note)) {
        return Ok(false);
    }
    let not_before = state.row(task)?.record.not_before;
    let data = json!({ "not_before": not_before, "note": note });
    state.event(About(task, None), GIVEN_BACK, data, now);
    Ok(true)
}

/// Whether the event says that its task was given back for this reason.
fn says(event: &EventRecord, note: &str) -> bool {
    event.kind == GIVEN_BACK && event.data["note"] == note
}

/// The attempt is over; nothing may be called in its name any more.
fn close(row: &mut Row, fence: Fence, end: &AttemptEnd, now: Timestamp) -> StoreResult<()> {
    let live = &mut row.leased(fence)?.record;
    if end.report.number != live.number {
        let (told, number) = (end.report.number, live.number);
        let why = format!("the report of attempt {told} is not one of attempt {number}");
        return Err(StoreError::Other(why));
    }
    live.state = AttemptState::Ended;
    live.ended_at = Some(now);
    live.lease_until = live.lease_until.min(now);
    live.session = None;
    live.report = Some(end.report.clone());
    Ok(())
}

/// What follows from an end outside of its task.
fn tell(state: &mut State, fence: Fence, end: &AttemptEnd, now: Timestamp) {
    if let Some(told) = &end.report.calls {
        calls::book(&mut state.calls, told);
    }
    for (kind, data) in &end.events {
        state.event(fence, kind, data.clone(), now);
    }
}
