//! The port for networks on the fake.

use async_trait::async_trait;

use super::FakeRuntime;
use crate::containers::{Phase, Removal};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::LabelSelector;
use crate::networks::{NetworkInfo, NetworkSpec, Networks};
use crate::spec::NetworkMode;

#[async_trait]
impl Networks for FakeRuntime {
    async fn inspect(&self, name: &str) -> Result<NetworkInfo, RuntimeError> {
        self.gate(Operation::Inspect, name).await?;
        self.lock().network(name).cloned().ok_or_else(|| {
            RuntimeError::new(Operation::Inspect, name, RuntimeErrorKind::NotFound)
                .with_message(format!("No such network: {name}"))
        })
    }

    async fn create(&self, spec: &NetworkSpec) -> Result<NetworkInfo, RuntimeError> {
        self.gate(Operation::CreateNetwork, &spec.name).await?;
        let mut world = self.lock();
        if world.networks.contains_key(&spec.name) {
            let kind = RuntimeErrorKind::Conflict;
            return Err(
                RuntimeError::new(Operation::CreateNetwork, &spec.name, kind)
                    .with_message("a network of this name exists"),
            );
        }
        Ok(world.add_network(spec))
    }

    async fn remove(&self, name: &str) -> Result<Removal, RuntimeError> {
        self.gate(Operation::Remove, name).await?;
        let mut world = self.lock();
        let Some(found) = world.network(name).map(|network| network.name.clone()) else {
            return Ok(Removal::AlreadyGone);
        };
        let on_it = NetworkMode::Named(found.clone());
        let runs = |phase| matches!(phase, Phase::Running | Phase::Paused);
        let mut all = world.containers.values().map(|playing| &playing.container);
        let used = all.any(|container| container.spec.network == on_it && runs(container.phase()));
        if used {
            return Err(
                RuntimeError::new(Operation::Remove, name, RuntimeErrorKind::Conflict)
                    .with_message("the network has active endpoints"),
            );
        }
        world.networks.remove(&found);
        Ok(Removal::Removed)
    }

    async fn list(&self, selector: &LabelSelector) -> Result<Vec<NetworkInfo>, RuntimeError> {
        self.gate(Operation::List, "networks").await?;
        let world = self.lock();
        let selected = world
            .networks
            .values()
            .filter(|network| selector.matches(&network.labels));
        Ok(selected.cloned().collect())
    }
}
