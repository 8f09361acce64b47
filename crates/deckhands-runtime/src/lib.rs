//! Runs containers behind three small ports: [`Containers`], [`Images`] and [`Networks`].
//!
//! The ports, their types and the one classified error need no back end. `docker` (feature,
//! default) is the bollard implementation and the only place that sees bollard; the scripted fake,
//! the mockall mocks and the contract suite that keeps the fake honest are behind `test-util`.
//! No timeouts and no retries inside an implementation: whoever calls owns deadlines.
//!
//! The order of a container's life is the same everywhere; here on the fake, with Docker in
//! `examples/hello.rs`:
//!
//! ```
//! use std::time::Duration;
//! use deckhands_runtime::test_util::{FakeRuntime, Script};
//! use deckhands_runtime::{
//!     Containers, ContainerName, ContainerSpec, Hardening, Labels, NetworkMode, ResourceLimits,
//!     RuntimeError, UserSpec,
//! };
//! use futures::TryStreamExt;
//!
//! /// Runs a container to its end: its output and its exit code.
//! async fn run(docker: &dyn Containers, spec: &ContainerSpec) -> Result<(Vec<u8>, i64), RuntimeError> {
//!     let id = docker.create(spec).await?;
//!     let output = docker.attach(&id).await?; // before the start: nothing is missed
//!     docker.start(&id).await?;
//!     let chunks: Vec<_> = output.try_collect().await?;
//!     let status = docker.wait(&id).await?;
//!     docker.remove(&id).await?;
//!     Ok((chunks.into_iter().flat_map(|chunk| chunk.bytes).collect(), status.code))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let spec = ContainerSpec {
//!     name: ContainerName("hello".into()),
//!     image: "app:1".parse()?,
//!     entrypoint: None,
//!     command: vec!["greet".into()],
//!     env: Vec::new(),
//!     working_dir: None,
//!     user: UserSpec::Image,
//!     labels: Labels::new(),
//!     mounts: Vec::new(),
//!     hosts: Vec::new(),
//!     network: NetworkMode::None,
//!     limits: ResourceLimits {
//!         memory: Some("64m".parse()?),
//!         milli_cpus: Some(500),
//!         processes: Some(32),
//!         kept_log: "1m".parse()?,
//!         scratch: None,
//!     },
//!     hardening: Hardening {
//!         drop_capabilities: true,
//!         no_new_privileges: true,
//!         read_only_root: true,
//!         init: false,
//!     },
//! };
//! let script = Script::new().stdout(Duration::ZERO, "hello").exit(Duration::ZERO, 3);
//! let fake = FakeRuntime::new().image(&spec.image).next(script);
//! let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! let (output, code) = tokio.block_on(run(&fake, &spec))?;
//! assert_eq!((output.as_slice(), code), (b"hello\n".as_slice(), 3));
//! # Ok(())
//! # }
//! ```

mod error;
mod labels;
mod spec;

mod containers;
mod images;
mod networks;

mod owned;
mod owner;

#[cfg(feature = "docker")]
pub mod docker;

#[cfg(feature = "test-util")]
pub mod test_util;

pub use containers::{
    ByteStream, ContainerState, ContainerStats, ContainerSummary, Containers, Control, ExitStatus,
    OutputChunk, OutputSource, OutputStream, Phase, Removal, RuntimeInfo,
};
pub use error::{Operation, RuntimeError, RuntimeErrorKind};
pub use images::{ImageInfo, Images, PullProgress, PullStream};
pub use labels::{LabelSelector, Labels};
pub use networks::{NetworkInfo, NetworkSpec, Networks};
pub use owned::Owned;
pub use owner::{ContainerOwner, Disowned, Intent, IntentKind};
pub use spec::{
    ContainerId, ContainerName, ContainerSpec, Hardening, HostEntry, Mount, MountAccess,
    NetworkMode, ResourceLimits, SecretEnv, UserSpec,
};
