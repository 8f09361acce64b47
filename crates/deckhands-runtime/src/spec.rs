//! What a container is made from. No defaults: every limit and right is written down.

use std::fmt;
use std::path::PathBuf;

use deckhands_model::{ByteSize, ImageRef};

use crate::labels::Labels;

/// A container's identity on its daemon (the full id).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContainerId(pub String);

/// A container's name, without the daemon's leading `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContainerName(pub String);

/// Everything a container is made from.
#[derive(Clone, PartialEq, Debug)]
pub struct ContainerSpec {
    /// Its name; creating a second one of the same name is a conflict.
    pub name: ContainerName,
    /// What it starts from: a reference or, better, an image id (`sha256:…`).
    pub image: ImageRef,
    /// Replaces the image's entry point; `None` keeps it.
    pub entrypoint: Option<Vec<String>>,
    /// Arguments.
    pub command: Vec<String>,
    /// Environment, key to value.
    pub env: Vec<(String, SecretEnv)>,
    /// Directory the command starts in; `None` keeps the image's.
    pub working_dir: Option<String>,
    /// Who the command runs as.
    pub user: UserSpec,
    /// Labels.
    pub labels: Labels,
    /// Directories and files of the host that it sees.
    pub mounts: Vec<Mount>,
    /// Extra lines of its hosts file.
    pub hosts: Vec<HostEntry>,
    /// The network it is on.
    pub network: NetworkMode,
    /// Resources it may use.
    pub limits: ResourceLimits,
    /// Rights it goes without.
    pub hardening: Hardening,
}

/// A value of the environment; `Debug` shows secrets as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretEnv {
    value: String,
    secret: bool,
}

/// Who a container's command runs as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserSpec {
    /// As the image says.
    Image,
    /// Numeric user and group.
    Ids {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

/// A bind mount. The source must exist on the daemon's host; it is never created by the daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// Absolute path on the daemon's host.
    pub source: PathBuf,
    /// Absolute path in the container.
    pub target: String,
    /// What the container may do there.
    pub access: MountAccess,
}

/// What a container may do with a mount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MountAccess {
    /// Read.
    ReadOnly,
    /// Read and write.
    ReadWrite,
}

/// A line of a container's hosts file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostEntry {
    /// The host name.
    pub name: String,
    /// An address, or the daemon's word `host-gateway`.
    pub address: String,
}

/// The network a container is on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NetworkMode {
    /// None at all: only its own loopback.
    None,
    /// The daemon's default bridge.
    Bridge,
    /// A network by name.
    Named(String),
    /// The network of another container.
    Container(ContainerId),
}

/// Resources a container may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceLimits {
    /// Memory, swap included; `None` is no limit.
    pub memory: Option<ByteSize>,
    /// Processors in thousandths of one; `None` is no limit.
    pub milli_cpus: Option<u32>,
    /// Processes and threads; `None` is no limit.
    pub processes: Option<u32>,
    /// Bytes of output that the daemon keeps itself (for recovery after a crash of ours). Zero
    /// keeps nothing, and reading it is then refused.
    pub kept_log: ByteSize,
    /// Size of the in-memory `/tmp` of a container with a read-only root; what is written there
    /// counts as memory. `None` is the daemon's default. Says nothing where the root can be written.
    pub scratch: Option<ByteSize>,
}

/// Rights a container goes without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hardening {
    /// All Linux capabilities are dropped.
    pub drop_capabilities: bool,
    /// Set-uid programs gain nothing.
    pub no_new_privileges: bool,
    /// The root file system cannot be written; `/tmp` is a fresh one in memory, of the size
    /// [`ResourceLimits::scratch`].
    pub read_only_root: bool,
    /// An init process (pid 1) that forwards signals and reaps children.
    pub init: bool,
}

impl SecretEnv {
    /// A value that anybody may see.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            secret: false,
        }
    }

    /// A value that is never shown.
    #[must_use]
    pub fn secret(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            secret: true,
        }
    }

    /// The real value, for the one place that hands it to the daemon.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// The value for people: `***` for a secret.
    #[must_use]
    pub fn redacted(&self) -> &str {
        if self.secret { "***" } else { &self.value }
    }
}

impl fmt::Debug for SecretEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ContainerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
