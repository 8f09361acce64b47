//! Runs containers behind three small ports: [`Containers`], [`Images`] and [`Networks`].
//!
//! The ports, their types and the one classified error need no back end. `docker` (feature,
//! default) is the bollard implementation and the only place that sees bollard; the scripted fake,
//! the mockall mocks and the contract suite that keeps the fake honest are behind `test-util`.
//! No timeouts and no retries inside an implementation: whoever calls owns deadlines.

mod error;
mod labels;
mod spec;

mod containers;
mod images;
mod networks;

mod owned;

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
pub use spec::{
    ContainerId, ContainerName, ContainerSpec, Hardening, HostEntry, Mount, MountAccess,
    NetworkMode, ResourceLimits, SecretEnv, UserSpec,
};
