//! Cases of queries about attempts.

use std::time::Duration;

use deckhands_model::TaskState;

use super::desk::{ALL, BEGIN, Desk, TERM, worker};
use super::fault::{Verdict, same};
use super::written::progress;
use crate::task::{Reported, Retention};

pub(super) async fn reports_come_with_their_tasks(desk: &mut Desk) -> Verdict {
    let none = desk.store.reports(0, 9, desk.now).await?;
    same("nothing yet", none.len(), 0)?;
    let again = desk.claimed().await?;
    desk.requeue(&again, None).await?;
    let again = desk.claim().await?;
    desk.requeue(&again, None).await?;
    desk.claim().await?;
    let gone = desk.claimed().await?;
    desk.finish(&gone, TaskState::Failed).await?;
    let waiting = desk.usual().await?;
    let ended = desk.claim().await?;
    desk.finish(&ended, TaskState::Completed).await?;
    desk.wait(60);
    let later = desk.after(60);
    let pending = desk.submit(|task| task.not_before = Some(later)).await?;
    let keep = Duration::from_secs(30);
    let all = desk.store.reports(0, ALL.limit, desk.now).await?;
    let told = |one: &Reported| {
        let numbers: Vec<u32> = one.attempts.iter().map(|report| report.number).collect();
        (one.task.id, one.task.state, numbers)
    };
    let found: Vec<_> = all.iter().map(told).collect();
    let wanted = vec![
        (again.task.id, TaskState::Running, vec![1, 2]),
        (gone.task.id, TaskState::Failed, vec![1]),
        (waiting, TaskState::Completed, vec![1]),
        (pending, TaskState::Pending, Vec::new()),
    ];
    same("all", found, wanted)?;
    // Whatever was removed meanwhile, what comes after a position does.
    let position = all[1].position;
    desk.store.prune(Retention { keep }, desk.now).await?;
    let after = desk.store.reports(position, 1, desk.now).await?;
    same("the next", after.as_slice(), &all[3..])?;
    let end = desk.store.reports(u64::MAX, 9, desk.now).await?;
    same("beyond the end", end.len(), 0)
}

pub(super) async fn live_ones_are_those_not_over(desk: &mut Desk) -> Verdict {
    let mut claims = Vec::new();
    for _ in 0..5 {
        claims.push(desk.claimed().await?);
        desk.wait(1);
    }
    desk.finish(&claims[1], TaskState::Completed).await?;
    desk.store
        .pause(claims[2].fence, &progress(1), desk.now)
        .await?;
    desk.requeue(&claims[0], None).await?;
    let again = desk.claim().await?;
    let live = desk.store.live_attempts().await?;
    let found: Vec<_> = live.iter().filter_map(|one| one.id()).collect();
    let wanted = [&claims[2], &claims[3], &claims[4], &again];
    let wanted: Vec<_> = wanted.map(|claim| claim.fence.attempt).to_vec();
    same("the oldest first", found, wanted)
}

/// Whatever the clock said at each, and whoever holds them now.
pub(super) async fn live_ones_are_in_the_order_of_their_claims(desk: &mut Desk) -> Verdict {
    desk.wait(3600);
    let first = desk.claimed().await?;
    desk.now = BEGIN;
    let second = desk.claimed().await?;
    desk.wait(1800);
    let third = desk.claimed().await?;
    let left = second.fence.attempt;
    desk.store.adopt(left, worker(2), TERM, desk.now).await?;
    let live = desk.store.live_attempts().await?;
    let found: Vec<_> = live.iter().filter_map(|one| one.id()).collect();
    let wanted = [first, second, third].map(|claim| claim.fence.attempt);
    same("the first claim first", found.as_slice(), &wanted)
}
