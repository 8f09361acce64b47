//! Puts an owner's labels on everything that is made through it, and tells the owner before.

use std::sync::Arc;

use crate::containers::Containers;
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::Labels;
use crate::networks::{NetworkInfo, NetworkSpec, Networks};
use crate::owner::{ContainerOwner, Intent, IntentKind};
use crate::spec::{ContainerId, ContainerSpec};

/// Containers and networks that belong to one owner: each gets the owner's labels, and is announced
/// where somebody keeps account of them.
///
/// The one door to `create`, so that nothing unlabelled can come into being.
#[derive(Clone)]
pub struct Owned {
    containers: Arc<dyn Containers>,
    networks: Arc<dyn Networks>,
    labels: Labels,
    owner: Option<Arc<dyn ContainerOwner>>,
}

impl Owned {
    /// Everything created through the result carries `labels`.
    #[must_use]
    pub fn new(
        containers: Arc<dyn Containers>,
        networks: Arc<dyn Networks>,
        labels: Labels,
    ) -> Self {
        Self {
            containers,
            networks,
            labels,
            owner: None,
        }
    }

    /// The same, where every creation is announced to this owner first.
    #[must_use]
    pub fn with_owner(self, owner: Arc<dyn ContainerOwner>) -> Self {
        Self {
            owner: Some(owner),
            ..self
        }
    }

    /// Creates a container with the owner's labels added; the owner's win over the spec's.
    ///
    /// # Errors
    /// As [`Containers::create`]; [`RuntimeErrorKind::Disowned`] where the owner says no, and then
    /// the daemon was not asked.
    pub async fn create(&self, mut spec: ContainerSpec) -> Result<ContainerId, RuntimeError> {
        spec.labels.extend(self.labels.clone());
        let intent = (IntentKind::Container, spec.name.0.clone());
        self.tell(intent, &spec.labels).await?;
        self.containers.create(&spec).await
    }

    /// Creates a network with the owner's labels added; the owner's win over the spec's.
    ///
    /// # Errors
    /// As [`Networks::create`]; [`RuntimeErrorKind::Disowned`] where the owner says no, and then the
    /// daemon was not asked.
    pub async fn create_network(&self, mut spec: NetworkSpec) -> Result<NetworkInfo, RuntimeError> {
        spec.labels.extend(self.labels.clone());
        let intent = (IntentKind::Network, spec.name.clone());
        self.tell(intent, &spec.labels).await?;
        self.networks.create(&spec).await
    }

    /// Announces what a container of ours, and not this process, is about to make under a known name
    /// and with the owner's labels.
    ///
    /// # Errors
    /// [`RuntimeErrorKind::Disowned`] where the owner says no.
    pub async fn announce(&self, kind: IntentKind, name: &str) -> Result<(), RuntimeError> {
        self.tell((kind, name.to_owned()), &self.labels).await
    }

    /// The port below, for everything but creating.
    #[must_use]
    pub fn containers(&self) -> &Arc<dyn Containers> {
        &self.containers
    }

    /// The owner's labels.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    async fn tell(
        &self,
        (kind, name): (IntentKind, String),
        labels: &Labels,
    ) -> Result<(), RuntimeError> {
        let Some(owner) = &self.owner else {
            return Ok(());
        };
        let intent = Intent {
            name,
            kind,
            labels: labels.clone(),
        };
        owner.announce(&intent).await.map_err(|disowned| {
            let operation = match kind {
                IntentKind::Container => Operation::Create,
                IntentKind::Network => Operation::CreateNetwork,
            };
            RuntimeError {
                source: Some(Box::new(disowned)),
                ..RuntimeError::new(operation, intent.name, RuntimeErrorKind::Disowned)
            }
        })
    }
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Owned")
            .field("labels", &self.labels)
            .field("has_owner", &self.owner.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
