//! The port for networks.

use std::net::IpAddr;

use async_trait::async_trait;

use crate::containers::Removal;
use crate::error::RuntimeError;
use crate::labels::{LabelSelector, Labels};

/// Makes and looks at networks. Cheap to share as `Arc<dyn Networks>`.
#[cfg_attr(feature = "test-util", mockall::automock)]
#[async_trait]
pub trait Networks: Send + Sync + 'static {
    /// Looks at a network by name or id, e.g. `bridge`. `NotFound` where there is none.
    async fn inspect(&self, name: &str) -> Result<NetworkInfo, RuntimeError>;

    /// Creates a bridge network. A taken name is `Conflict`, no free address pool `Exhausted`.
    async fn create(&self, spec: &NetworkSpec) -> Result<NetworkInfo, RuntimeError>;

    /// Removes a network without containers; one that a running container is on is `Conflict`. An
    /// absent one is `Ok(Removal::AlreadyGone)`.
    async fn remove(&self, name: &str) -> Result<Removal, RuntimeError>;

    /// All networks that carry the selected labels.
    async fn list(&self, selector: &LabelSelector) -> Result<Vec<NetworkInfo>, RuntimeError>;
}

/// What a network is made from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkSpec {
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// No way to the outside.
    pub internal: bool,
    /// Containers on it may talk to each other.
    pub inter_container: bool,
}

/// What the daemon tells about a network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkInfo {
    /// Its full id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The host's address on it. Where the daemon does not tell, the first address of the subnet,
    /// which is what it hands out.
    pub gateway: Option<IpAddr>,
    /// No way to the outside.
    pub internal: bool,
    /// Containers on it may talk to each other.
    pub inter_container: bool,
    /// Its labels.
    pub labels: Labels,
}
