//! Goes on with an attempt whose process is gone while its containers live.

use std::time::Duration;

use deckhands_agent::EventStore;
use deckhands_model::Profile;
use deckhands_runtime::{
    ContainerId, ContainerSummary, Control, OutputStream, Phase, RuntimeErrorKind,
};
use futures::StreamExt as _;
use jiff::Timestamp;

use super::AttemptCtx;
use super::limits::Guard;
use super::managed;
use super::served::Served;
use super::start::Live;
use super::watch::hold;
use crate::adoption::{Kept, Made, Measured, NotAdoptable, Pulse, begin_evidence_anew, keep_pulse};
use crate::failure::RunFailure;
use crate::labels;

/// How long an action of the agent may wait for a sandbox that is paused: what asked for it measures
/// its own time on, and gives up.
const CAUGHT: Duration = Duration::from_secs(60);

/// Opens the way out again, lets what is paused go on, and takes the output up.
///
/// # Errors
/// [`NotAdoptable`]; the containers are left as they are, or run.
pub(crate) async fn adopt(ctx: &AttemptCtx<'_>, kept: &Kept) -> Result<Live, NotAdoptable> {
    let made = &kept.made;
    if made.model != ctx.request.model {
        let kept = made.model.clone();
        return Err(NotAdoptable::OtherModel { kept });
    }
    let gap = since(kept.pulse.at, ctx.clock.now());
    check_action(&kept.pulse, gap)?;
    let (app, sandbox) = find(ctx, &made.app).await?;
    let served = reopen(ctx, made).await?;
    // The sandbox first: it is there when the app asks for it.
    for container in sandbox.iter().chain([&app]) {
        unpause(ctx, container).await?;
    }
    let measured = measured(&kept.pulse, gap);
    if kept.pulse.paused {
        goes_on(ctx, &kept.pulse, measured);
    }
    let output = output(ctx, &app.id).await?;
    // How the app ended says more than that its sandbox did, too. One that it started itself is its
    // own to watch.
    let watched = app.phase != Phase::Exited && ctx.request.profile != Profile::Socket;
    let sandbox = sandbox.filter(|_| watched);
    Ok(Live {
        app: app.id,
        store: EventStore {
            dir: made.store.clone(),
        },
        served,
        output,
        sandbox: sandbox.map(|sandbox| (sandbox.id, Guard::since(ctx, made.disk))),
        measured,
    })
}

/// Opens the way out again; an app that needs nothing of us has none.
async fn reopen(ctx: &AttemptCtx<'_>, made: &Made) -> Result<Option<Served>, RunFailure> {
    let Some(keys) = &made.keys else {
        return Ok(None);
    };
    let api = keys.api.as_ref();
    let api = api.map(|keys| managed::api(keys, &made.session, &made.sandbox));
    Served::reopen(ctx, keys.token, api).await.map(Some)
}

/// From one time of day to another; nothing where the clock went back.
fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

fn check_action(pulse: &Pulse, gap: Duration) -> Result<(), NotAdoptable> {
    if pulse.paused && pulse.acting && gap > CAUGHT {
        let seconds = gap.as_secs();
        return Err(NotAdoptable::CaughtInAction { seconds });
    }
    Ok(())
}

/// Nobody can say whether the agent worked while nobody looked: it is booked as waiting. A paused one
/// did neither.
fn measured(pulse: &Pulse, gap: Duration) -> Measured {
    let before = pulse.measured;
    let waited = if before.begun && !pulse.paused {
        gap
    } else {
        Duration::ZERO
    };
    Measured {
        wait: before.wait.saturating_add(waited),
        ..before
    }
}

/// Writes down that it is paused no more: whoever comes after us is not to take the time from here on for
/// a pause.
fn goes_on(ctx: &AttemptCtx<'_>, before: &Pulse, measured: Measured) {
    let pulse = Pulse {
        at: ctx.clock.now(),
        paused: false,
        measured,
        ..*before
    };
    if let Err(error) = keep_pulse(&ctx.dir, &pulse) {
        tracing::warn!(%error, "that the attempt goes on could not be written down");
    }
}

/// The app, and its sandbox where there is one. An app that runs and starts none itself must have one.
async fn find(
    ctx: &AttemptCtx<'_>,
    app_id: &str,
) -> Result<(ContainerSummary, Option<ContainerSummary>), NotAdoptable> {
    let selector = labels::select_attempt(ctx.id);
    let containers = ctx.ports.containers.as_ref();
    let found = containers
        .list(&selector)
        .await
        .map_err(|error| RunFailure::from(&error))?;
    let of_role = |role: &str| {
        let has = |c: &&ContainerSummary| c.labels.get(labels::ROLE).is_some_and(|r| r == role);
        found.iter().find(has).cloned()
    };
    let app = of_role("app").filter(|app| app.id.0 == app_id);
    let app = app.ok_or(NotAdoptable::ContainersGone)?;
    let sandbox = of_role("sandbox").filter(|sandbox| sandbox.phase != Phase::Created);
    match app.phase {
        Phase::Created => Err(NotAdoptable::NotBegun),
        Phase::Removing => Err(NotAdoptable::ContainersGone),
        Phase::Running | Phase::Paused
            if sandbox.is_none() && ctx.request.profile != Profile::Socket =>
        {
            Err(NotAdoptable::NotBegun)
        }
        Phase::Running | Phase::Paused | Phase::Exited => Ok((app, sandbox)),
    }
}

async fn unpause(ctx: &AttemptCtx<'_>, container: &ContainerSummary) -> Result<(), RunFailure> {
    if container.phase != Phase::Paused {
        return Ok(());
    }
    let containers = ctx.ports.containers.as_ref();
    match containers.control(&container.id, Control::Unpause).await {
        // It runs already, or has ended: whoever watches it is told.
        Err(error) if error.kind == RuntimeErrorKind::Conflict => Ok(()),
        other => Ok(other?),
    }
}

/// What the app printed so far and what it prints from now on. What it prints in this moment may come
/// twice, but nothing is missing.
async fn output(ctx: &AttemptCtx<'_>, app: &ContainerId) -> Result<OutputStream, NotAdoptable> {
    let containers = &ctx.ports.containers;
    let attached = containers.attach(app).await;
    let attached = attached.map_err(|error| RunFailure::from(&error))?;
    let now_on = hold::output(containers.clone(), app.clone(), attached);
    let kept = containers.logs_since(app, 0).await;
    if let Err(error) = &kept {
        tracing::warn!(%error, "what the app printed before is not read again");
    }
    begin_evidence_anew(&ctx.dir, kept.is_ok())
        .map_err(|source| NotAdoptable::Unclaimed { source })?;
    Ok(match kept {
        Ok(kept) => kept.chain(now_on).boxed(),
        Err(_) => now_on,
    })
}

#[cfg(test)]
mod tests;
