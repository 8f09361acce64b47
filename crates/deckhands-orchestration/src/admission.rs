//! Admission towards the daemon: how much of what is heavy for it may be under way at once.
//!
//! Many attempts that start together would otherwise each make the daemon slow for all others, so
//! that healthy ones run into their start deadlines. Whoever waits here holds nothing yet.

use std::sync::Arc;

use async_trait::async_trait;
use deckhands_model::ImageRef;
use deckhands_runtime::{
    ByteStream, ContainerId, ContainerSpec, ContainerState, ContainerStats, ContainerSummary,
    Containers, Control, ExitStatus, ImageInfo, Images, LabelSelector, Operation, OutputStream,
    PullStream, Removal, RuntimeError, RuntimeErrorKind, RuntimeInfo,
};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ports::Ports;

/// How much may be under way at once; at least one of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Admission {
    /// Containers being created or started.
    pub creates: usize,
    /// Images being pulled.
    pub pulls: usize,
}

impl Default for Admission {
    /// Four creations, one pull: a second pull of the same image then finds it there.
    fn default() -> Self {
        Self {
            creates: 4,
            pulls: 1,
        }
    }
}

impl Ports {
    /// The same ports, with at most so much under way at once over all clones of the result.
    #[must_use]
    pub fn admitting(self, admission: Admission) -> Self {
        Self {
            containers: Arc::new(BoundedContainers {
                inner: self.containers,
                creates: semaphore(admission.creates),
            }),
            images: Arc::new(BoundedImages {
                inner: self.images,
                pulls: semaphore(admission.pulls),
            }),
            networks: self.networks,
        }
    }
}

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)))
}

async fn permit(
    semaphore: &Arc<Semaphore>,
    operation: Operation,
) -> Result<OwnedSemaphorePermit, RuntimeError> {
    let permit = semaphore.clone().acquire_owned().await;
    // Nobody closes it.
    permit.map_err(|closed| {
        RuntimeError::new(operation, closed.to_string(), RuntimeErrorKind::Unreachable)
    })
}

struct BoundedContainers {
    inner: Arc<dyn Containers>,
    creates: Arc<Semaphore>,
}

#[async_trait]
impl Containers for BoundedContainers {
    async fn probe(&self) -> Result<RuntimeInfo, RuntimeError> {
        self.inner.probe().await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        let _permit = permit(&self.creates, Operation::Create).await?;
        self.inner.create(spec).await
    }

    async fn attach(&self, id: &ContainerId) -> Result<OutputStream, RuntimeError> {
        self.inner.attach(id).await
    }

    async fn logs_since(
        &self,
        id: &ContainerId,
        seconds: i64,
    ) -> Result<OutputStream, RuntimeError> {
        self.inner.logs_since(id, seconds).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let _permit = permit(&self.creates, Operation::Start).await?;
        self.inner.start(id).await
    }

    async fn wait(&self, id: &ContainerId) -> Result<ExitStatus, RuntimeError> {
        self.inner.wait(id).await
    }

    async fn inspect(&self, id_or_name: &str) -> Result<ContainerState, RuntimeError> {
        self.inner.inspect(id_or_name).await
    }

    async fn stats(&self, id: &ContainerId) -> Result<ContainerStats, RuntimeError> {
        self.inner.stats(id).await
    }

    async fn control(&self, id: &ContainerId, control: Control) -> Result<(), RuntimeError> {
        self.inner.control(id, control).await
    }

    async fn get_archive(&self, id: &ContainerId, path: &str) -> Result<ByteStream, RuntimeError> {
        self.inner.get_archive(id, path).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<Removal, RuntimeError> {
        self.inner.remove(id).await
    }

    async fn list(&self, selector: &LabelSelector) -> Result<Vec<ContainerSummary>, RuntimeError> {
        self.inner.list(selector).await
    }
}

struct BoundedImages {
    inner: Arc<dyn Images>,
    pulls: Arc<Semaphore>,
}

#[async_trait]
impl Images for BoundedImages {
    async fn inspect(&self, image: &ImageRef) -> Result<Option<ImageInfo>, RuntimeError> {
        self.inner.inspect(image).await
    }

    /// Whoever waited for another's pull of the same image has it by then.
    async fn pull(&self, image: &ImageRef) -> Result<PullStream, RuntimeError> {
        let permit = permit(&self.pulls, Operation::Pull).await?;
        if self.inner.inspect(image).await?.is_some() {
            return Ok(futures::stream::empty().boxed());
        }
        let stream = self.inner.pull(image).await?;
        let held = stream.inspect(move |_step| {
            let _held = &permit;
        });
        Ok(held.boxed())
    }
}

#[cfg(test)]
mod tests;
