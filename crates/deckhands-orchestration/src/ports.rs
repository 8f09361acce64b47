//! The runtime's ports as one bundle.

use std::fmt;
use std::sync::Arc;

use deckhands_runtime::{Containers, Images, Networks};

/// Everything a run needs of a container runtime. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Containers.
    pub containers: Arc<dyn Containers>,
    /// Images.
    pub images: Arc<dyn Images>,
    /// Networks.
    pub networks: Arc<dyn Networks>,
}

impl Ports {
    /// One value that implements all three, as `DockerRuntime` and the fake do.
    #[must_use]
    pub fn of<R: Containers + Images + Networks + Clone>(runtime: R) -> Self {
        Self {
            containers: Arc::new(runtime.clone()),
            images: Arc::new(runtime.clone()),
            networks: Arc::new(runtime),
        }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
