//! What an engine clears away beside its work.

use deckhands_store::Retention;

use super::shared::Shared;

/// Clears up after dead attempts, and where asked for after old tasks.
pub(super) async fn tidy(shared: &Shared, expire: bool) {
    if expire {
        expire_tasks(shared).await;
    }
    shared.attempts.tidy_up().await;
}

/// Removes the tasks that have ended long enough ago, and what is kept of their attempts. Where a process
/// dies in between, the files of some stay.
async fn expire_tasks(shared: &Shared) {
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
