//! A finished agent's work: read the change, judge it, take it over.

use std::path::PathBuf;

use deckhands_model::{Cause, Severity, Verdict};
use deckhands_runtime::Disowned;
use tokio::time::Instant;

use super::attempt::clear_all;
use super::blocking;
use super::keep::{collect, keep_files, keep_verdict, tell_unkept};
use super::report::Draft;
use crate::failure::{RunFailure, TAKEN};
use crate::home::Home;
use crate::observer::{Phase, RunEvent};
use crate::validate;
use crate::worker::AttemptCtx;
use crate::workspace::{ChangeSet, Manifest, Promotion, promote};

/// Reads what the agent changed, judges it, and takes it over where it may. All of it can be done again
/// until the result is kept.
///
/// # Errors
/// [`RunFailure`] where the work was not accepted or could not be taken over.
pub(super) async fn conclude(
    ctx: &AttemptCtx<'_>,
    home: &Home,
    before: &Manifest,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    let change = collect(ctx, before, draft).await?;
    ctx.observer.observe(RunEvent::Phase(Phase::Checks));
    let started = Instant::now();
    let verdict = validate::judge(ctx, before, &change).await;
    draft.timings.checks_s = started.elapsed().as_secs_f64();
    if !ctx.request.checks.is_empty() {
        // A judgement that was broken off may have left a create call under way.
        let broken_off = verdict.is_none() || started.elapsed() >= ctx.request.deadlines.checks;
        clear_all(ctx, broken_off, draft).await;
    }
    // Whoever asked for the end wants no change any more, however good it is.
    let Some(verdict) = verdict.filter(|_| !ctx.halt.cancel.is_cancelled()) else {
        tell_unkept(keep_files(ctx, change, draft).await, draft);
        draft.cancelled();
        return Ok(());
    };
    let verdict = draft.redacted(verdict);
    draft.verdict(&verdict);
    keep_verdict(ctx, &verdict, draft).await;
    if !verdict.is_accepted() {
        tell_unkept(keep_files(ctx, change, draft).await, draft);
        return Err(rejected(&verdict));
    }
    if let Err(disowned) = ctx.ownership.may_promote().await {
        tell_unkept(keep_files(ctx, change, draft).await, draft);
        return Err(taken_away(&disowned));
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

/// Whose attempt it is now decides over the result, and not we.
fn taken_away(disowned: &Disowned) -> RunFailure {
    let text = "the attempt was taken from this worker, so nothing of it was applied";
    RunFailure {
        causes: vec![disowned.to_string()],
        ..RunFailure::new(Cause::Unknown, text)
    }
    .with_hint(TAKEN)
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
