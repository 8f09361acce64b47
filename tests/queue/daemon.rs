//! A fake daemon that notes when its containers are made, and when somebody takes their output up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deckhands_orchestration::Ports;
use deckhands_runtime::test_util::FakeRuntime;
use deckhands_runtime::{
    ByteStream, ContainerId, ContainerSpec, ContainerState, ContainerStats, ContainerSummary,
    Containers, Control, ExitStatus, LabelSelector, OutputStream, Removal, RuntimeError,
    RuntimeInfo,
};
use jiff::Timestamp;

/// Names the task of a container.
const TASK: &str = "deckhands.task";

/// The daemon with its notes. Clones are handles on the same one.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) fake: FakeRuntime,
    seen: Arc<Mutex<Seen>>,
}

/// What was seen.
#[derive(Default)]
struct Seen {
    /// The first create call of each task.
    created: BTreeMap<String, Timestamp>,
    /// Calls that read again what a container printed: only adoptions do.
    read_again: usize,
}

impl Watched {
    pub(crate) fn new(fake: FakeRuntime) -> Self {
        Self {
            fake,
            seen: Arc::default(),
        }
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports {
            containers: Arc::new(self.clone()),
            ..Ports::of(self.fake.clone())
        }
    }

    /// When the first container of each task was asked for.
    pub(crate) fn created(&self) -> BTreeMap<String, Timestamp> {
        self.lock().created.clone()
    }

    pub(crate) fn read_again(&self) -> usize {
        self.lock().read_again
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Containers for Watched {
    async fn probe(&self) -> Result<RuntimeInfo, RuntimeError> {
        self.fake.probe().await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        let task = spec.labels.get(TASK).cloned().unwrap_or_default();
        self.lock()
            .created
            .entry(task)
            .or_insert_with(Timestamp::now);
        self.fake.create(spec).await
    }

    async fn attach(&self, id: &ContainerId) -> Result<OutputStream, RuntimeError> {
        self.fake.attach(id).await
    }

    async fn logs_since(
        &self,
        id: &ContainerId,
        seconds: i64,
    ) -> Result<OutputStream, RuntimeError> {
        let output = self.fake.logs_since(id, seconds).await?;
        self.lock().read_again += 1;
        Ok(output)
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        self.fake.start(id).await
    }

    async fn wait(&self, id: &ContainerId) -> Result<ExitStatus, RuntimeError> {
        self.fake.wait(id).await
    }

    async fn inspect(&self, id_or_name: &str) -> Result<ContainerState, RuntimeError> {
        Containers::inspect(&self.fake, id_or_name).await
    }

    async fn stats(&self, id: &ContainerId) -> Result<ContainerStats, RuntimeError> {
        self.fake.stats(id).await
    }

    async fn control(&self, id: &ContainerId, control: Control) -> Result<(), RuntimeError> {
        self.fake.control(id, control).await
    }

    async fn get_archive(&self, id: &ContainerId, path: &str) -> Result<ByteStream, RuntimeError> {
        self.fake.get_archive(id, path).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<Removal, RuntimeError> {
        Containers::remove(&self.fake, id).await
    }

    async fn list(&self, selector: &LabelSelector) -> Result<Vec<ContainerSummary>, RuntimeError> {
        Containers::list(&self.fake, selector).await
    }
}
