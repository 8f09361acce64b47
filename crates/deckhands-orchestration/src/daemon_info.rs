//! What the daemon says of itself, asked once for many attempts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deckhands_runtime::{Containers, RuntimeError, RuntimeInfo};

/// What is known of the daemon. Clones are the same value: in all orders for one daemon, it is asked once.
/// Of a new value nothing is known.
#[derive(Clone, Debug, Default)]
pub struct DaemonInfo(Arc<Mutex<Option<RuntimeInfo>>>);

impl DaemonInfo {
    /// What is known, or else what the daemon says now.
    ///
    /// # Errors
    /// The daemon's.
    pub(crate) async fn known(
        &self,
        containers: &dyn Containers,
    ) -> Result<RuntimeInfo, RuntimeError> {
        let known = self.lock().clone();
        match known {
            Some(known) => Ok(known),
            None => self.ask(containers).await,
        }
    }

    /// What the daemon says now. Where it does not, nothing is known any more: after a time out of reach
    /// another one may have taken its place.
    ///
    /// # Errors
    /// The daemon's.
    pub(crate) async fn ask(
        &self,
        containers: &dyn Containers,
    ) -> Result<RuntimeInfo, RuntimeError> {
        let said = containers.probe().await;
        *self.lock() = said.as_ref().ok().cloned();
        said
    }

    fn lock(&self) -> MutexGuard<'_, Option<RuntimeInfo>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
