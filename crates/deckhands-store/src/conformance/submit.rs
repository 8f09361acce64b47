//! Cases of the hand-in.

use deckhands_model::{Category, Priority, TaskState};
use serde_json::json;

use super::desk::Desk;
use super::fault::{Verdict, holds, refused, same};
use crate::error::StoreError;
use crate::money::MoneyOfTask;
use crate::task::{NewTask, QueueBounds, Submitted, TaskRecord};

pub(super) async fn keeps_what_was_handed_in(desk: &mut Desk) -> Verdict {
    let mut task = desk.task();
    task.title = "one `line` with \"quotes\" and \u{fc}".to_owned();
    task.priority = Priority::High;
    task.category = Some(Category::UnitTest);
    task.model = Some("openrouter/a/b:free".to_owned());
    task.batch = Some("nightly".to_owned());
    task.idempotency_key = Some("key".to_owned());
    task.spec = json!({ "text": "a\u{0}b\n", "deep": [1, 2.5, null, { "x": true }] });
    let (id, existing) = (task.id, false);
    let answer = desk.hand_in(&task).await?;
    same("the answer", answer, Submitted { id, existing })?;
    same("the record", desk.record(id).await?, fresh(desk, &task))?;
    same("the spec", desk.store.spec(id).await?, task.spec)?;
    same("attempts", desk.store.attempts(id).await?.len(), 0)?;
    same("the result", desk.store.result(id).await?, None)?;
    same("money", desk.store.money(id).await?, MoneyOfTask::default())?;
    let events = desk.store.events(Some(id), 0, 9).await?;
    let event = events.first().map(|one| (one.at, one.task, one.attempt));
    same("the event", event, Some((desk.now, id, None)))?;
    same(
        "events",
        desk.kinds(id).await?,
        vec!["submitted".to_owned()],
    )
}

fn fresh(desk: &Desk, task: &NewTask) -> TaskRecord {
    TaskRecord {
        id: task.id,
        title: task.title.clone(),
        state: TaskState::Queued,
        priority: task.priority,
        category: task.category,
        model: task.model.clone(),
        batch: task.batch.clone(),
        submitted_at: desk.now,
        started_at: None,
        ended_at: None,
        not_before: None,
        held: false,
        cancel_requested: false,
        attempts: 0,
        cause: None,
        retry_of: None,
        note: None,
    }
}

pub(super) async fn waits_while_early_or_held(desk: &mut Desk) -> Verdict {
    let later = desk.after(60);
    let early = desk.submit(|task| task.not_before = Some(later)).await?;
    let held = desk.submit(|task| task.held = true).await?;
    for id in [early, held] {
        same(
            "its state",
            desk.record(id).await?.state,
            TaskState::Pending,
        )?;
    }
    same(
        "the time",
        desk.record(early).await?.not_before,
        Some(later),
    )?;
    holds("it is held", desk.record(held).await?.held)?;
    desk.wait(60);
    same(
        "in time",
        desk.record(early).await?.state,
        TaskState::Queued,
    )?;
    same("held", desk.record(held).await?.state, TaskState::Pending)
}

pub(super) async fn same_key_is_one_task(desk: &mut Desk) -> Verdict {
    let mut first = desk.task();
    first.idempotency_key = Some("key".to_owned());
    let id = desk.hand_in(&first).await?.id;
    let mut again = desk.task();
    again.idempotency_key = Some("key".to_owned());
    again.spec = first.spec.clone();
    let existing = true;
    for round in 0..3 {
        let before = desk.snapshot().await?;
        // Even a full queue has room for what it already has.
        let bounds = QueueBounds { max_size: 0 };
        let answer = desk.store.submit(&again, bounds, desk.now).await?;
        same("the answer", answer, Submitted { id, existing })?;
        holds("nothing changed", before == desk.snapshot().await?)?;
        if round == 1 {
            let claim = desk.claim().await?;
            desk.finish(&claim, TaskState::Completed).await?;
        }
    }
    Ok(())
}

pub(super) async fn key_of_another_task_is_refused(desk: &mut Desk) -> Verdict {
    desk.submit(|task| task.idempotency_key = Some("key".to_owned()))
        .await?;
    let before = desk.snapshot().await?;
    let mut other = desk.task();
    other.idempotency_key = Some("key".to_owned());
    let answer = desk.hand_in(&other).await;
    let taken = |error: &StoreError| matches!(error, StoreError::KeyTaken(key) if key == "key");
    refused("another task with the key", answer, taken)?;
    holds("nothing changed", before == desk.snapshot().await?)?;
    other.idempotency_key = Some("other key".to_owned());
    same("another key", desk.hand_in(&other).await?.existing, false)
}

pub(super) async fn same_identity_is_one_task(desk: &mut Desk) -> Verdict {
    let mut task = desk.task();
    desk.hand_in(&task).await?;
    let before = desk.snapshot().await?;
    same("the same again", desk.hand_in(&task).await?.existing, true)?;
    task.spec = json!("another one");
    refused("another task", desk.hand_in(&task).await, |_| true)?;
    holds("nothing changed", before == desk.snapshot().await?)
}

pub(super) async fn full_queue_refuses(desk: &mut Desk) -> Verdict {
    let bounds = QueueBounds { max_size: 3 };
    desk.usual().await?;
    desk.submit(|task| task.held = true).await?;
    let later = desk.after(60);
    desk.submit(|task| task.not_before = Some(later)).await?;
    let before = desk.snapshot().await?;
    let task = desk.task();
    let answer = desk.store.submit(&task, bounds, desk.now).await;
    let full = |error: &StoreError| matches!(error, StoreError::Full { max: 3 });
    refused("one too many", answer, full)?;
    holds("nothing changed", before == desk.snapshot().await?)?;
    // Tasks at work do not wait.
    desk.claim().await?;
    desk.store.submit(&task, bounds, desk.now).await?;
    let another = desk.task();
    let answer = desk.store.submit(&another, bounds, desk.now).await;
    refused("full again", answer, full)
}

pub(super) async fn retries_are_exempt_from_the_bound(desk: &mut Desk) -> Verdict {
    let bounds = QueueBounds { max_size: 1 };
    let claim = desk.claimed().await?;
    let other = desk.usual().await?;
    // The attempt's task goes back into a full queue, and does not count there.
    desk.requeue(&claim, Some(desk.after(60))).await?;
    desk.store.cancel(other, desk.now).await?;
    let task = desk.task();
    desk.store.submit(&task, bounds, desk.now).await?;
    // A new task that is a new try of another one is let in, and does not count either.
    let mut retry = desk.task();
    retry.retry_of = Some(claim.task.id);
    let answer = desk.store.submit(&retry, bounds, desk.now).await?;
    same("a retry is new", answer.existing, false)?;
    let known = desk.record(retry.id).await?.retry_of;
    same("what it retries", known, Some(claim.task.id))?;
    desk.store.cancel(task.id, desk.now).await?;
    let (one, another) = (desk.task(), desk.task());
    desk.store.submit(&one, bounds, desk.now).await?;
    let answer = desk.store.submit(&another, bounds, desk.now).await;
    let full = |error: &StoreError| matches!(error, StoreError::Full { max: 1 });
    refused("others count", answer, full)
}
