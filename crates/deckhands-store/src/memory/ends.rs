//! The end of an attempt in memory: the task waits for another one, or is over.

use deckhands_model::TaskState;
use jiff::Timestamp;
use serde_json::json;

use super::State;
use super::row::Row;
use crate::error::{StoreError, StoreResult};
use crate::lease::Fence;
use crate::records::{AttemptEnd, AttemptState};
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

fn tell(state: &mut State, fence: Fence, end: &AttemptEnd, now: Timestamp) {
    for (kind, data) in &end.events {
        state.event(fence, kind, data.clone(), now);
    }
}
