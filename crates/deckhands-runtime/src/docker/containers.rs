//! The port for containers on a daemon: one request each. What takes more than one request
//! (creating under the bound, output, waiting, removing) has a file of its own.

use async_trait::async_trait;
use bollard::errors::Error;
use bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptions, ListContainersOptions, StatsOptions,
};
use futures::StreamExt as _;

use super::classify::{classify, has_status};
use super::{DockerRuntime, create, output, read, remove, translate, wait};
use crate::containers::{
    ByteStream, ContainerState, ContainerStats, ContainerSummary, Containers, Control, ExitStatus,
    OutputStream, Removal, RuntimeInfo,
};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::LabelSelector;
use crate::spec::{ContainerId, ContainerSpec};

#[async_trait]
impl Containers for DockerRuntime {
    async fn probe(&self) -> Result<RuntimeInfo, RuntimeError> {
        let endpoint = self.endpoint.to_string();
        let fail = |error| classify(Operation::Probe, &endpoint, error);
        let version = self.client.version().await.map_err(fail)?;
        let info = self.client.info().await.map_err(fail)?;
        let api_version = self.client.client_version().to_string();
        Ok(read::runtime_info(endpoint, api_version, version, info))
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        create::create(self, spec).await
    }

    async fn attach(&self, id: &ContainerId) -> Result<OutputStream, RuntimeError> {
        output::attach(self, id).await
    }

    async fn logs_since(
        &self,
        id: &ContainerId,
        seconds: i64,
    ) -> Result<OutputStream, RuntimeError> {
        output::logs_since(self, id, seconds).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        create::start(self, id).await
    }

    async fn wait(&self, id: &ContainerId) -> Result<ExitStatus, RuntimeError> {
        wait::wait(self, id).await
    }

    async fn inspect(&self, id_or_name: &str) -> Result<ContainerState, RuntimeError> {
        if id_or_name.is_empty() {
            // An empty name would ask for the list.
            return Err(RuntimeError::new(
                Operation::Inspect,
                "``",
                RuntimeErrorKind::NotFound,
            ));
        }
        let answer = self
            .client
            .inspect_container(id_or_name, None::<InspectContainerOptions>);
        let answer = answer
            .await
            .map_err(|e| classify(Operation::Inspect, id_or_name, e))?;
        Ok(read::container_state(answer))
    }

    async fn stats(&self, id: &ContainerId) -> Result<ContainerStats, RuntimeError> {
        let once = StatsOptions {
            stream: false,
            one_shot: true,
        };
        let answer = self.client.stats(&id.0, Some(once)).next().await;
        let answer = answer
            .transpose()
            .map_err(|e| classify(Operation::Stats, &id.0, e))?;
        // A container that does not run is answered with empty figures, not refused.
        answer.and_then(read::stats).ok_or_else(|| {
            RuntimeError::new(Operation::Stats, &id.0, RuntimeErrorKind::Conflict)
                .with_message("the container is not running")
        })
    }

    async fn control(&self, id: &ContainerId, control: Control) -> Result<(), RuntimeError> {
        let result = match control {
            Control::Kill => killed(self.client.kill_container(&id.0, kill_hard()).await),
            Control::Pause => self.client.pause_container(&id.0).await,
            Control::Unpause => self.client.unpause_container(&id.0).await,
        };
        result.map_err(|error| classify(Operation::Control, &id.0, error))
    }

    async fn get_archive(&self, id: &ContainerId, path: &str) -> Result<ByteStream, RuntimeError> {
        output::archive(self, id, path).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<Removal, RuntimeError> {
        remove::remove(self, id).await
    }

    async fn list(&self, selector: &LabelSelector) -> Result<Vec<ContainerSummary>, RuntimeError> {
        let filters = Some(translate::filters(selector));
        let options = ListContainersOptions {
            all: true,
            filters,
            ..Default::default()
        };
        let answer = self.client.list_containers(Some(options)).await;
        let answer = answer.map_err(|error| classify(Operation::List, "containers", error))?;
        Ok(answer.into_iter().map(read::summary).collect())
    }
}

fn kill_hard() -> Option<KillContainerOptions> {
    Some(KillContainerOptions {
        signal: "SIGKILL".to_owned(),
    })
}

/// What does not run is as good as killed.
fn killed(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if has_status(&error, 409) => Ok(()),
        other => other,
    }
}
