//! A container to begin a test with.

use deckhands_model::{ByteSize, ImageRef};

use crate::labels::Labels;
use crate::spec::{ContainerName, ContainerSpec, Hardening, NetworkMode, ResourceLimits, UserSpec};

/// As little as a spec can say: the image's own command without network, limits or hardening, and
/// 1 MiB of kept output.
#[must_use]
pub fn bare_spec(name: &str, image: ImageRef) -> ContainerSpec {
    ContainerSpec {
        name: ContainerName(name.to_owned()),
        image,
        entrypoint: None,
        command: Vec::new(),
        env: Vec::new(),
        working_dir: None,
        user: UserSpec::Image,
        labels: Labels::new(),
        mounts: Vec::new(),
        hosts: Vec::new(),
        network: NetworkMode::None,
        limits: ResourceLimits {
            memory: None,
            milli_cpus: None,
            processes: None,
            kept_log: ByteSize::mebibytes(1),
            scratch: None,
        },
        hardening: Hardening {
            drop_capabilities: false,
            no_new_privileges: false,
            read_only_root: false,
            init: false,
        },
    }
}
