//! Lets a lease keep account of what is made for its attempt, and decide whether its result counts.

use std::sync::Arc;

use async_trait::async_trait;
use deckhands_runtime::{ContainerOwner, Disowned, Intent, IntentKind};
use deckhands_store::{self as store, ObjectKind};

use super::lease::{Lease, LeaseLost};
use super::writes::{self, Unwritten};
use crate::order::PromoteGate;

/// Writes each object into the store before it is made, under the lease of its attempt.
#[derive(Clone, Debug)]
pub struct LeaseOwner {
    lease: Arc<Lease>,
}

impl LeaseOwner {
    /// The owner of what is made under a lease.
    #[must_use]
    pub fn new(lease: Arc<Lease>) -> Self {
        Self { lease }
    }
}

#[async_trait]
impl ContainerOwner for LeaseOwner {
    async fn announce(&self, intent: &Intent) -> Result<(), Disowned> {
        let object = store::Intent {
            kind: match intent.kind {
                IntentKind::Container => ObjectKind::Container,
                IntentKind::Network => ObjectKind::Network,
            },
            name: intent.name.clone(),
            labels: intent.labels.clone(),
        };
        let written = writes::intended(&self.lease, &object).await;
        written.map_err(|Unwritten| Disowned::new(LeaseLost.to_string()))
    }
}

#[async_trait]
impl PromoteGate for LeaseOwner {
    async fn may_promote(&self) -> Result<(), Disowned> {
        let confirmed = self.lease.confirm().await;
        confirmed.map_err(|lost| Disowned::new(lost.to_string()))
    }
}
