//! The ports on a Docker daemon, through bollard; the only place that sees bollard.
//!
//! Finding the daemon is `endpoint` and `connect`; `translate` and `read` are pure (our types to
//! bodies, answers to our types), `classify` turns every error of the client into ours, and the
//! operations are split by port. Deadlines and retries are the caller's.
//!
//! The client writes request bodies, and so the environment of containers, to the `log` facade at
//! debug level: never bridge `log` to a subscriber for the target `bollard`.

mod classify;
mod connect;
mod containers;
mod create;
mod endpoint;
mod images;
mod networks;
mod output;
mod pull;
mod read;
mod remove;
mod translate;
mod wait;

use std::fmt;
use std::sync::Arc;

use bollard::Docker;
use tokio::sync::Semaphore;

pub use connect::ConnectError;
pub use endpoint::{ConnectOptions, Endpoint, EndpointError, EndpointErrorKind, EndpointOrigin};

/// A Docker daemon that answered once. Cheap to clone; clones share the bound on births.
///
/// At most two creates and starts per processor of this machine are under way at a time: more only
/// make each other slower. The others wait their turn in order.
#[derive(Clone)]
pub struct DockerRuntime {
    /// For calls that are answered promptly: no answer for two minutes is `Unreachable`.
    client: Docker,
    /// For calls whose answer may rightly take long to begin.
    patient: Docker,
    endpoint: Endpoint,
    births: Arc<Semaphore>,
}

impl DockerRuntime {
    /// Where the daemon was reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl fmt::Debug for DockerRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerRuntime")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
