//! One attempt of a run: start, watch, clear, collect, judge, promote.

use deckhands_agent::ContainerFacts;
use deckhands_model::{Cause, Outcome};
use tokio::time::{Instant, timeout};

use super::conclude::conclude;
use super::keep::keep_partial_change;
use super::report::Draft;
use super::{Turn, blocking, halted};
use crate::adoption;
use crate::failure::RunFailure;
use crate::home::Home;
use crate::images::by_digest;
use crate::observer::{Phase, RunEvent};
use crate::worker::{
    AttemptCtx, Leftovers, Live, Watch, Watched, clear, give_back, prepare, start, watch,
};
use crate::workspace::Manifest;

/// Runs the attempt. What could not be removed of it is told in the draft's notes, and then nothing
/// of its work is believed.
///
/// # Errors
/// [`RunFailure`] where the attempt could not be carried through; how the agent ended is in the
/// draft.
pub(super) async fn run(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    before: &Manifest,
    draft: &mut Draft,
) -> Result<Turn, RunFailure> {
    ctx.observer.observe(RunEvent::Phase(Phase::Start));
    let started = ctx.halt.run_until(async {
        let prepared = prepare(ctx).await?;
        start(ctx, prepared).await
    });
    match started.await {
        Some(Ok(live)) => go_on(ctx, live, home, before, draft).await,
        Some(Err(failure)) => {
            // Why it could not start says more than what could not be given back.
            let _given = broken_off(ctx, draft).await;
            Err(failure)
        }
        None => {
            let given = broken_off(ctx, draft).await;
            let turn = halted(ctx.halt, draft);
            given.map(|()| turn)
        }
    }
}

/// Goes on with a running attempt.
///
/// # Errors
/// As [`run`].
pub(super) async fn go_on(
    ctx: &AttemptCtx<'_>,
    mut live: Live,
    home: &Home,
    before: &Manifest,
    draft: &mut Draft,
) -> Result<Turn, RunFailure> {
    let watched = watch(ctx, &mut live).await;
    if let Some(why) = live.close().await {
        let text = "what its last calls cost could not be booked, and counts as the most they can have cost";
        draft.notes.push(format!("{text}: {why}"));
    }
    match watched {
        Ok(Watch::Ended(watched)) => {
            draft.watched(&watched);
            let ended = end(ctx, home, before, *watched, draft).await;
            ended.map(|()| Turn::Ended)
        }
        Ok(Watch::Paused) => Ok(Turn::Paused),
        Ok(Watch::Left) => Ok(Turn::Left),
        Err(failure) => {
            let _given = broken_off(ctx, draft).await;
            Err(failure)
        }
    }
}

/// Clears an attempt that came to no end of its own.
async fn broken_off(ctx: &AttemptCtx<'_>, draft: &mut Draft) -> Result<(), RunFailure> {
    let cleared = clear_all(ctx, true, draft).await;
    own_files(ctx, &cleared, draft).await
}

/// What follows once the agent has ended and its containers are gone.
async fn end(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    before: &Manifest,
    mut watched: Watched,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    draft.agent_ended(watched.ended_at);
    let cleared = std::mem::take(&mut watched.cleared);
    draft.timings.cleanup_s = watched.clearing.as_secs_f64();
    tell_leftovers(&cleared, draft);
    let dead = all_dead(&cleared);
    let given = own_files(ctx, &cleared, draft).await;
    let readable = dead.and(given);
    let outcome = settle(watched, cleared.facts, draft);
    let finished = matches!(outcome, Outcome::Finished { .. });
    if !finished && readable.is_ok() {
        keep_partial_change(ctx, before, draft).await;
    }
    match outcome {
        Outcome::Finished { .. } => {
            readable?;
            keep_settled(ctx, draft).await;
            conclude(ctx, home, before, draft).await
        }
        Outcome::Failed(failure) => Err(RunFailure::from(&failure)),
        Outcome::Cancelled => {
            draft.cancelled();
            Ok(())
        }
    }
}

/// Goes on with an attempt whose agent was done and whose containers were gone. What is left of its
/// checks goes first.
///
/// # Errors
/// As [`run`].
pub(super) async fn go_on_settled(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    before: &Manifest,
    draft: &mut Draft,
) -> Result<Turn, RunFailure> {
    all_dead(&clear_all(ctx, true, draft).await)?;
    let concluded = conclude(ctx, home, before, draft).await;
    concluded.map(|()| Turn::Ended)
}

/// From here on another process can do again whatever is done.
async fn keep_settled(ctx: &AttemptCtx<'_>, draft: &Draft) {
    let Some(settled) = draft.settled().filter(|_| ctx.adoptable) else {
        return;
    };
    let dir = ctx.dir.clone();
    let why = match blocking(move || adoption::keep_settled(&dir, &settled)).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(failure) => failure.message,
    };
    tracing::warn!(why, "that the agent is done could not be written down");
}

/// A tree is only read when nobody can write to it any more.
fn all_dead(cleared: &Leftovers) -> Result<(), RunFailure> {
    if cleared.names.is_empty() {
        return Ok(());
    }
    let text = "not everything of the agent could be removed, so its work cannot be trusted";
    let hint = "deckhands doctor, then deckhands reap, then run the task again";
    Err(RunFailure::new(Cause::DaemonUnreachable, text).with_hint(hint))
}

pub(super) async fn clear_all(
    ctx: &AttemptCtx<'_>,
    in_flight: bool,
    draft: &mut Draft,
) -> Leftovers {
    ctx.observer.observe(RunEvent::Phase(Phase::Cleanup));
    let started = Instant::now();
    let deadline = ctx.request.deadlines.cleanup;
    let cleared = clear(ctx.ports, ctx.id, in_flight, deadline).await;
    draft.timings.cleanup_s += started.elapsed().as_secs_f64();
    tell_leftovers(&cleared, draft);
    cleared
}

fn tell_leftovers(cleared: &Leftovers, draft: &mut Draft) {
    let note = |name| format!("could not be removed: {name} (`deckhands reap` tries again)");
    draft.notes.extend(cleared.names.iter().map(note));
    // Nothing is removed below what may still run; a later sweep does it.
    draft.keeps_working_files |= !cleared.names.is_empty();
}

/// Gives the agent's files to the caller; a helper container that did not end is cleared, too.
/// Nothing is tried where the daemon did not even remove what there was: a later sweep does it.
async fn own_files(
    ctx: &AttemptCtx<'_>,
    cleared: &Leftovers,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    if !cleared.names.is_empty() {
        return Ok(());
    }
    let image = by_digest(&ctx.sandbox_image);
    let given = give_back(&ctx.owned, ctx.id, &ctx.dir, &image);
    let late = |_elapsed| {
        RunFailure::new(
            Cause::PermissionDenied,
            "giving back the agent's files took too long",
        )
    };
    let given = timeout(ctx.request.deadlines.cleanup, given)
        .await
        .map_err(late)
        .flatten();
    if given.is_err() {
        clear_all(ctx, false, draft).await;
    }
    given
}

/// Decides how the agent ended, from everything that is known now.
fn settle(watched: Watched, facts: ContainerFacts, draft: &mut Draft) -> Outcome {
    let facts = ContainerFacts {
        app_exit: watched.app_exit,
        app_vanished: watched.app_vanished,
        ..facts
    };
    let outcome = watched.reader.outcome(&facts, watched.ended_by);
    draft.outcome(&outcome);
    outcome
}
