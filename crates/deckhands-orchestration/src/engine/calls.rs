//! What the calls of an attempt tell of its route, while the attempt is at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deckhands_model::{Cause, ModelId};
use deckhands_resilience::route_health::RouteHealth;

use crate::clock::Clock;

/// Tells the health of all routes how the calls of one attempt end. Clones are the same.
#[derive(Clone, Debug)]
pub struct RouteCalls(Arc<Calls>);

#[derive(Debug)]
struct Calls {
    health: Arc<Mutex<RouteHealth>>,
    clock: Arc<dyn Clock>,
    route: Option<ModelId>,
    told: AtomicBool,
}

impl RouteCalls {
    /// Those of an attempt that uses this model; one that nobody knows has no health.
    pub(super) fn new(
        health: Arc<Mutex<RouteHealth>>,
        clock: Arc<dyn Clock>,
        model: Option<&String>,
    ) -> Self {
        let route = model.and_then(|model| ModelId::resolve(model).ok());
        Self(Arc::new(Calls {
            health,
            clock,
            route,
            told: AtomicBool::new(false),
        }))
    }

    /// Those of the same attempt where it goes to this route instead.
    pub(super) fn on(&self, route: &ModelId) -> Self {
        Self(Arc::new(Calls {
            health: self.0.health.clone(),
            clock: self.0.clock.clone(),
            route: Some(route.clone()),
            told: AtomicBool::new(false),
        }))
    }

    /// One has ended: why it failed, and how long the provider wants no more of them.
    pub fn ended(&self, failure: Option<Cause>, retry_after: Option<Duration>) {
        let Some(route) = &self.0.route else {
            return;
        };
        self.0.told.store(true, Ordering::Relaxed);
        let now = self.0.clock.now();
        let reset = retry_after.and_then(|wait| now.saturating_add(wait).ok());
        let health = self.0.health.lock();
        let mut health = health.unwrap_or_else(PoisonError::into_inner);
        match failure {
            None => health.record_success(route, now),
            Some(cause) => health.record_failure(route, cause, reset, now),
        }
    }

    /// Whether any was told: then the attempt's own end tells nothing more of its route.
    pub(super) fn were_told(&self) -> bool {
        self.0.told.load(Ordering::Relaxed)
    }
}
