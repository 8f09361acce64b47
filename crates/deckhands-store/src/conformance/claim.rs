//! Cases of claiming: what is next, and what a worker gets.

use std::time::Duration;

use deckhands_model::{Priority, TaskId, TaskState};
use serde_json::Value;

use super::desk::{Desk, TERM, worker};
use super::fault::{Fault, Verdict, same};
use crate::lease::Epoch;
use crate::records::{AttemptRecord, AttemptState, Progress};

pub(super) async fn nothing_is_next(desk: &mut Desk) -> Verdict {
    same("an empty store", desk.next().await?, None)?;
    desk.claimed().await?;
    same("a running task", desk.next().await?, None)
}

pub(super) async fn gives_the_whole_task(desk: &mut Desk) -> Verdict {
    let id = desk.usual().await?;
    desk.wait(5);
    let claim = desk.claim().await?;
    same("the task", claim.fence.attempt.task, id)?;
    same("the number", claim.fence.attempt.number.get(), 1)?;
    let lease = TERM.end(desk.now);
    same("the lease", claim.lease_until, lease)?;
    same("what is remembered", &claim.recovery, &Value::Null)?;
    let record = desk.record(id).await?;
    same("the record", &claim.task, &record)?;
    same("its state", record.state, TaskState::Running)?;
    same("its attempts", record.attempts, 1)?;
    same("its start", record.started_at, Some(desk.now))?;
    same("the spec", claim.spec, desk.store.spec(id).await?)?;
    let wanted = AttemptRecord {
        task: id,
        number: 1,
        state: AttemptState::Leased,
        epoch: claim.fence.epoch,
        worker: worker(1),
        lease_until: lease,
        term: TERM,
        started_at: desk.now,
        ended_at: None,
        route: None,
        progress: Progress::default(),
        objects: Vec::new(),
        session: None,
        adoptions: 0,
        report: None,
    };
    same("the attempt", desk.attempt(id).await?, wanted)?;
    same("an epoch", claim.fence.epoch > Epoch::default(), true)?;
    same(
        "events",
        desk.kinds(id).await?.join(" "),
        "submitted claimed".to_owned(),
    )
}

/// Hands in one task of a priority.
async fn of(desk: &mut Desk, priority: Priority) -> Result<TaskId, Fault> {
    Ok(desk.submit(|task| task.priority = priority).await?)
}

/// The next tasks are these.
async fn order(desk: &Desk, wanted: &[TaskId]) -> Verdict {
    let mut found = Vec::new();
    for _ in wanted {
        found.extend(desk.next().await?);
    }
    same("the order", found.as_slice(), wanted)
}

pub(super) async fn priority_goes_first(desk: &mut Desk) -> Verdict {
    let low = of(desk, Priority::Low).await?;
    let normal = of(desk, Priority::Normal).await?;
    let critical = of(desk, Priority::Critical).await?;
    let high = of(desk, Priority::High).await?;
    order(desk, &[critical, high, normal, low]).await
}

pub(super) async fn age_goes_first_within_a_priority(desk: &mut Desk) -> Verdict {
    let mut ids = Vec::new();
    for second in 0..6 {
        // Two of each moment: then the hand-in decides.
        ids.push(desk.usual().await?);
        ids.push(desk.usual().await?);
        desk.wait(second);
    }
    order(desk, &ids).await
}

pub(super) async fn priority_rises_every_ten_minutes(desk: &mut Desk) -> Verdict {
    let first = of(desk, Priority::Normal).await?;
    let second = of(desk, Priority::Normal).await?;
    desk.wait(599);
    let high = of(desk, Priority::High).await?;
    order(desk, &[high]).await?;
    desk.wait(1);
    let newer = of(desk, Priority::High).await?;
    order(desk, &[first, second, newer]).await?;
    let low = of(desk, Priority::Low).await?;
    desk.wait(1199);
    let high = of(desk, Priority::High).await?;
    let normal = of(desk, Priority::Normal).await?;
    order(desk, &[high, low, normal]).await
}

pub(super) async fn low_goes_before_any_newer_after_half_an_hour(desk: &mut Desk) -> Verdict {
    let low = of(desk, Priority::Low).await?;
    let other = of(desk, Priority::Low).await?;
    desk.wait(1799);
    let critical = of(desk, Priority::Critical).await?;
    order(desk, &[critical]).await?;
    let critical = of(desk, Priority::Critical).await?;
    desk.wait(1);
    // However many newer ones there are.
    let newer = of(desk, Priority::Critical).await?;
    order(desk, &[low, other, critical, newer]).await
}

pub(super) async fn age_counts_from_the_time_it_may_start(desk: &mut Desk) -> Verdict {
    let hour = desk.after(3600);
    let late = |priority| {
        move |task: &mut crate::task::NewTask| {
            task.priority = priority;
            task.not_before = Some(hour);
        }
    };
    let low = desk.submit(late(Priority::Low)).await?;
    let normal = desk.submit(late(Priority::Normal)).await?;
    desk.wait(3600);
    let critical = of(desk, Priority::Critical).await?;
    order(desk, &[critical, normal]).await?;
    desk.wait(1800);
    let critical = of(desk, Priority::Critical).await?;
    order(desk, &[low, critical]).await
}

pub(super) async fn age_counts_anew_after_an_attempt(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.wait(3600);
    desk.requeue(&claim, None).await?;
    let high = of(desk, Priority::High).await?;
    let normal = desk.usual().await?;
    order(desk, &[high, claim.task.id, normal]).await
}

pub(super) async fn passes_over_what_may_not_start(desk: &mut Desk) -> Verdict {
    let later = desk.after(10);
    let early = desk
        .submit(|task| {
            task.priority = Priority::Critical;
            task.not_before = Some(later);
        })
        .await?;
    desk.submit(|task| {
        task.priority = Priority::Critical;
        task.held = true;
    })
    .await?;
    let gone = of(desk, Priority::Critical).await?;
    desk.store.cancel(gone, desk.now).await?;
    let normal = desk.usual().await?;
    desk.wait(9);
    order(desk, &[normal]).await?;
    same("nothing else", desk.next().await?, None)?;
    desk.wait(1);
    order(desk, &[early]).await
}

pub(super) async fn clock_set_back_loses_nothing(desk: &mut Desk) -> Verdict {
    desk.wait(3600);
    let first = desk.usual().await?;
    let claim = desk.claim().await?;
    desk.requeue(&claim, None).await?;
    let second = desk.usual().await?;
    desk.now = super::desk::BEGIN;
    let third = of(desk, Priority::High).await?;
    order(desk, &[third, first, second]).await?;
    let claim = desk.attempt(third).await?;
    same("its lease", claim.lease_until, TERM.end(desk.now))
}

/// Neither at the hand-in nor after an attempt, and whatever the clock does afterwards.
pub(super) async fn time_that_was_over_is_never_waited_for(desk: &mut Desk) -> Verdict {
    desk.wait(3600);
    let claims = [desk.claimed().await?, desk.claimed().await?];
    let mut ids = Vec::new();
    for (claim, ago) in claims.iter().zip([0, 60]) {
        let over = desk.now - Duration::from_secs(ago);
        desk.requeue(claim, Some(over)).await?;
        ids.push(claim.task.id);
        ids.push(desk.submit(|task| task.not_before = Some(over)).await?);
    }
    ids.sort();
    desk.now = super::desk::BEGIN;
    for id in &ids {
        let record = desk.record(*id).await?;
        same("its state", record.state, TaskState::Queued)?;
        same("its time", record.not_before, None)?;
    }
    let stats = desk.store.stats(desk.now).await?;
    same("queued", stats.states.get("queued").copied(), Some(4))?;
    same("pending", stats.states.get("pending").copied(), None)?;
    let next = desk.store.next_start(desk.now).await?;
    same("the next start", next, None)?;
    let mut claimed = Vec::new();
    while let Some(id) = desk.next().await? {
        claimed.push(id);
    }
    claimed.sort();
    same("the claims", claimed, ids)
}
