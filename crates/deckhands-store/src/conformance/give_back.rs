//! Cases of attempts that were claimed and not begun.

use deckhands_model::{Cause, TaskState};
use serde_json::{Value, json};

use super::desk::{Desk, TERM, drawing, worker};
use super::fault::{Verdict, holds, refused, same};
use super::written::{object, progress, session};
use crate::error::{StoreError, StoreResult};
use crate::records::Progress;
use crate::task::{Claim, QueueBounds};

const NOTE: &str = "waits for a model that may be called";

impl Desk {
    pub(super) async fn give_back(
        &self,
        claim: &Claim,
        not_before: Option<jiff::Timestamp>,
    ) -> StoreResult<bool> {
        let fence = claim.fence;
        self.store
            .give_back(fence, not_before, NOTE, self.now)
            .await
    }
}

pub(super) async fn task_waits_as_before(desk: &mut Desk) -> Verdict {
    let id = desk.usual().await?;
    let before = desk.snapshot().await?;
    desk.wait(5);
    let claim = desk.claim().await?;
    desk.wait(5);
    desk.give_back(&claim, None).await?;
    let mut after = desk.snapshot().await?;
    let told = after
        .tasks
        .first_mut()
        .and_then(|one| one.record.note.take());
    same("why it waits", told.as_deref(), Some(NOTE))?;
    same("the tasks", after.tasks, before.tasks)?;
    same("the live attempts", after.live, before.live)?;
    same("the counters", after.stats, before.stats)?;
    let kinds = desk.kinds(id).await?.join(" ");
    same("events", kinds, "submitted given_back".to_owned())?;
    let events = desk.store.events(Some(id), 0, 9).await?;
    let last = events.last().map(|last| (last.attempt, last.data.clone()));
    let data = json!({ "not_before": null, "note": NOTE });
    same("the event", last, Some((None, data)))
}

pub(super) async fn one_that_was_started_leaves_nothing_either(desk: &mut Desk) -> Verdict {
    let id = desk.usual().await?;
    let first = desk.claim().await?;
    desk.wait(60);
    let attempt = first.fence.attempt;
    let claim = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    let (fence, now) = (claim.fence, desk.now);
    desk.store.start(fence, "a", TERM, now).await?;
    desk.store.progress(fence, &progress(1), now).await?;
    desk.store.session(fence, Some(&session()), now).await?;
    desk.store.note(fence, "note", &Value::Null, now).await?;
    desk.store.draw(fence, drawing(1, 1), now).await?;
    // All of it given back is as if it had not been drawn.
    desk.store.settle(fence, 0, 1, now).await?;
    desk.give_back(&claim, None).await?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Queued)?;
    same("its attempts", record.attempts, 0)?;
    same("its start", record.started_at, None)?;
    same("what is left", desk.store.attempts(id).await?, Vec::new())?;
    let kinds = desk.kinds(id).await?.join(" ");
    same("events", kinds, "submitted given_back".to_owned())?;
    desk.wait(5);
    let next = desk.claim().await?;
    let attempt = desk.attempt(id).await?;
    same("its route", attempt.route, None)?;
    same("its progress", attempt.progress, Progress::default())?;
    same("the task's start", next.task.started_at, Some(desk.now))
}

pub(super) async fn number_is_given_out_again_under_a_higher_epoch(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let mut last = first.fence;
    for _ in 0..3 {
        let claim = Claim {
            fence: last,
            ..first.clone()
        };
        desk.give_back(&claim, None).await?;
        let next = desk.claim().await?;
        same("the attempt", next.fence.attempt, first.fence.attempt)?;
        holds("its epoch rose", next.fence.epoch > last.epoch)?;
        last = next.fence;
    }
    Ok(())
}

pub(super) async fn attempts_before_it_stay(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let id = first.task.id;
    desk.wait(5);
    desk.requeue(&first, None).await?;
    let attempts = desk.store.attempts(id).await?;
    let kinds = desk.kinds(id).await?;
    let claim = desk.claim().await?;
    desk.give_back(&claim, None).await?;
    same("the attempts", desk.store.attempts(id).await?, attempts)?;
    let record = desk.record(id).await?;
    same("their number", record.attempts, 1)?;
    same("the start", record.started_at, first.task.started_at)?;
    same("the cause", record.cause, Some(Cause::RateLimited))?;
    let wanted = format!("{} given_back", kinds.join(" "));
    same("events", desk.kinds(id).await?.join(" "), wanted)?;
    let next = desk.claim().await?;
    same("the next number", next.fence.attempt.number.get(), 2)?;
    same("what is remembered", next.recovery, json!({ "step": 2 }))
}

pub(super) async fn task_waits_for_its_time(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (id, later) = (claim.task.id, desk.after(60));
    desk.give_back(&claim, Some(later)).await?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Pending)?;
    same("its time", record.not_before, Some(later))?;
    let next = desk.store.next_start(desk.now).await?;
    same("the next start", next, Some(later))?;
    desk.wait(59);
    same("too early", desk.next().await?, None)?;
    desk.wait(1);
    let claim = desk.claim().await?;
    // A time that is over is not waited for.
    desk.give_back(&claim, Some(desk.now)).await?;
    same("it is next", desk.next().await?, Some(id))
}

/// The one that was handed in first is next, however often it was claimed in between.
pub(super) async fn age_is_kept(desk: &mut Desk) -> Verdict {
    let first = desk.usual().await?;
    desk.wait(1);
    let second = desk.usual().await?;
    for _ in 0..2 {
        let claim = desk.claim().await?;
        same("the first one", claim.task.id, first)?;
        desk.wait(1);
        desk.give_back(&claim, None).await?;
    }
    same("the first one", desk.next().await?, Some(first))?;
    same("the second one", desk.next().await?, Some(second))
}

pub(super) async fn one_event_however_often(desk: &mut Desk) -> Verdict {
    let id = desk.usual().await?;
    let give = async |desk: &mut Desk, note: &str, told: bool| {
        desk.wait(60);
        let claim = desk.claim().await?;
        desk.store.start(claim.fence, "a", TERM, desk.now).await?;
        let until = Some(desk.after(60));
        let given = desk.store.give_back(claim.fence, until, note, desk.now);
        same("whether it is told", given.await?, told)
    };
    give(desk, NOTE, true).await?;
    for _ in 0..5 {
        give(desk, NOTE, false).await?;
    }
    let kinds = desk.kinds(id).await?.join(" ");
    same("events", kinds, "submitted given_back".to_owned())?;
    // Another reason is told, and so is the same one after something else happened.
    give(desk, "its engine stopped", true).await?;
    desk.store.hold(id, desk.now).await?;
    desk.store.release(id, desk.now).await?;
    give(desk, "its engine stopped", true).await?;
    let kinds = desk.kinds(id).await?.join(" ");
    let wanted = "submitted given_back given_back held released given_back";
    same("events", kinds, wanted.to_owned())
}

pub(super) async fn refused_where_money_was_drawn(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.store
        .draw(claim.fence, drawing(5, 9), desk.now)
        .await?;
    has_begun(desk, &claim).await?;
    desk.store.settle(claim.fence, 3, 2, desk.now).await?;
    has_begun(desk, &claim).await?;
    desk.finish(&claim, TaskState::Failed).await?;
    Ok(())
}

/// The daemon may be at it still: it must not meet the next attempt of that number.
pub(super) async fn refused_where_an_object_was_announced(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let object = object("app");
    desk.store.intend(claim.fence, &object, desk.now).await?;
    has_begun(desk, &claim).await?;
    desk.requeue(&claim, None).await?;
    let next = desk.claim().await?;
    same("the next number", next.fence.attempt.number.get(), 2)?;
    desk.give_back(&next, None).await?;
    Ok(())
}

async fn has_begun(desk: &Desk, claim: &Claim) -> Verdict {
    let before = desk.snapshot().await?;
    let rightly = |error: &StoreError| matches!(error, StoreError::WrongState { .. });
    refused("it has begun", desk.give_back(claim, None).await, rightly)?;
    same("nothing changed", desk.snapshot().await?, before)
}

pub(super) async fn what_was_asked_meanwhile_is_kept(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let id = claim.task.id;
    desk.store.hold(id, desk.now).await?;
    desk.store.cancel(id, desk.now).await?;
    desk.give_back(&claim, None).await?;
    same("it is held", desk.next().await?, None)?;
    desk.store.release(id, desk.now).await?;
    let next = desk.claim().await?;
    same("it is the same", next.task.id, id)?;
    holds("its worker is told", next.task.cancel_requested)
}

/// It counts against the queue's bound as one that nobody has tried.
pub(super) async fn task_takes_its_place_in_the_queue(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.give_back(&claim, None).await?;
    let bounds = QueueBounds { max_size: 1 };
    let task = desk.task();
    let answer = desk.store.submit(&task, bounds, desk.now).await;
    refused("the queue is full", answer, |_| true)
}
