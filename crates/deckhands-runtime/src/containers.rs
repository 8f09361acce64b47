//! The port for containers and the values it speaks in.

use async_trait::async_trait;
use bytes::Bytes;
use deckhands_model::{ByteSize, ImageDigest};
use futures::stream::BoxStream;

use crate::error::RuntimeError;
use crate::labels::{LabelSelector, Labels};
use crate::spec::{ContainerId, ContainerName, ContainerSpec};

/// A container's output as it comes, until its end.
pub type OutputStream = BoxStream<'static, Result<OutputChunk, RuntimeError>>;

/// Bytes as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, RuntimeError>>;

/// Runs containers. Cheap to share as `Arc<dyn Containers>`.
///
/// Dropping any future of these leaves at worst a labelled container, which the reaper finds.
#[cfg_attr(feature = "test-util", mockall::automock)]
#[async_trait]
pub trait Containers: Send + Sync + 'static {
    /// Asks the daemon who it is. Nothing is changed.
    async fn probe(&self) -> Result<RuntimeInfo, RuntimeError>;

    /// Creates a container, not yet running. A taken name is `Conflict`, a missing image
    /// `ImageUnavailable`, a missing mount source `InvalidSpec`.
    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError>;

    /// Attaches to stdout and stderr. Attach before `start` to get every byte; nothing of the past
    /// is repeated. The stream ends with the container, or with `Unreachable` if the daemon goes. It
    /// must be drained: a full pipe blocks the container's writes.
    async fn attach(&self, id: &ContainerId) -> Result<OutputStream, RuntimeError>;

    /// What the daemon kept of the output until now, from `seconds` of Unix time on; may have gaps.
    /// Does not wait for more.
    async fn logs_since(
        &self,
        id: &ContainerId,
        seconds: i64,
    ) -> Result<OutputStream, RuntimeError>;

    /// Starts a created container. Starting a running one is `Ok`.
    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError>;

    /// Waits for the end of a started container; at once when it has ended. A non-zero exit is a
    /// value. Never call it on a container that is only created.
    async fn wait(&self, id: &ContainerId) -> Result<ExitStatus, RuntimeError>;

    /// Looks at a container by id or name. `NotFound` where there is none.
    async fn inspect(&self, id_or_name: &str) -> Result<ContainerState, RuntimeError>;

    /// One reading of a running container's use of resources. One that does not run is `Conflict`.
    async fn stats(&self, id: &ContainerId) -> Result<ContainerStats, RuntimeError>;

    /// Kills, pauses or unpauses. Killing a container that does not run is `Ok`.
    async fn control(&self, id: &ContainerId, control: Control) -> Result<(), RuntimeError>;

    /// A path of a container as a tar stream; bind mounts are seen, also while it does not run.
    async fn get_archive(&self, id: &ContainerId, path: &str) -> Result<ByteStream, RuntimeError>;

    /// Removes a container, killing it if it runs, with its anonymous volumes. An absent one is
    /// `Ok(Removal::AlreadyGone)`; one that is being removed by somebody else is waited for.
    async fn remove(&self, id: &ContainerId) -> Result<Removal, RuntimeError>;

    /// All containers, running or not, that carry the selected labels.
    async fn list(&self, selector: &LabelSelector) -> Result<Vec<ContainerSummary>, RuntimeError>;
}

/// What is known about the daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuntimeInfo {
    /// Where it was reached, e.g. `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// Its version.
    pub version: String,
    /// The API version both sides speak.
    pub api_version: String,
    /// Processors it has.
    pub cpus: u32,
    /// Memory it has.
    pub memory: ByteSize,
    /// Whether it runs without root rights (rootless or user name spaces).
    pub rootless: bool,
}

/// A piece of output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputChunk {
    /// Which stream it came on.
    pub source: OutputSource,
    /// The bytes; a line or a character may be split between chunks.
    pub bytes: Bytes,
}

/// Which stream a piece of output came on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OutputSource {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a container's command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitStatus {
    /// Exit code; 128 + signal for a signal.
    pub code: i64,
}

/// What to do to a running container.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Control {
    /// SIGKILL to every process of it.
    Kill,
    /// Freeze it.
    Pause,
    /// Let it go on.
    Unpause,
}

/// Whether a container was there to be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// It was there and is gone.
    Removed,
    /// It was gone already.
    AlreadyGone,
}

/// Where a container is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Made, never started.
    Created,
    /// Runs (also while restarting).
    Running,
    /// Frozen.
    Paused,
    /// Ended (exited, dead).
    Exited,
    /// Being removed.
    Removing,
}

/// What the daemon tells about a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerState {
    /// Its full id.
    pub id: ContainerId,
    /// Its name.
    pub name: ContainerName,
    /// Where it is in its life.
    pub phase: Phase,
    /// Exit code, once it ended.
    pub exit_code: Option<i64>,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// The daemon's own error about it, if any.
    pub error: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// The image it was made from.
    pub image: Option<ImageDigest>,
    /// Host addresses of its published ports, e.g. `172.17.0.1`; empty where none is published.
    pub published_addresses: Vec<String>,
}

/// A container's use of resources at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContainerStats {
    /// Memory in use.
    pub memory: ByteSize,
    /// Processor time used so far, in nanoseconds.
    pub cpu_nanos: u64,
    /// Processes and threads, where the daemon counts them.
    pub processes: Option<u64>,
}

/// One line of a list of containers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerSummary {
    /// Its full id.
    pub id: ContainerId,
    /// Its name.
    pub name: ContainerName,
    /// Where it is in its life.
    pub phase: Phase,
    /// Its labels.
    pub labels: Labels,
}
