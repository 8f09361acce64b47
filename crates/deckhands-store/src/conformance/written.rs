//! Cases of what workers write about an attempt.

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_model::TaskState;
use serde_json::json;

use super::desk::{Desk, TERM, drawing, worker};
use super::fault::{Verdict, holds, same};
use crate::records::{AttemptState, Intent, ObjectKind, Progress, Session};

pub(super) fn object(name: &str) -> Intent {
    let label = |key: &str| (format!("deckhands.{key}"), format!("{key} of {name}"));
    Intent {
        kind: ObjectKind::Container,
        name: name.to_owned(),
        labels: BTreeMap::from([label("task"), label("attempt")]),
    }
}

pub(super) fn progress(events: u64) -> Progress {
    Progress {
        phase: "agent".to_owned(),
        events,
        work: Duration::from_millis(1500 * events),
        wait: Duration::from_nanos(events),
        cost: (events > 1).then_some(events),
    }
}

pub(super) fn session() -> Session {
    Session {
        llm_token: Some("ab".repeat(32)),
        runtime_key: None,
        socket: "/run/deckhands/a.sock".to_owned(),
        route: "openrouter/a".to_owned(),
    }
}

pub(super) async fn start_keeps_the_route(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.store
        .start(claim.fence, "openrouter/a", TERM, desk.now)
        .await?;
    let record = desk.attempt(claim.task.id).await?;
    same("its state", record.state, AttemptState::Running)?;
    same("its route", record.route.as_deref(), Some("openrouter/a"))?;
    let kinds = desk.kinds(claim.task.id).await?.join(" ");
    same("events", kinds, "submitted claimed started".to_owned())
}

pub(super) async fn objects_are_kept_in_order_and_once(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let mut network = object("app");
    network.kind = ObjectKind::Network;
    let all = [object("sandbox"), network, object("app")];
    for object in all.iter().chain(&all) {
        desk.store.intend(claim.fence, object, desk.now).await?;
    }
    let record = desk.attempt(claim.task.id).await?;
    same("objects", record.objects.as_slice(), all.as_slice())?;
    let kinds = desk.kinds(claim.task.id).await?.join(" ");
    same(
        "events",
        kinds,
        "submitted claimed object object object".to_owned(),
    )?;
    // They stay for whoever has to clear them away.
    desk.finish(&claim, TaskState::Failed).await?;
    let record = desk.attempt(claim.task.id).await?;
    same("after the end", record.objects.as_slice(), all.as_slice())
}

pub(super) async fn progress_is_replaced(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    for events in [5, 4, 900] {
        desk.store
            .progress(claim.fence, &progress(events), desk.now)
            .await?;
        let record = desk.attempt(claim.task.id).await?;
        same("progress", record.progress, progress(events))?;
    }
    Ok(())
}

pub(super) async fn session_is_kept_and_removed(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, task) = (claim.fence, claim.task.id);
    desk.store
        .session(fence, Some(&session()), desk.now)
        .await?;
    same(
        "it is kept",
        desk.attempt(task).await?.session,
        Some(session()),
    )?;
    desk.store.session(fence, None, desk.now).await?;
    same("it is removed", desk.attempt(task).await?.session, None)?;
    desk.store
        .session(fence, Some(&session()), desk.now)
        .await?;
    desk.requeue(&claim, None).await?;
    same(
        "it ends with the attempt",
        desk.attempt(task).await?.session,
        None,
    )
}

pub(super) async fn pause_frees_the_lease(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, task) = (claim.fence, claim.task.id);
    desk.store.start(fence, "a", TERM, desk.now).await?;
    desk.store
        .session(fence, Some(&session()), desk.now)
        .await?;
    desk.wait(5);
    desk.store.pause(fence, &progress(3), desk.now).await?;
    let record = desk.attempt(task).await?;
    same("its state", record.state, AttemptState::Paused)?;
    same("its progress", record.progress, progress(3))?;
    same("its session", record.session, Some(session()))?;
    holds("its lease is over", record.lease_until <= desk.now)?;
    same(
        "the task",
        desk.record(task).await?.state,
        TaskState::Running,
    )?;
    same("nobody claims it", desk.next().await?, None)?;
    same("it lives", desk.store.live_attempts().await?.len(), 1)?;
    let kinds = desk.kinds(task).await?;
    same(
        "the event",
        kinds.last().map(String::as_str),
        Some("paused"),
    )
}

pub(super) async fn notes_are_events(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let data = [json!({ "strategy": "retry" }), json!(null), json!("text")];
    for data in &data {
        desk.wait(1);
        desk.store
            .note(claim.fence, "ladder", data, desk.now)
            .await?;
    }
    let events = desk.store.events(Some(claim.task.id), 0, 99).await?;
    let notes: Vec<_> = events.iter().filter(|one| one.kind == "ladder").collect();
    let found: Vec<_> = notes.iter().map(|one| one.data.clone()).collect();
    same("the data", found.as_slice(), data.as_slice())?;
    let attempt = notes.first().and_then(|one| one.attempt);
    same("the attempt", attempt, Some(1))?;
    let at = notes.last().map(|one| one.at);
    same("the time", at, Some(desk.now))
}

pub(super) async fn heartbeats_and_progress_are_no_events(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now) = (claim.fence, desk.now);
    desk.store.renew(fence, TERM, now).await?;
    desk.store.progress(fence, &progress(1), now).await?;
    desk.store.session(fence, Some(&session()), now).await?;
    desk.store.draw(fence, drawing(1, 1), now).await?;
    desk.store.settle(fence, 1, 0, now).await?;
    desk.wait(60);
    let attempt = claim.fence.attempt;
    desk.store.adopt(attempt, worker(2), TERM, desk.now).await?;
    let kinds = desk.kinds(claim.task.id).await?.join(" ");
    same("events", kinds, "submitted claimed adopted".to_owned())
}
