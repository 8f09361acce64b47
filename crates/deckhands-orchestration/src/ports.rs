//! The runtime's ports as one bundle.

use std::fmt;
use std::sync::Arc;

use deckhands_runtime::{Containers, Images, Labels, Networks, Owned};

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

    /// What is made through the result carries these labels.
    pub(crate) fn owned(&self, labels: Labels) -> Owned {
        Owned::new(self.containers.clone(), self.networks.clone(), labels)
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
