//! One attempt of a run: start, watch, clear, collect, judge, promote.

use std::path::PathBuf;

use deckhands_agent::ContainerFacts;
use deckhands_model::{Cause, Outcome, Severity, Verdict};
use tokio::time::{Instant, timeout};

use super::blocking;
use super::keep::{collect, keep_files, keep_partial_change, keep_verdict, tell_unkept};
use super::report::Draft;
use crate::failure::RunFailure;
use crate::home::Home;
use crate::images::by_digest;
use crate::observer::{Phase, RunEvent};
use crate::validate;
use crate::worker::{AttemptCtx, Leftovers, Watched, clear, give_back, prepare, start, watch};
use crate::workspace::{ChangeSet, CopyReport, Promotion, promote};

/// Runs the attempt. What could not be removed of it is told in the draft's notes, and then nothing
/// of its work is believed.
///
/// # Errors
/// [`RunFailure`] where the attempt could not be carried through; how the agent ended is in the
/// draft.
pub(super) async fn run(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    copy: &CopyReport,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    let started = start_and_watch(ctx, draft).await;
    let Ok(Some(mut watched)) = started else {
        let cleared = clear_all(ctx, true, draft).await;
        let given = own_files(ctx, &cleared, draft).await;
        return started.and_then(|_none| {
            draft.cancelled();
            given
        });
    };
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
        keep_partial_change(ctx, copy, draft).await;
    }
    match outcome {
        Outcome::Finished { .. } => {
            readable?;
            conclude(ctx, home, copy, draft).await
        }
        Outcome::Failed(failure) => Err(RunFailure::from(&failure)),
        Outcome::Cancelled => {
            draft.cancelled();
            Ok(())
        }
    }
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

/// `None` where the user ended it before the agent ran.
async fn start_and_watch(
    ctx: &AttemptCtx<'_>,
    draft: &mut Draft,
) -> Result<Option<Watched>, RunFailure> {
    ctx.observer.observe(RunEvent::Phase(Phase::Start));
    let started = ctx.cancel.run_until_cancelled(async {
        let prepared = prepare(ctx).await?;
        let started = start(ctx, &prepared).await?;
        Ok::<_, RunFailure>((prepared, started))
    });
    let Some(started) = started.await else {
        return Ok(None);
    };
    let (mut prepared, started) = started?;
    let watched = watch(ctx, &mut prepared, started).await;
    if let Some(served) = prepared.served.take() {
        served.close().await;
    }
    let watched = watched?;
    draft.watched(&watched);
    Ok(Some(watched))
}

async fn clear_all(ctx: &AttemptCtx<'_>, in_flight: bool, draft: &mut Draft) -> Leftovers {
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

/// A finished agent's work: read the change, judge it, take it over.
async fn conclude(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    copy: &CopyReport,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    let change = collect(ctx, copy, draft).await?;
    ctx.observer.observe(RunEvent::Phase(Phase::Checks));
    let started = Instant::now();
    let verdict = validate::judge(ctx, &copy.manifest, &change).await;
    draft.timings.checks_s = started.elapsed().as_secs_f64();
    if !ctx.request.checks.is_empty() {
        // A judgement that was broken off may have left a create call under way.
        let broken_off = verdict.is_none() || started.elapsed() >= ctx.request.deadlines.checks;
        clear_all(ctx, broken_off, draft).await;
    }
    // Whoever asked for the end wants no change any more, however good it is.
    let Some(verdict) = verdict.filter(|_| !ctx.cancel.is_cancelled()) else {
        tell_unkept(keep_files(ctx, change, draft).await, draft);
        draft.cancelled();
        return Ok(());
    };
    let verdict = draft.redacted(verdict);
    draft.verdict(&verdict);
    keep_verdict(ctx, &verdict, draft);
    if !verdict.is_accepted() {
        tell_unkept(keep_files(ctx, change, draft).await, draft);
        return Err(rejected(&verdict));
    }
    let taken = if ctx.request.policy.apply && !change.is_empty() {
        take_over(ctx, home, &change, draft).await
    } else {
        Ok(())
    };
    let kept = if draft.is_applied() {
        Ok(())
    } else {
        keep_files(ctx, change, draft).await
    };
    taken.and(kept)?;
    draft.completed();
    Ok(())
}

async fn take_over(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    change: &ChangeSet,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    ctx.observer.observe(RunEvent::Phase(Phase::Promote));
    let started = Instant::now();
    let (home, task, change) = (home.clone(), ctx.id.task, change.clone());
    let (workspace, result): (PathBuf, PathBuf) = (
        ctx.request.workspace.clone(),
        ctx.dir.agent_dirs().workspace,
    );
    let promoted = blocking(move || promote(&home, task, &workspace, &result, &change)).await?;
    draft.timings.promote_s = started.elapsed().as_secs_f64();
    match promoted {
        Ok(Promotion::Applied) => draft.applied(),
        Ok(Promotion::Conflict(paths)) => draft.conflict(paths),
        Err(error) => return Err(RunFailure::of_error(Cause::PermissionDenied, &error)),
    }
    Ok(())
}

fn rejected(verdict: &Verdict) -> RunFailure {
    let empty = verdict
        .findings()
        .iter()
        .any(|f| f.check == validate::EMPTY_CHANGE);
    let mut errors = verdict
        .findings()
        .iter()
        .filter(|f| f.severity == Severity::Error);
    let said = |message: &str| message.lines().next().unwrap_or_default().to_owned();
    match errors.next() {
        Some(finding) if empty => RunFailure::new(Cause::EmptyChange, finding.message.clone()),
        Some(finding) => {
            let text = format!(
                "check `{}` did not accept: {}",
                finding.check,
                said(&finding.message)
            );
            RunFailure::new(Cause::CheckFailed, text)
        }
        None => RunFailure::new(Cause::CheckFailed, "the result was not accepted"),
    }
}
