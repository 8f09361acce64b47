//! Puts an owner's labels on everything that is made through it.

use std::sync::Arc;

use crate::containers::Containers;
use crate::error::RuntimeError;
use crate::labels::Labels;
use crate::spec::{ContainerId, ContainerSpec};

/// Containers that belong to one owner: each gets the owner's labels.
///
/// The one door to `create`, so that nothing unlabelled can come into being.
#[derive(Clone)]
pub struct Owned {
    containers: Arc<dyn Containers>,
    labels: Labels,
}

impl Owned {
    /// Everything created through the result carries `labels`.
    #[must_use]
    pub fn new(containers: Arc<dyn Containers>, labels: Labels) -> Self {
        Self { containers, labels }
    }

    /// Creates a container with the owner's labels added; the owner's win over the spec's.
    ///
    /// # Errors
    /// As [`Containers::create`].
    pub async fn create(&self, mut spec: ContainerSpec) -> Result<ContainerId, RuntimeError> {
        spec.labels.extend(self.labels.clone());
        self.containers.create(&spec).await
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
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Owned")
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}
