//! Cases of the end of an attempt.

use deckhands_model::{Cause, TaskState};
use serde_json::json;

use super::desk::{Desk, attempt_report, end, task_end, waiting};
use super::fault::{Verdict, holds, refused, same, stale};
use crate::records::AttemptState;

pub(super) async fn finish_keeps_the_one_result(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let id = claim.task.id;
    desk.wait(30);
    desk.finish(&claim, TaskState::Completed).await?;
    let wanted = task_end(&claim, TaskState::Completed).result;
    same(
        "the result",
        desk.store.result(id).await?,
        Some(wanted.clone()),
    )?;
    let record = desk.record(id).await?;
    same("the state", record.state, TaskState::Completed)?;
    same("the end", record.ended_at, Some(desk.now))?;
    let attempt = desk.attempt(id).await?;
    same("the attempt", attempt.state, AttemptState::Ended)?;
    same("its end", attempt.ended_at, Some(desk.now))?;
    same("its report", attempt.report, Some(attempt_report(1)))?;
    desk.wait(1);
    let again = desk.finish(&claim, TaskState::Failed).await;
    stale("a second end", again)?;
    same(
        "the result stays",
        desk.store.result(id).await?,
        Some(wanted),
    )?;
    same("nobody claims it", desk.next().await?, None)
}

pub(super) async fn finish_takes_every_terminal_state(desk: &mut Desk) -> Verdict {
    for state in [
        TaskState::Completed,
        TaskState::Failed,
        TaskState::Cancelled,
        TaskState::Degraded,
    ] {
        let claim = desk.claimed().await?;
        desk.finish(&claim, state).await?;
        let record = desk.record(claim.task.id).await?;
        same("the state", record.state, state)?;
        same("the cause", record.cause, Some(Cause::RateLimited))?;
    }
    Ok(())
}

pub(super) async fn impossible_ends_are_refused(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now) = (claim.fence, desk.now);
    let before = desk.snapshot().await?;
    for state in [TaskState::Pending, TaskState::Queued, TaskState::Running] {
        let answer = desk.finish(&claim, state).await;
        refused("an end that is none", answer, |_| true)?;
    }
    let mut other = end(&claim);
    other.report.number = 2;
    let task = task_end(&claim, TaskState::Completed);
    let answer = desk.store.finish(fence, &other, &task, now).await;
    refused("another attempt's report", answer, |_| true)?;
    let answer = desk.store.requeue(fence, &other, &waiting(None), now).await;
    refused("another attempt's report", answer, |_| true)?;
    same("nothing changed", desk.snapshot().await?, before)?;
    desk.finish(&claim, TaskState::Completed).await?;
    Ok(())
}

pub(super) async fn requeued_task_gets_the_next_number(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let id = first.task.id;
    let mut last = first.clone();
    for number in 2..=4 {
        desk.wait(10);
        desk.requeue(&last, None).await?;
        let record = desk.record(id).await?;
        same("its state", record.state, TaskState::Queued)?;
        same("its cause", record.cause, Some(Cause::RateLimited))?;
        same("its attempts", record.attempts, number - 1)?;
        same("why it waits", record.note, Some(waiting(None).note))?;
        let attempt = desk.attempt(id).await?;
        same("the attempt", attempt.state, AttemptState::Ended)?;
        same(
            "its report",
            attempt.report,
            Some(attempt_report(number - 1)),
        )?;
        let next = desk.claim().await?;
        same("its number", next.fence.attempt.number.get(), number)?;
        holds("its epoch rose", next.fence.epoch > last.fence.epoch)?;
        same("what is remembered", &next.recovery, &json!({ "step": 2 }))?;
        same(
            "its first start",
            next.task.started_at,
            first.task.started_at,
        )?;
        last = next;
    }
    desk.finish(&last, TaskState::Completed).await?;
    same("the attempts", desk.store.attempts(id).await?.len(), 4)
}

pub(super) async fn requeued_task_waits_for_its_time(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let id = claim.task.id;
    let later = desk.after(60);
    desk.requeue(&claim, Some(later)).await?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Pending)?;
    same("its time", record.not_before, Some(later))?;
    desk.wait(59);
    same("too early", desk.next().await?, None)?;
    desk.wait(1);
    same("in time", desk.record(id).await?.state, TaskState::Queued)?;
    same("it is next", desk.next().await?, Some(id))
}

pub(super) async fn requeued_task_keeps_what_was_asked_meanwhile(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let id = claim.task.id;
    desk.store.cancel(id, desk.now).await?;
    desk.requeue(&claim, None).await?;
    let next = desk.claim().await?;
    same("it is the same", next.task.id, id)?;
    holds("its worker is told", next.task.cancel_requested)
}

pub(super) async fn events_of_the_attempt_come_before_its_end(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let mut told = end(&first);
    told.events = vec![
        ("classified".to_owned(), json!({ "type": "rate_limit" })),
        ("ladder".to_owned(), json!({ "step": "retry_with_backoff" })),
    ];
    let fence = first.fence;
    desk.store
        .requeue(fence, &told, &waiting(None), desk.now)
        .await?;
    let second = desk.claim().await?;
    desk.finish(&second, TaskState::Failed).await?;
    let kinds = desk.kinds(first.task.id).await?.join(" ");
    let wanted = "submitted claimed classified ladder requeued claimed ladder finished";
    same("events", kinds, wanted.to_owned())?;
    let events = desk.store.events(Some(first.task.id), 0, 99).await?;
    let attempts: Vec<_> = events.iter().map(|one| one.attempt).collect();
    let (none, one, two) = (None, Some(1), Some(2));
    let wanted = vec![none, one, one, one, one, two, two, two];
    same("their attempts", attempts, wanted)?;
    let data = events.get(2).map(|one| one.data.clone());
    same("the data", data, Some(json!({ "type": "rate_limit" })))
}
