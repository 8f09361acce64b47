//! Tests of the routes' health: single breakers, all routes, and random sequences.

use std::time::Duration;

use deckhands_model::{Cause, ModelId};
use jiff::{SignedDuration, Timestamp};

use super::*;

mod breakers;
mod random;
mod routes;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn route(name: &str) -> ModelId {
    ModelId::resolve(&format!("openai/{name}")).unwrap()
}

fn health_with(change: impl FnOnce(&mut BreakerPolicyParts)) -> RouteHealth {
    let mut parts = BreakerPolicyParts::default();
    change(&mut parts);
    RouteHealth::new(BreakerPolicy::try_new(parts).unwrap())
}

fn health() -> RouteHealth {
    health_with(|_| {})
}

/// So many failures without a time that the provider named.
fn fail(health: &mut RouteHealth, route: &ModelId, times: u32, now: i64) {
    for _ in 0..times {
        health.record_failure(route, Cause::ProviderError, None, at(now));
    }
}

fn failure(cause: Cause) -> CallEnd {
    CallEnd::Failure { cause, reset: None }
}
