//! The gateway of a process, with what this crate knows: the clock, and what failed calls mean.

use std::sync::Arc;

use deckhands_agent::AgentAdapter;
use deckhands_gateway::{Gateway, Health};
use deckhands_model::CallFailure;
use deckhands_resilience::route_health::BreakerPolicy;

use crate::clock::Clock;

/// The health of routes by this clock.
#[must_use]
pub fn route_health(policy: BreakerPolicy, clock: &Arc<dyn Clock>) -> Health {
    let clock = clock.clone();
    Health::new(policy, Arc::new(move || clock.now()))
}

/// A gateway for the agents of this kind, over routes of this health.
#[must_use]
pub fn model_gateway(health: Health, adapter: &Arc<dyn AgentAdapter>) -> Gateway {
    let adapter = adapter.clone();
    let diagnose = move |failure: &CallFailure<'_>| adapter.call_failure(failure);
    Gateway::new(health, Arc::new(diagnose))
}
