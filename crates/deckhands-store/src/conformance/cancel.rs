//! Cases of cancelling.

use deckhands_model::{MoneyReport, RunReport, TaskState};

use super::desk::{Desk, TERM, attempt_report, drawing, id, worker};
use super::fault::{Verdict, holds, same, unknown};
use super::written::progress;
use crate::task::{Cancelled, Claim, TaskRecord};

pub(super) async fn waiting_task_is_cancelled_at_once(desk: &mut Desk) -> Verdict {
    let later = desk.after(60);
    let queued = desk.usual().await?;
    let held = desk.submit(|task| task.held = true).await?;
    let early = desk.submit(|task| task.not_before = Some(later)).await?;
    let claim = desk.claimed().await?;
    same("the oldest is at work", claim.task.id, queued)?;
    desk.requeue(&claim, None).await?;
    desk.wait(1);
    for id in [queued, held, early] {
        let answer = desk.store.cancel(id, desk.now).await?;
        same("the answer", answer, Cancelled::Done)?;
        let record = desk.record(id).await?;
        same("its state", record.state, TaskState::Cancelled)?;
        same("its end", record.ended_at, Some(desk.now))?;
        let result = desk.store.result(id).await?;
        same("its result", result, Some(cancelled(&record, &claim)))?;
        let kinds = desk.kinds(id).await?;
        same(
            "the event",
            kinds.last().map(String::as_str),
            Some("cancelled"),
        )?;
        let before = desk.snapshot().await?;
        let answer = desk.store.cancel(id, desk.now).await?;
        same("again", answer, Cancelled::Ended(TaskState::Cancelled))?;
        same("nothing changed", desk.snapshot().await?, before)?;
    }
    desk.wait(60);
    let last = desk.next().await?;
    holds(
        "only the other one is left",
        last.is_some_and(|id| id != queued),
    )?;
    same("nobody claims them", desk.next().await?, None)
}

/// The result of a task that was cancelled while it waited: all that is known is how its attempts ended.
fn cancelled(record: &TaskRecord, claim: &Claim) -> RunReport {
    let tried = record.id == claim.task.id;
    let number = claim.fence.attempt.number.get();
    RunReport {
        attempts: tried.then(|| attempt_report(number)).into_iter().collect(),
        ..RunReport::blank(record.id.to_string(), TaskState::Cancelled)
    }
}

/// What its attempts have spent is told, and what may have been spent besides.
pub(super) async fn money_of_a_waiting_task_is_told(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let draw = drawing(1_000_000_000, 2_000_000_000);
    desk.store.draw(claim.fence, draw, desk.now).await?;
    let (spent, back) = (250_000_000, 500_000_000);
    desk.store
        .settle(claim.fence, spent, back, desk.now)
        .await?;
    desk.requeue(&claim, None).await?;
    let id = claim.task.id;
    desk.store.cancel(id, desk.now).await?;
    let result = desk.store.result(id).await?;
    let money = MoneyReport {
        cap_usd: None,
        spent_usd: 0.25,
        uncertain_usd: 0.25,
    };
    same("its money", result.and_then(|told| told.money), Some(money))
}

pub(super) async fn running_task_is_asked_to_end(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let id = claim.task.id;
    let answer = desk.store.cancel(id, desk.now).await?;
    same("the answer", answer, Cancelled::Requested)?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Running)?;
    holds("it is asked", record.cancel_requested)?;
    same("it is found", desk.store.cancels_asked().await?, vec![id])?;
    let before = desk.snapshot().await?;
    let answer = desk.store.cancel(id, desk.now).await?;
    same("again", answer, Cancelled::Requested)?;
    same("nothing changed", desk.snapshot().await?, before)?;
    let renewed = desk.store.renew(claim.fence, TERM, desk.now).await?;
    holds("its worker is told", renewed.cancel_requested)?;
    desk.finish(&claim, TaskState::Cancelled).await?;
    let asked = desk.store.cancels_asked().await?;
    same("one that ended is not found", asked, Vec::new())?;
    let kinds = desk.kinds(id).await?;
    let asked = kinds.iter().filter(|kind| *kind == "cancel_requested");
    same("events of the request", asked.count(), 1)?;
    same(
        "the last event",
        kinds.last().map(String::as_str),
        Some("finished"),
    )
}

pub(super) async fn paused_task_is_asked_to_end(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.store
        .pause(claim.fence, &progress(1), desk.now)
        .await?;
    for _ in 0..2 {
        let answer = desk.store.cancel(claim.task.id, desk.now).await?;
        same("the answer", answer, Cancelled::Requested)?;
    }
    let attempt = claim.fence.attempt;
    let adopted = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    holds("who adopts it is told", adopted.task.cancel_requested)
}

pub(super) async fn ended_task_stays_as_it_is(desk: &mut Desk) -> Verdict {
    for state in [
        TaskState::Completed,
        TaskState::Failed,
        TaskState::Cancelled,
        TaskState::Degraded,
    ] {
        let claim = desk.claimed().await?;
        desk.finish(&claim, state).await?;
        let before = desk.snapshot().await?;
        let answer = desk.store.cancel(claim.task.id, desk.now).await?;
        same("the answer", answer, Cancelled::Ended(state))?;
        same("nothing changed", desk.snapshot().await?, before)?;
    }
    Ok(())
}

pub(super) async fn unknown_task_is_told(desk: &mut Desk) -> Verdict {
    desk.usual().await?;
    unknown("no such task", desk.store.cancel(id(999), desk.now).await)
}
