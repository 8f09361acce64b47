//! Cases of fencing: a write whose lease is not held changes nothing.

use deckhands_model::{AttemptId, AttemptNumber, TaskState};
use serde_json::json;

use super::desk::{Desk, TERM, drawing, end, id, task_end, waiting, worker};
use super::fault::{Fault, Verdict, same, stale};
use super::written::{object, progress, session};
use crate::lease::{Epoch, Fence};
use crate::records::Progress;
use crate::task::Claim;

/// Tries every write under a fence; each must be stale and change nothing.
async fn all_stale(desk: &Desk, claim: &Claim, fence: Fence) -> Verdict {
    let before = desk.snapshot().await?;
    let (store, now) = (&desk.store, desk.now);
    stale("renew", store.renew(fence, TERM, now).await)?;
    stale("start", store.start(fence, "b", TERM, now).await)?;
    stale("intend", store.intend(fence, &object("late"), now).await)?;
    stale("progress", store.progress(fence, &progress(9), now).await)?;
    stale("session", store.session(fence, Some(&session()), now).await)?;
    stale("session", store.session(fence, None, now).await)?;
    stale("draw", store.draw(fence, drawing(1, 1_000_000), now).await)?;
    stale("draw above", store.draw(fence, drawing(2, 1), now).await)?;
    stale("settle", store.settle(fence, 1, 1, now).await)?;
    stale("pause", store.pause(fence, &progress(9), now).await)?;
    let (end, wait) = (end(claim), waiting(None));
    stale("requeue", store.requeue(fence, &end, &wait, now).await)?;
    stale("give_back", store.give_back(fence, None, "late", now).await)?;
    let over = task_end(claim, TaskState::Completed);
    stale("finish", store.finish(fence, &end, &over, now).await)?;
    stale("note", store.note(fence, "late", &json!(1), now).await)?;
    same("nothing changed", desk.snapshot().await?, before)
}

/// An attempt with something of everything.
async fn at_work(desk: &mut Desk) -> Result<Claim, Fault> {
    let claim = desk.claimed().await?;
    let (fence, now) = (claim.fence, desk.now);
    desk.store.start(fence, "a", TERM, now).await?;
    desk.store.intend(fence, &object("app"), now).await?;
    desk.store.progress(fence, &progress(1), now).await?;
    desk.store.session(fence, Some(&session()), now).await?;
    desk.store.draw(fence, drawing(50, 100), now).await?;
    Ok(claim)
}

pub(super) async fn stale_after_adoption(desk: &mut Desk) -> Verdict {
    let claim = at_work(desk).await?;
    desk.wait(60);
    let attempt = claim.fence.attempt;
    let adopted = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    all_stale(desk, &claim, claim.fence).await?;
    // Nor does an epoch count that nobody has yet.
    let Epoch(epoch) = adopted.fence.epoch;
    let epoch = Epoch(epoch + 1);
    all_stale(desk, &claim, Fence { attempt, epoch }).await?;
    desk.finish(&adopted, TaskState::Completed).await?;
    Ok(())
}

pub(super) async fn stale_after_the_end(desk: &mut Desk) -> Verdict {
    let claim = at_work(desk).await?;
    desk.finish(&claim, TaskState::Failed).await?;
    all_stale(desk, &claim, claim.fence).await
}

pub(super) async fn stale_after_requeue(desk: &mut Desk) -> Verdict {
    let claim = at_work(desk).await?;
    desk.requeue(&claim, None).await?;
    all_stale(desk, &claim, claim.fence).await?;
    desk.claim().await?;
    all_stale(desk, &claim, claim.fence).await
}

/// Its number is another worker's by then, who holds it under another epoch.
pub(super) async fn stale_after_giving_back(desk: &mut Desk) -> Verdict {
    let mut before = Vec::new();
    desk.usual().await?;
    for round in 0..4 {
        let claim = desk.claim().await?;
        for fence in &before {
            all_stale(desk, &claim, *fence).await?;
        }
        before.push(claim.fence);
        let mut last = claim;
        if round % 2 == 1 {
            desk.wait(60);
            let attempt = last.fence.attempt;
            last = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
            all_stale(desk, &last, before[before.len() - 1]).await?;
            before.push(last.fence);
        }
        desk.store.start(last.fence, "a", TERM, desk.now).await?;
        desk.give_back(&last, None).await?;
        for fence in &before {
            all_stale(desk, &last, *fence).await?;
        }
    }
    Ok(())
}

pub(super) async fn stale_while_paused(desk: &mut Desk) -> Verdict {
    let claim = at_work(desk).await?;
    let progress = Progress::default();
    desk.store.pause(claim.fence, &progress, desk.now).await?;
    all_stale(desk, &claim, claim.fence).await
}

pub(super) async fn stale_with_a_wrong_number_or_task(desk: &mut Desk) -> Verdict {
    let claim = at_work(desk).await?;
    let Fence { attempt, epoch } = claim.fence;
    let number = AttemptNumber::FIRST.next();
    let task = attempt.task;
    let attempt = AttemptId { task, number };
    all_stale(desk, &claim, Fence { attempt, epoch }).await?;
    let (task, number) = (id(999), AttemptNumber::FIRST);
    let attempt = AttemptId { task, number };
    all_stale(desk, &claim, Fence { attempt, epoch }).await
}
