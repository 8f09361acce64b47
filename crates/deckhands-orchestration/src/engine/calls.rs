//! Whether anybody sees the calls of an attempt: then they tell the health of routes, not its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the gateway told of any call of an attempt. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct CallsSeen(Arc<AtomicBool>);

impl CallsSeen {
    /// One has ended.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether there was any.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
