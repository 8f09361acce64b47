//! Cases of leases: adoption and renewal.

use std::time::Duration;

use deckhands_model::{AttemptId, AttemptNumber, TaskState};
use serde_json::json;

use super::desk::{Desk, TERM, id, worker};
use super::fault::{Fault, Verdict, holds, same, stale, unknown};
use super::written::{object, progress, session};
use crate::lease::{LeaseTerm, SilentLease};
use crate::records::{AttemptRecord, AttemptState};

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

/// The clock went back: the lease seems to hold for an hour, and nobody has renewed it.
pub(super) async fn adopts_what_is_silent(desk: &mut Desk) -> Verdict {
    desk.wait(3600);
    let claim = desk.claimed().await?;
    let attempt = claim.fence.attempt;
    desk.store.start(claim.fence, "a", TERM, desk.now).await?;
    let before = desk.attempt(attempt.task).await?;
    let seen = seen(desk, attempt).await?;
    desk.now = super::desk::BEGIN;
    let early = desk.store.adopt(attempt, worker(2), TERM, desk.now).await;
    stale("by the clock it holds", early)?;
    let adopted = desk.store.adopt_silent(seen, worker(2), TERM, desk.now);
    let adopted = adopted.await?;
    holds("its epoch rose", adopted.fence.epoch > claim.fence.epoch)?;
    let wanted = AttemptRecord {
        epoch: adopted.fence.epoch,
        worker: worker(2),
        lease_until: TERM.end(desk.now),
        adoptions: 1,
        ..before
    };
    same("its record", desk.attempt(attempt.task).await?, wanted)?;
    let late = desk.store.renew(claim.fence, TERM, desk.now).await;
    stale("the one before", late)?;
    let kinds = desk.kinds(attempt.task).await?.join(" ");
    same(
        "events",
        kinds,
        "submitted claimed started adopted".to_owned(),
    )?;
    let again = desk.store.adopt_silent(seen, worker(3), TERM, desk.now);
    stale("a second time", again.await)
}

/// Whoever is alive renews, and its lease goes back with the clock.
pub(super) async fn what_was_renewed_is_not_silent(desk: &mut Desk) -> Verdict {
    desk.wait(3600);
    let claim = desk.claimed().await?;
    let (fence, attempt) = (claim.fence, claim.fence.attempt);
    let first = seen(desk, attempt).await?;
    desk.now = super::desk::BEGIN;
    desk.wait(10);
    desk.store.renew(fence, TERM, desk.now).await?;
    let renewed = seen(desk, attempt).await?;
    same("its lease", renewed.until, TERM.end(desk.now))?;
    desk.wait(10);
    desk.store.start(fence, "a", TERM, desk.now).await?;
    let before = desk.snapshot().await?;
    for seen in [first, renewed] {
        let answer = desk.store.adopt_silent(seen, worker(2), TERM, desk.now);
        stale("it was renewed", answer.await)?;
    }
    same("nothing changed", desk.snapshot().await?, before)?;
    let started = seen(desk, attempt).await?;
    desk.store.pause(fence, &progress(1), desk.now).await?;
    let paused = seen(desk, attempt).await?;
    for seen in [started, paused] {
        let answer = desk.store.adopt_silent(seen, worker(2), TERM, desk.now);
        stale("it is paused", answer.await)?;
    }
    let claim = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    let held = seen(desk, attempt).await?;
    desk.requeue(&claim, None).await?;
    let answer = desk.store.adopt_silent(held, worker(3), TERM, desk.now);
    stale("it is over", answer.await)?;
    let mut other = held;
    other.fence.attempt.task = id(999);
    let answer = desk.store.adopt_silent(other, worker(3), TERM, desk.now);
    unknown("one of no task", answer.await)
}

/// Whoever looks whether it is renewed has to know for how long that may take.
pub(super) async fn the_term_is_kept(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, attempt) = (claim.fence, claim.fence.attempt);
    let kept = async |desk: &Desk| Ok::<_, Fault>(desk.attempt(attempt.task).await?.term);
    same("of the claim", kept(desk).await?, TERM)?;
    let term = |seconds| LeaseTerm(Duration::from_secs(seconds));
    desk.store.renew(fence, term(1), desk.now).await?;
    same("of a renewal", kept(desk).await?, term(1))?;
    desk.store.start(fence, "a", term(2), desk.now).await?;
    same("of the start", kept(desk).await?, term(2))?;
    desk.wait(60);
    let store = &desk.store;
    store.adopt(attempt, worker(2), term(3), desk.now).await?;
    same("of an adoption", kept(desk).await?, term(3))?;
    desk.wait(60);
    let for_ever = LeaseTerm(Duration::MAX);
    let store = &desk.store;
    store.adopt(attempt, worker(2), for_ever, desk.now).await?;
    same("of one for ever", kept(desk).await?, for_ever)
}

async fn seen(desk: &Desk, attempt: AttemptId) -> Result<SilentLease, Fault> {
    let lease = desk.attempt(attempt.task).await?.lease();
    lease.ok_or_else(|| Fault::new("an attempt has a number"))
}
