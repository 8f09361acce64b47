//! Starts what was prepared: the app, and in profile `managed` its sandbox beside it.

use deckhands_runtime::{ContainerId, Containers, OutputStream, Phase};

use super::AttemptCtx;
use super::launch::Prepared;
use super::limits::Guard;
use super::watch::hold;
use crate::failure::RunFailure;

/// A started attempt.
pub(crate) struct Started {
    pub(super) output: OutputStream,
    /// The sandbox that we started, and the watch over its bounds; in profile `managed`, unless the
    /// app ended before.
    pub(super) sandbox: Option<(ContainerId, Guard)>,
}

/// Attaches to the app's output and starts it, and in profile `managed` its sandbox.
///
/// # Errors
/// [`RunFailure`] where the daemon could not do it; dropping the future leaves labelled containers.
pub(crate) async fn start(
    ctx: &AttemptCtx<'_>,
    prepared: &Prepared,
) -> Result<Started, RunFailure> {
    let (containers, app) = (&ctx.ports.containers, &prepared.app);
    let output = containers.attach(app).await?;
    let output = hold::output(containers.clone(), app.clone(), output);
    let Some(sandbox) = &prepared.sandbox else {
        containers.start(app).await?;
        return Ok(Started {
            output,
            sandbox: None,
        });
    };
    let guard = Guard::new(ctx).await?;
    containers.start(app).await?;
    let sandbox = match sandbox.start(ctx, &prepared.launch, app).await {
        Ok(sandbox) => Some((sandbox, guard)),
        // Nobody can join an app that has ended, and how it ended says more.
        Err(failure) if has_ended(containers.as_ref(), app).await => {
            tracing::debug!(message = %failure.message, "the app ended before its sandbox began");
            None
        }
        Err(failure) => return Err(failure),
    };
    Ok(Started { output, sandbox })
}

/// Whether the app is known to have ended, or to be gone.
async fn has_ended(containers: &dyn Containers, app: &ContainerId) -> bool {
    match containers.inspect(&app.0).await {
        Ok(state) => matches!(state.phase, Phase::Exited | Phase::Removing),
        Err(error) => error.is_not_found(),
    }
}
