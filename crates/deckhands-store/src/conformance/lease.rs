//! Cases of leases: adoption and renewal.

use deckhands_model::{AttemptId, AttemptNumber, TaskState};
use serde_json::json;

use super::desk::{Desk, TERM, id, worker};
use super::fault::{Verdict, holds, same, stale, unknown};
use super::written::{object, progress, session};
use crate::records::AttemptState;

pub(super) async fn adopts_only_what_is_left(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let attempt = claim.fence.attempt;
    desk.wait(59);
    let before = desk.snapshot().await?;
    let early = desk.store.adopt(attempt, worker(2), TERM, desk.now).await;
    stale("while the lease holds", early)?;
    same("nothing changed", desk.snapshot().await?, before)?;
    desk.store.renew(claim.fence, TERM, desk.now).await?;
    desk.wait(59);
    let early = desk.store.adopt(attempt, worker(2), TERM, desk.now).await;
    stale("while it was renewed", early)?;
    desk.wait(1);
    desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    let second = desk.store.adopt(attempt, worker(3), TERM, desk.now).await;
    stale("after somebody else did", second)
}

pub(super) async fn adopts_what_is_paused_at_once(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, attempt) = (claim.fence, claim.fence.attempt);
    desk.store.start(fence, "a", TERM, desk.now).await?;
    desk.store.pause(fence, &progress(3), desk.now).await?;
    let adopted = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    holds("its epoch rose", adopted.fence.epoch > fence.epoch)?;
    let record = desk.attempt(attempt.task).await?;
    same("its state", record.state, AttemptState::Running)?;
    same("its progress", record.progress, progress(3))
}

pub(super) async fn adoption_keeps_the_attempt_and_raises_the_epoch(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let task = first.task.id;
    desk.requeue(&first, None).await?;
    let claim = desk.claim().await?;
    desk.store.start(claim.fence, "a", TERM, desk.now).await?;
    desk.store
        .intend(claim.fence, &object("app"), desk.now)
        .await?;
    desk.store
        .session(claim.fence, Some(&session()), desk.now)
        .await?;
    let before = desk.attempt(task).await?;
    let mut epoch = claim.fence.epoch;
    for round in 1..=3 {
        desk.wait(60);
        let taker = worker(10 + u8::try_from(round).unwrap_or(0));
        let attempt = claim.fence.attempt;
        let adopted = desk.store.adopt(attempt, taker, TERM, desk.now).await?;
        same("the attempt", adopted.fence.attempt, attempt)?;
        holds("its epoch rose", adopted.fence.epoch > epoch)?;
        epoch = adopted.fence.epoch;
        same("the spec", &adopted.spec, &claim.spec)?;
        same(
            "what is remembered",
            &adopted.recovery,
            &json!({ "step": 2 }),
        )?;
        same("its lease", adopted.lease_until, TERM.end(desk.now))?;
        same("the task", adopted.task, desk.record(task).await?)?;
        let mut wanted = before.clone();
        wanted.epoch = epoch;
        wanted.worker = taker;
        wanted.lease_until = adopted.lease_until;
        wanted.adoptions = round;
        same("its record", desk.attempt(task).await?, wanted)?;
    }
    let kinds = desk.kinds(task).await?;
    let adopted = kinds.iter().filter(|kind| *kind == "adopted").count();
    same("events of adoptions", adopted, 3)
}

pub(super) async fn refuses_to_adopt_what_is_over_or_unknown(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let AttemptId { task, number } = claim.fence.attempt;
    desk.requeue(&claim, None).await?;
    desk.wait(3600);
    let before = desk.snapshot().await?;
    let nobody = worker(2);
    let adopt = |attempt| desk.store.adopt(attempt, nobody, TERM, desk.now);
    stale("an ended one", adopt(claim.fence.attempt).await)?;
    let next = AttemptId {
        task,
        number: number.next(),
    };
    stale("one that is not there", adopt(next).await)?;
    let (task, number) = (id(999), AttemptNumber::FIRST);
    let other = AttemptId { task, number };
    unknown("one of no task", adopt(other).await)?;
    same("nothing changed", desk.snapshot().await?, before)?;
    let claim = desk.claim().await?;
    desk.finish(&claim, TaskState::Completed).await?;
    desk.wait(3600);
    let adopt = desk
        .store
        .adopt(claim.fence.attempt, nobody, TERM, desk.now);
    stale("one of an ended task", adopt.await)
}

pub(super) async fn prolongs_a_lease(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.wait(30);
    let renewed = desk.store.renew(claim.fence, TERM, desk.now).await?;
    same("the lease", renewed.lease_until, TERM.end(desk.now))?;
    holds("no cancellation", !renewed.cancel_requested)?;
    let record = desk.attempt(claim.task.id).await?;
    same("the stored lease", record.lease_until, renewed.lease_until)?;
    desk.store.cancel(claim.task.id, desk.now).await?;
    let renewed = desk.store.renew(claim.fence, TERM, desk.now).await?;
    holds("a cancellation", renewed.cancel_requested)
}

pub(super) async fn start_prolongs_the_lease(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, attempt) = (claim.fence, claim.fence.attempt);
    desk.wait(30);
    let started = desk.store.start(fence, "a", TERM, desk.now).await?;
    same("the lease", started.lease_until, TERM.end(desk.now))?;
    holds("no cancellation", !started.cancel_requested)?;
    let record = desk.attempt(attempt.task).await?;
    same("the stored lease", record.lease_until, started.lease_until)?;
    desk.wait(59);
    let early = desk.store.adopt(attempt, worker(2), TERM, desk.now).await;
    stale("it is held", early)?;
    desk.store.cancel(attempt.task, desk.now).await?;
    let again = desk.store.start(fence, "a", TERM, desk.now).await?;
    holds("a cancellation", again.cancel_requested)?;
    desk.wait(60);
    desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    let before = desk.snapshot().await?;
    let late = desk.store.start(fence, "b", TERM, desk.now).await;
    stale("it is somebody else's", late)?;
    same("nothing changed", desk.snapshot().await?, before)
}

pub(super) async fn prolongs_one_that_ended_if_nobody_took_it(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.wait(3600);
    let renewed = desk.store.renew(claim.fence, TERM, desk.now).await?;
    same("the lease", renewed.lease_until, TERM.end(desk.now))?;
    let attempt = claim.fence.attempt;
    let adopt = desk.store.adopt(attempt, worker(2), TERM, desk.now);
    stale("it is held again", adopt.await)?;
    // Every other write is good, too, as long as nobody took it.
    desk.wait(3600);
    desk.store
        .progress(claim.fence, &progress(1), desk.now)
        .await?;
    desk.finish(&claim, TaskState::Completed).await?;
    Ok(())
}
