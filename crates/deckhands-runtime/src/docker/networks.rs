//! The port for networks on a daemon.

use async_trait::async_trait;
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptions};

use super::classify::{classify, has_status};
use super::{DockerRuntime, read, translate};
use crate::containers::Removal;
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::LabelSelector;
use crate::networks::{NetworkInfo, NetworkSpec, Networks};

#[async_trait]
impl Networks for DockerRuntime {
    async fn inspect(&self, name: &str) -> Result<NetworkInfo, RuntimeError> {
        let answer = self
            .client
            .inspect_network(name, None::<InspectNetworkOptions>)
            .await;
        let answer = answer.map_err(|error| classify(Operation::Inspect, name, error))?;
        Ok(read::network(answer))
    }

    /// The look before is needed: daemons below API 1.44 allow two networks of one name. Between
    /// look and creation a second one can still slip in.
    async fn create(&self, spec: &NetworkSpec) -> Result<NetworkInfo, RuntimeError> {
        match Networks::inspect(self, &spec.name).await {
            Ok(there) if there.name == spec.name => return Err(taken(&spec.name)),
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
        let answer = self.client.create_network(translate::network(spec)).await;
        let answer =
            answer.map_err(|error| classify(Operation::CreateNetwork, &spec.name, error))?;
        Networks::inspect(self, &answer.id).await
    }

    async fn remove(&self, name: &str) -> Result<Removal, RuntimeError> {
        match self.client.remove_network(name).await {
            Ok(()) => Ok(Removal::Removed),
            Err(error) if has_status(&error, 404) => Ok(Removal::AlreadyGone),
            Err(error) => Err(classify(Operation::Remove, name, error)),
        }
    }

    async fn list(&self, selector: &LabelSelector) -> Result<Vec<NetworkInfo>, RuntimeError> {
        let options = ListNetworksOptions {
            filters: Some(translate::filters(selector)),
        };
        let answer = self.client.list_networks(Some(options)).await;
        let answer = answer.map_err(|error| classify(Operation::List, "networks", error))?;
        Ok(answer.into_iter().map(read::network_summary).collect())
    }
}

fn taken(name: &str) -> RuntimeError {
    RuntimeError::new(Operation::CreateNetwork, name, RuntimeErrorKind::Conflict)
        .with_message("a network of this name exists")
}
