//! Removing a container, whoever else is at it.

use std::time::Duration;

use bollard::query_parameters::RemoveContainerOptions;

use super::DockerRuntime;
use super::classify::{classify, has_status};
use crate::containers::Removal;
use crate::error::{Operation, RuntimeError};
use crate::spec::ContainerId;

/// Time between two looks at a removal that somebody else began.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Kills and removes, with anonymous volumes.
///
/// While another removal is under way the daemon answers "conflict"; asking again is a look that
/// also takes over if the other one fails. The caller's deadline bounds it: dropping ends it.
pub(super) async fn remove(
    runtime: &DockerRuntime,
    id: &ContainerId,
) -> Result<Removal, RuntimeError> {
    let options = RemoveContainerOptions {
        v: true,
        force: true,
        link: false,
    };
    loop {
        match runtime
            .client
            .remove_container(&id.0, Some(options.clone()))
            .await
        {
            Ok(()) => return Ok(Removal::Removed),
            Err(error) if has_status(&error, 404) => return Ok(Removal::AlreadyGone),
            Err(error) if error.to_string().contains("is already in progress") => {}
            Err(error) => return Err(classify(Operation::Remove, &id.0, error)),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
