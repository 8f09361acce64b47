//! Keeps hold of a running app while the daemon is out of reach for a short time: of the wait for
//! its end, and of its output. The app works on meanwhile; only we do not see it.

use std::sync::Arc;
use std::time::Duration;

use deckhands_model::FailureClass;
use deckhands_runtime::{
    ContainerId, Containers, ExitStatus, Operation, OutputStream, Phase, RuntimeError,
    RuntimeErrorKind,
};
use futures::stream::{self, StreamExt};
use tokio::time::{Instant, sleep, timeout};

/// Pause between two looks at the app while the wait for its end is silent. Such a wait does not
/// notice a daemon that hangs.
const PULSE: Duration = Duration::from_secs(10);

/// How long the daemon may be out of reach until the app counts as lost.
const GRACE: Duration = Duration::from_secs(30);

/// Pause between two tries.
const AGAIN: Duration = Duration::from_millis(500);

/// Waits for the app's end.
///
/// # Errors
/// As the daemon says; what may pass only when it has lasted for [`GRACE`].
pub(super) async fn wait(
    containers: &dyn Containers,
    app: &ContainerId,
) -> Result<ExitStatus, RuntimeError> {
    let mut failing_since = Instant::now();
    loop {
        let begun = Instant::now();
        let lost = tokio::select! {
            ended = containers.wait(app) => match ended {
                Err(error) if may_pass(&error) => error,
                ended => return ended,
            },
            lost = silence(containers, app) => return Err(lost),
        };
        if begun.elapsed() >= PULSE {
            failing_since = Instant::now();
        }
        if failing_since.elapsed() >= GRACE {
            return Err(lost);
        }
        tracing::debug!(%lost, "the wait for the app's end is taken up again");
        sleep(AGAIN).await;
        reach(containers, app).await?;
    }
}

/// The app's output, beginning with `output`. Where a piece may be missing it has an error and goes
/// on; it ends with the app, or when the daemon stays out of reach.
pub(in super::super) fn output(
    containers: Arc<dyn Containers>,
    app: ContainerId,
    output: OutputStream,
) -> OutputStream {
    let held = stream::unfold((output, containers, app), |(mut output, port, app)| async {
        if let Some(Ok(chunk)) = output.next().await {
            return Some((Ok(chunk), (output, port, app)));
        }
        let again = timeout(GRACE, attach_again(port.as_ref(), &app)).await;
        let output = again.ok().flatten()?;
        let gap = out_of_reach(Operation::Attach, &app);
        Some((Err(gap), (output, port, app)))
    });
    // Fused, because the end may be seen by the loop and once more by the draining.
    held.fuse().boxed()
}

/// `None` where the app has ended.
async fn attach_again(containers: &dyn Containers, app: &ContainerId) -> Option<OutputStream> {
    loop {
        // Output ends a moment before the daemon knows of the end: two looks.
        is_there(containers, app).await?;
        sleep(AGAIN).await;
        is_there(containers, app).await?;
        if let Ok(output) = containers.attach(app).await {
            return Some(output);
        }
    }
}

async fn is_there(containers: &dyn Containers, app: &ContainerId) -> Option<()> {
    loop {
        match containers.inspect(&app.0).await {
            Ok(state) if matches!(state.phase, Phase::Exited | Phase::Removing) => return None,
            Ok(_) => return Some(()),
            Err(error) if may_pass(&error) => sleep(AGAIN).await,
            Err(_) => return None,
        }
    }
}

/// Looks at the app now and then; returns when the daemon is out of reach for good.
async fn silence(containers: &dyn Containers, app: &ContainerId) -> RuntimeError {
    loop {
        sleep(PULSE).await;
        if let Err(lost) = reach(containers, app).await {
            return lost;
        }
    }
}

/// Waits until the daemon answers anything about the app.
async fn reach(containers: &dyn Containers, app: &ContainerId) -> Result<(), RuntimeError> {
    let mut lost = out_of_reach(Operation::Inspect, app);
    let look = async {
        loop {
            match containers.inspect(&app.0).await {
                Err(error) if error.kind == RuntimeErrorKind::Unreachable => lost = error,
                _ => return,
            }
            sleep(AGAIN).await;
        }
    };
    let answered = timeout(GRACE, look).await;
    answered.map_err(|_elapsed| lost)
}

fn out_of_reach(operation: Operation, app: &ContainerId) -> RuntimeError {
    RuntimeError::new(operation, &app.0, RuntimeErrorKind::Unreachable)
        .with_message("the daemon did not answer in time")
}

fn may_pass(error: &RuntimeError) -> bool {
    error.failure_class() == FailureClass::Transient
}

#[cfg(test)]
mod tests;
