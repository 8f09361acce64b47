//! Cases of holding and releasing.

use deckhands_model::TaskState;

use super::desk::{Desk, id};
use super::fault::{Verdict, holds, refused, same, unknown};
use crate::error::StoreError;

pub(super) async fn held_task_is_not_started(desk: &mut Desk) -> Verdict {
    let id = desk.usual().await?;
    desk.store.hold(id, desk.now).await?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Pending)?;
    holds("it is held", record.held)?;
    desk.wait(3600);
    same("nobody claims it", desk.next().await?, None)?;
    desk.store.release(id, desk.now).await?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Queued)?;
    holds("it is free", !record.held)?;
    same("it is next", desk.next().await?, Some(id))?;
    let kinds = desk.kinds(id).await?.join(" ");
    same(
        "events",
        kinds,
        "submitted held released claimed".to_owned(),
    )
}

pub(super) async fn running_task_is_not_started_again(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let id = claim.task.id;
    desk.store.hold(id, desk.now).await?;
    same(
        "it runs on",
        desk.record(id).await?.state,
        TaskState::Running,
    )?;
    same(
        "no waiting one is held",
        desk.store.stats(desk.now).await?.held,
        0,
    )?;
    desk.requeue(&claim, None).await?;
    same(
        "its state",
        desk.record(id).await?.state,
        TaskState::Pending,
    )?;
    same("one is held", desk.store.stats(desk.now).await?.held, 1)?;
    same("nobody claims it", desk.next().await?, None)?;
    desk.store.release(id, desk.now).await?;
    let next = desk.claim().await?;
    same("its number", next.fence.attempt.number.get(), 2)
}

pub(super) async fn release_takes_the_time_back(desk: &mut Desk) -> Verdict {
    let later = desk.after(3600);
    let id = desk.submit(|task| task.not_before = Some(later)).await?;
    desk.store.release(id, desk.now).await?;
    let record = desk.record(id).await?;
    same("its state", record.state, TaskState::Queued)?;
    same("its time", record.not_before, None)?;
    let claim = desk.claim().await?;
    desk.requeue(&claim, Some(desk.after(3600))).await?;
    desk.store.hold(id, desk.now).await?;
    desk.store.release(id, desk.now).await?;
    same("both are taken back", desk.next().await?, Some(id))
}

pub(super) async fn ended_task_is_refused(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.finish(&claim, TaskState::Completed).await?;
    let gone = desk.usual().await?;
    desk.store.cancel(gone, desk.now).await?;
    let before = desk.snapshot().await?;
    for (id, state) in [
        (claim.task.id, TaskState::Completed),
        (gone, TaskState::Cancelled),
    ] {
        let rightly = |error: &StoreError| {
            matches!(error, StoreError::WrongState { task, state: told, .. }
                if *task == id && *told == state)
        };
        refused("hold", desk.store.hold(id, desk.now).await, rightly)?;
        refused("release", desk.store.release(id, desk.now).await, rightly)?;
    }
    unknown("hold", desk.store.hold(id(999), desk.now).await)?;
    unknown("release", desk.store.release(id(999), desk.now).await)?;
    same("nothing changed", desk.snapshot().await?, before)
}

pub(super) async fn the_same_again_is_no_event(desk: &mut Desk) -> Verdict {
    let id = desk.usual().await?;
    desk.store.release(id, desk.now).await?;
    for _ in 0..2 {
        desk.store.hold(id, desk.now).await?;
    }
    for _ in 0..2 {
        desk.store.release(id, desk.now).await?;
    }
    let kinds = desk.kinds(id).await?.join(" ");
    same("events", kinds, "submitted held released".to_owned())
}
