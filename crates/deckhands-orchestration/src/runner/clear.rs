//! Removes the files of an attempt that are of no more use.

use deckhands_model::Cause;

use super::{Job, blocking};
use crate::attempt_dir::{AttemptDir, LockedAttempt, remove_tree};
use crate::failure::RunFailure;
use crate::home::Home;

/// Removes what only the running attempt needed, unless the user wants to keep it.
pub(super) async fn clear_files(
    job: &Job<'_>,
    held: Option<&LockedAttempt>,
) -> Result<(), RunFailure> {
    let Some(held) = held.filter(|_| !job.request.policy.keep) else {
        return Ok(());
    };
    let dir = held.dir().clone();
    let cleared = blocking(move || dir.remove_working_files()).await?;
    cleared.map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))
}

/// Removes the directory of an attempt that was not begun, with its lock; `false` where something stays.
pub(super) async fn forget(home: Home, dir: AttemptDir) -> bool {
    let removed = blocking(move || {
        dir.remove_working_files()?;
        // Its number is given out again: whoever claims it finds it locked, or not at all.
        let _guard = home.guard().map_err(|error| error.source)?;
        remove_tree(dir.root())
    });
    match removed.await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::warn!(%error, "an attempt that was not begun left files"),
        Err(failure) => tracing::warn!(message = %failure.message, "files were left"),
    }
    false
}
