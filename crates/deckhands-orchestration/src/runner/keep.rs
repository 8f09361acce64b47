//! Reads what an attempt changed and keeps it: as a patch, as a record, and as whole files.

use std::io;

use deckhands_model::{Cause, Verdict};
use tokio::time::Instant;

use super::blocking;
use super::report::Draft;
use crate::attempt_dir::write_private;
use crate::failure::RunFailure;
use crate::observer::{Phase, RunEvent};
use crate::worker::AttemptCtx;
use crate::workspace::{ChangeSet, Manifest, open_directories, unified_diff, write_record};

/// Reads what changed, and keeps it as a patch and a record.
pub(super) async fn collect(
    ctx: &AttemptCtx<'_>,
    before: &Manifest,
    draft: &mut Draft,
) -> Result<ChangeSet, RunFailure> {
    ctx.observer.observe(RunEvent::Phase(Phase::Collect));
    let started = Instant::now();
    let (result, original) = (
        ctx.dir.agent_dirs().workspace,
        ctx.request.workspace.clone(),
    );
    let (before, dir) = (before.clone(), ctx.dir.clone());
    let all = ctx.request.policy.include_ignored;
    let change = blocking(move || {
        open_directories(&result)?;
        let after = Manifest::of_result(&result, &before, !all)?;
        let change = ChangeSet::between(&before, &after);
        if !change.is_empty() {
            let patch = unified_diff(&original, &result, &change);
            write_private(&dir.patch(), patch.as_bytes())?;
            write_record(&dir.change(), &change)?;
        }
        Ok::<_, io::Error>(change)
    });
    let change = change
        .await?
        .map_err(|error| RunFailure::of_error(Cause::Unknown, &error))?;
    draft.change(&change, &ctx.dir.patch());
    draft.timings.collect_s = started.elapsed().as_secs_f64();
    Ok(change)
}

/// What an agent that did not finish got done is kept, too; failing at that changes nothing.
pub(super) async fn keep_partial_change(
    ctx: &AttemptCtx<'_>,
    before: &Manifest,
    draft: &mut Draft,
) {
    match collect(ctx, before, draft).await {
        Ok(change) => tell_unkept(keep_files(ctx, change, draft).await, draft),
        Err(failure) => draft.notes.push(failure.message),
    }
}

/// A change that was not applied is kept as whole files, too: a patch cannot tell everything. Where
/// that fails, the working files are all there is of it and stay.
///
/// # Errors
/// [`RunFailure`] where the files could not be moved.
pub(super) async fn keep_files(
    ctx: &AttemptCtx<'_>,
    change: ChangeSet,
    draft: &mut Draft,
) -> Result<(), RunFailure> {
    if ctx.request.policy.keep {
        return Ok(());
    }
    let (from, to) = (ctx.dir.agent_dirs().workspace, ctx.dir.changed_files());
    let kept = blocking(move || change.move_files(&from, &to)).await;
    let error = match kept {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(failure) => io::Error::other(failure.message),
    };
    draft.keeps_working_files = true;
    if let Ok(mut record) = ctx.dir.record() {
        record.keep = true;
        // Without it a later sweep tries the same again, and removes nothing if that fails.
        let _ = ctx.dir.write_record(&record);
    }
    let cause = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Cause::HostDiskFull,
        _ => Cause::PermissionDenied,
    };
    let dir = ctx.dir.agent_dirs().workspace;
    let text = format!("keep the changed files; they stay in `{}`", dir.display());
    Err(RunFailure {
        causes: vec![error.to_string()],
        ..RunFailure::new(cause, text)
    })
}

/// Where the task failed anyway, files that could not be kept are a note.
pub(super) fn tell_unkept(kept: Result<(), RunFailure>, draft: &mut Draft) {
    if let Err(failure) = kept {
        let why: String = failure.causes.iter().map(|c| format!(": {c}")).collect();
        draft
            .notes
            .push(format!("could not {}{why}", failure.message));
    }
}

/// Keeps the judgement before anything follows from it: whoever applies the change later asks it.
pub(super) async fn keep_verdict(ctx: &AttemptCtx<'_>, verdict: &Verdict, draft: &mut Draft) {
    let (path, text) = (ctx.dir.verdict(), serde_json::to_vec(verdict));
    let written = blocking(move || write_private(&path, &text?)).await;
    let why = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(failure) => failure.message,
    };
    draft
        .notes
        .push(format!("the judgement could not be kept: {why}"));
}
