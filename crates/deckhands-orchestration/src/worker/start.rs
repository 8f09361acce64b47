//! Starts what was prepared: the app, and in profile `managed` its sandbox beside it.

use deckhands_agent::EventStore;
use deckhands_model::Cause;
use deckhands_runtime::{ContainerId, Containers, OutputStream, Phase};

use super::AttemptCtx;
use super::launch::Prepared;
use super::limits::Guard;
use super::managed::Sandbox;
use super::served::Served;
use super::watch::hold;
use crate::adoption::{Made, Measured, Taken, keep_made};
use crate::failure::RunFailure;
use crate::runner::blocking;

/// A running attempt.
pub(crate) struct Live {
    pub(super) app: ContainerId,
    pub(super) store: EventStore,
    /// What is served to the app, unless it calls its model itself.
    pub(super) served: Option<Served>,
    pub(super) output: OutputStream,
    /// The sandbox that we started, and the watch over its bounds; in profile `managed`, unless the
    /// app ended before.
    pub(super) sandbox: Option<(ContainerId, Guard)>,
    /// Time of it that other processes measured.
    pub(super) measured: Measured,
}

impl Live {
    /// Ends the way out: no key opens anything any more. Why the ledger could not be told what was spent, if
    /// it could not.
    pub(crate) async fn close(self) -> Option<String> {
        self.served?.close().await
    }
}

/// Attaches to the app's output and starts it, and in profile `managed` its sandbox.
///
/// # Errors
/// [`RunFailure`] where the daemon could not do it; dropping the future leaves labelled containers.
pub(crate) async fn start(ctx: &AttemptCtx<'_>, prepared: Prepared) -> Result<Live, RunFailure> {
    let containers = &ctx.ports.containers;
    let app = prepared.app.clone();
    let output = containers.attach(&app).await?;
    let output = hold::output(containers.clone(), app.clone(), output);
    let sandbox = match &prepared.beside.sandbox {
        Some(sandbox) => start_both(ctx, &prepared, sandbox).await?,
        None => {
            keep(ctx, &prepared, Taken::default()).await?;
            containers.start(&app).await?;
            None
        }
    };
    Ok(Live {
        app,
        store: prepared.launch.store,
        served: prepared.beside.served,
        output,
        sandbox,
        measured: Measured::default(),
    })
}

/// Starts the app and its sandbox; no sandbox where the app ended before it.
async fn start_both(
    ctx: &AttemptCtx<'_>,
    prepared: &Prepared,
    sandbox: &Sandbox,
) -> Result<Option<(ContainerId, Guard)>, RunFailure> {
    let (containers, app) = (&ctx.ports.containers, &prepared.app);
    let guard = Guard::new(ctx).await?;
    keep(ctx, prepared, guard.before()).await?;
    containers.start(app).await?;
    match sandbox.start(ctx, &prepared.launch, app).await {
        Ok(sandbox) => Ok(Some((sandbox, guard))),
        // Nobody can join an app that has ended, and how it ended says more.
        Err(failure) if has_ended(containers.as_ref(), app).await => {
            tracing::debug!(message = %failure.message, "the app ended before its sandbox began");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Writes down what another process needs to go on, before anything runs.
async fn keep(ctx: &AttemptCtx<'_>, prepared: &Prepared, disk: Taken) -> Result<(), RunFailure> {
    if !ctx.adoptable {
        return Ok(());
    }
    let launch = &prepared.launch;
    let made = Made {
        version: Made::VERSION,
        model: ctx.request.model.clone(),
        keys: prepared.beside.keys.clone(),
        session: launch.session.clone(),
        sandbox: launch.sandbox.0.clone(),
        app: prepared.app.0.clone(),
        store: launch.store.dir.clone(),
        disk,
    };
    let (dir, now) = (ctx.dir.clone(), ctx.clock.now());
    let kept = blocking(move || keep_made(&dir, &made, now)).await?;
    kept.map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))
}

/// Whether the app is known to have ended, or to be gone.
async fn has_ended(containers: &dyn Containers, app: &ContainerId) -> bool {
    match containers.inspect(&app.0).await {
        Ok(state) => matches!(state.phase, Phase::Exited | Phase::Removing),
        Err(error) => error.is_not_found(),
    }
}
