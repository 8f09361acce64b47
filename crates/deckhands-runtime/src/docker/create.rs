//! Creating and starting: the two requests that are dear to the daemon, so bounded in number.

use bollard::query_parameters::{CreateContainerOptions, StartContainerOptions};

use super::classify::classify;
use super::{DockerRuntime, translate};
use crate::error::{Operation, RuntimeError};
use crate::spec::{ContainerId, ContainerSpec};

/// Creates a container when its turn has come.
pub(super) async fn create(
    runtime: &DockerRuntime,
    spec: &ContainerSpec,
) -> Result<ContainerId, RuntimeError> {
    let body = translate::container(spec)?;
    let options = CreateContainerOptions {
        name: Some(spec.name.0.clone()),
        ..Default::default()
    };
    // The semaphore is never closed; without a permit the bound would not hold, nothing worse.
    let _turn = runtime.births.acquire().await.ok();
    let answer = runtime.client.create_container(Some(options), body).await;
    let answer = answer.map_err(|error| classify(Operation::Create, &spec.name.0, error))?;
    for warning in &answer.warnings {
        tracing::debug!(container = %spec.name, warning, "the daemon warned about a new container");
    }
    Ok(ContainerId(answer.id))
}

/// Starts a container when its turn has come; one that runs already answers "not modified", which
/// the client takes for success.
pub(super) async fn start(runtime: &DockerRuntime, id: &ContainerId) -> Result<(), RuntimeError> {
    let _turn = runtime.births.acquire().await.ok();
    let answer = runtime
        .client
        .start_container(&id.0, None::<StartContainerOptions>)
        .await;
    answer.map_err(|error| classify(Operation::Start, &id.0, error))
}
