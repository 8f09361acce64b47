//! Cases of upkeep.

use std::time::Duration;

use deckhands_model::TaskState;

use super::audit::audit;
use super::desk::{ALL, Desk, TERM, drawing, snapshot};
use super::fault::{Verdict, holds, refused, same, unknown};
use super::written::{object, progress, session};
use crate::task::Retention;

const HOUR: Retention = Retention {
    keep: Duration::from_secs(3600),
};

pub(super) async fn prune_removes_what_ended_long_ago(desk: &mut Desk) -> Verdict {
    let old = desk.claimed().await?;
    desk.store
        .intend(old.fence, &object("app"), desk.now)
        .await?;
    desk.finish(&old, TaskState::Completed).await?;
    let gone = desk.usual().await?;
    desk.store.cancel(gone, desk.now).await?;
    let running = desk.claimed().await?;
    let later = desk.after(60);
    desk.submit(|task| task.not_before = Some(later)).await?;
    desk.wait(60);
    let young = desk.claimed().await?;
    desk.finish(&young, TaskState::Failed).await?;
    desk.wait(3539);
    same(
        "none yet",
        desk.store.prune(HOUR, desk.now).await?,
        Vec::new(),
    )?;
    desk.wait(1);
    let mut pruned = desk.store.prune(HOUR, desk.now).await?;
    pruned.sort();
    let mut wanted = vec![old.task.id, gone];
    wanted.sort();
    same("the old ones", pruned, wanted.clone())?;
    for id in wanted {
        unknown("task", desk.record(id).await)?;
        unknown("result", desk.store.result(id).await)?;
        unknown("attempts", desk.store.attempts(id).await)?;
        let events = desk.store.events(Some(id), 0, ALL.limit).await?;
        same("its events", events, Vec::new())?;
    }
    same("again", desk.store.prune(HOUR, desk.now).await?, Vec::new())?;
    let young = desk.record(young.task.id).await?;
    same("the young one", young.state, TaskState::Failed)?;
    let running = desk.record(running.task.id).await?;
    same("the running one", running.state, TaskState::Running)?;
    // Positions of events are never given out again.
    let last = desk.store.events(None, 0, ALL.limit).await?;
    let last = last.last().map_or(0, |event| event.seq);
    let new = desk.usual().await?;
    let events = desk.store.events(None, last, ALL.limit).await?;
    let tasks: Vec<_> = events.iter().map(|event| event.task).collect();
    same("what is new", tasks, vec![new])
}

pub(super) async fn prune_frees_keys(desk: &mut Desk) -> Verdict {
    let mut task = desk.task();
    task.idempotency_key = Some("key".to_owned());
    desk.hand_in(&task).await?;
    desk.store.cancel(task.id, desk.now).await?;
    let keep = Duration::ZERO;
    let pruned = desk.store.prune(Retention { keep }, desk.now).await?;
    same("it is gone", pruned, vec![task.id])?;
    let mut other = desk.task();
    other.idempotency_key = Some("key".to_owned());
    same(
        "the key is free",
        desk.hand_in(&other).await?.existing,
        false,
    )?;
    let forever = Retention {
        keep: Duration::MAX,
    };
    desk.store.cancel(other.id, desk.now).await?;
    let pruned = desk.store.prune(forever, desk.now).await?;
    same("kept for ever", pruned, Vec::new())
}

/// Tasks in every state, with something of everything.
async fn furnish(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now) = (claim.fence, desk.now);
    desk.store.start(fence, "a", TERM, now).await?;
    desk.store.intend(fence, &object("app"), now).await?;
    desk.store.session(fence, Some(&session()), now).await?;
    desk.store.progress(fence, &progress(4), now).await?;
    desk.store.draw(fence, drawing(50, 100), now).await?;
    desk.store.settle(fence, 20, 10, now).await?;
    desk.store.draw_for("run", drawing(7, 7), now).await?;
    let paused = desk.claimed().await?;
    desk.store.pause(paused.fence, &progress(5), now).await?;
    let done = desk.claimed().await?;
    desk.finish(&done, TaskState::Completed).await?;
    let gone = desk.usual().await?;
    desk.store.cancel(gone, now).await?;
    let again = desk.claimed().await?;
    desk.requeue(&again, Some(desk.after(60))).await?;
    desk.submit(|task| {
        task.idempotency_key = Some("key".to_owned());
        task.held = true;
    })
    .await?;
    desk.usual().await?;
    Ok(())
}

pub(super) async fn backup_can_be_read(desk: &mut Desk) -> Verdict {
    furnish(desk).await?;
    let to = desk.bench.scratch();
    let before = desk.snapshot().await?;
    desk.store.backup(&to).await?;
    same("the store stays", desk.snapshot().await?, before)?;
    let last = desk.usual().await?;
    let copy = desk.bench.open_backup(&to).await?;
    let copied = snapshot(copy.as_ref(), desk.now).await?;
    desk.store.cancel(last, desk.now).await?;
    holds(
        "the copy is of its moment",
        copied != desk.snapshot().await?,
    )?;
    unknown("what came later", copy.task(last, desk.now).await)?;
    audit(copy.as_ref(), desk.now).await?;
    // The copy goes on like the original.
    desk.store = copy;
    same("the copy", desk.snapshot().await?, copied)?;
    let claim = desk.claim().await?;
    desk.finish(&claim, TaskState::Completed).await?;
    let mut task = desk.task();
    task.idempotency_key = Some("key".to_owned());
    let answer = desk.hand_in(&task).await;
    refused("its key is taken", answer, |_| true)
}

pub(super) async fn backup_overwrites_nothing(desk: &mut Desk) -> Verdict {
    furnish(desk).await?;
    let to = desk.bench.scratch();
    desk.store.backup(&to).await?;
    refused("a second one", desk.store.backup(&to).await, |_| true)?;
    let copy = desk.bench.open_backup(&to).await?;
    let copied = snapshot(copy.as_ref(), desk.now).await?;
    same("the first one stays", copied, desk.snapshot().await?)
}

pub(super) async fn check_finds_nothing(desk: &mut Desk) -> Verdict {
    same("when empty", desk.store.check().await?, Vec::new())?;
    furnish(desk).await?;
    same("when full", desk.store.check().await?, Vec::new())
}
