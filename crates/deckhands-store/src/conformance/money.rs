//! Cases of money.

use deckhands_model::TaskState;

use super::desk::{Desk, TERM, worker};
use super::fault::{Verdict, holds, same};
use crate::records::Settled;

fn money(open: u64, spent: u64) -> Settled {
    Settled { open, spent }
}

pub(super) async fn draws_up_to_the_cap(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now, id) = (claim.fence, desk.now, claim.task.id);
    holds("60 of 100", desk.store.draw(fence, 60, 100, now).await?)?;
    holds("101 of 100", !desk.store.draw(fence, 41, 100, now).await?)?;
    same("what is open", desk.store.money(id).await?, money(60, 0))?;
    holds("100 of 100", desk.store.draw(fence, 40, 100, now).await?)?;
    holds("101 of 100", !desk.store.draw(fence, 1, 100, now).await?)?;
    holds("nothing at all", desk.store.draw(fence, 0, 100, now).await?)?;
    holds("a higher cap", desk.store.draw(fence, 1, 101, now).await?)?;
    same("what is open", desk.store.money(id).await?, money(101, 0))
}

pub(super) async fn settles_what_was_drawn(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now, id) = (claim.fence, desk.now, claim.task.id);
    desk.store.draw(fence, 100, 100, now).await?;
    desk.store.settle(fence, 60, 10, now).await?;
    same("part of it", desk.store.money(id).await?, money(40, 10))?;
    holds("room again", desk.store.draw(fence, 50, 100, now).await?)?;
    holds("no more", !desk.store.draw(fence, 1, 100, now).await?)?;
    // More may have been spent than was drawn: it happened, so it is kept.
    desk.store.settle(fence, 90, 95, now).await?;
    same("all of it", desk.store.money(id).await?, money(0, 105))?;
    holds("above the cap", !desk.store.draw(fence, 0, 100, now).await?)?;
    desk.store.settle(fence, 5, 0, now).await?;
    same(
        "never below zero",
        desk.store.money(id).await?,
        money(0, 105),
    )
}

pub(super) async fn attempts_share_the_cap(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let (now, id) = (desk.now, first.task.id);
    desk.store.draw(first.fence, 70, 100, now).await?;
    desk.store.settle(first.fence, 40, 20, now).await?;
    // What was not settled may have been spent, so it stays open.
    desk.requeue(&first, None).await?;
    let second = desk.claim().await?;
    holds(
        "51 more",
        !desk.store.draw(second.fence, 51, 100, now).await?,
    )?;
    holds(
        "50 more",
        desk.store.draw(second.fence, 50, 100, now).await?,
    )?;
    same("the task's", desk.store.money(id).await?, money(80, 20))?;
    desk.wait(60);
    let attempt = second.fence.attempt;
    let adopted = desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    desk.store.settle(adopted.fence, 50, 50, desk.now).await?;
    same("the task's", desk.store.money(id).await?, money(30, 70))?;
    desk.finish(&adopted, TaskState::Completed).await?;
    same("after the end", desk.store.money(id).await?, money(30, 70))?;
    let other = desk.claimed().await?;
    let drawn = desk.store.draw(other.fence, 100, 100, desk.now).await?;
    holds("another task has its own", drawn)
}

pub(super) async fn absurd_amounts_are_refused(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now) = (claim.fence, desk.now);
    holds("no cap", desk.store.draw(fence, 10, u64::MAX, now).await?)?;
    let sum = desk.store.draw(fence, u64::MAX, u64::MAX, now).await?;
    holds("a sum that overflows", !sum)?;
    let sum = desk.store.draw(fence, u64::MAX, 100, now).await?;
    holds("far above the cap", !sum)?;
    let id = claim.task.id;
    same("what is open", desk.store.money(id).await?, money(10, 0))
}
