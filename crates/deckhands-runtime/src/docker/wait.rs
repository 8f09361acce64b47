//! Waiting for a container's end, with the client's and the daemon's oddities taken out.

use bollard::errors::Error;
use bollard::query_parameters::WaitContainerOptions;
use futures::StreamExt as _;

use super::DockerRuntime;
use super::classify::classify;
use crate::containers::{Containers as _, ExitStatus, Phase};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::spec::ContainerId;

/// Waits with the daemon's default condition, which is true at once for an ended container. The
/// condition `next-exit` can miss an end that comes together with the start, and hang for good.
pub(super) async fn wait(
    runtime: &DockerRuntime,
    id: &ContainerId,
) -> Result<ExitStatus, RuntimeError> {
    let mut answers = runtime
        .patient
        .wait_container(&id.0, None::<WaitContainerOptions>);
    match answers.next().await {
        Some(Ok(answer)) if answer.error.is_none() => Ok(ExitStatus {
            code: answer.status_code,
        }),
        // The client takes every exit code above zero for an error.
        Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(ExitStatus { code }),
        Some(Err(error)) => Err(classify(Operation::Wait, &id.0, error)),
        Some(Ok(_)) | None => ask(runtime, id).await,
    }
}

/// The daemon broke off without a value: what does it say now?
async fn ask(runtime: &DockerRuntime, id: &ContainerId) -> Result<ExitStatus, RuntimeError> {
    let state = runtime.inspect(&id.0).await?;
    match (state.phase, state.exit_code) {
        (Phase::Exited, Some(code)) => Ok(ExitStatus { code }),
        _ => Err(
            RuntimeError::new(Operation::Wait, &id.0, RuntimeErrorKind::Unreachable)
                .with_message("the daemon broke off the wait"),
        ),
    }
}
