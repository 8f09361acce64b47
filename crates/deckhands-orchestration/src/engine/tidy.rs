//! What an engine clears away beside its work.

use std::time::Duration;

use deckhands_store::Retention;

use super::shared::Shared;

/// Between two looks for tasks that are not kept any longer.
pub(super) const EXPIRE_EVERY: Duration = Duration::from_secs(3600);

/// Removes the tasks that have ended long enough ago, and what is kept of their attempts. Where a process
/// dies in between, the files of some stay.
pub(super) async fn expire(shared: &Shared) {
    let retention = Retention {
        keep: shared.settings.keep,
    };
    match shared.store.prune(retention, shared.clock.now()).await {
        Ok(removed) if removed.is_empty() => {}
        Ok(removed) => {
            tracing::info!(tasks = removed.len(), "removed what is not kept any longer");
            shared.attempts.forget(&removed).await;
        }
        Err(error) => tracing::warn!(%error, "old tasks could not be removed"),
    }
}
