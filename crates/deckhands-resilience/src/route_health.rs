//! The health of the routes to models: a circuit breaker for each, and which route to take now.
//!
//! ```text
//!            failures in a row            cool-down over
//!   closed ───────────────────▶ open ───────────────────▶ half-open
//!      ▲                          ▲                          │  │
//!      │                          └────── one failure ───────┘  │
//!      └───────────────── enough successes ─────────────────────┘
//! ```
//!
//! Independent of the breaker a route rests until the time that its provider named. Every refusal
//! has an end: openings and rests are bounded by the policy, and a probe that nobody gives back
//! lapses. A clock that was set back ends what began in its future, instead of prolonging it.
//!
//! Whoever makes a call takes a [`Permit`] first and gives it back with [`RouteHealth::settle`], or
//! with [`RouteHealth::release`] when the call is dropped. Whoever only hears how calls ended uses
//! [`RouteHealth::record_success`] and [`RouteHealth::record_failure`].

mod breaker;
mod permit;
mod policy;
mod registry;
mod snapshot;
mod span;

pub use permit::{CallEnd, Permit, Refused, RefusedWhy};
pub use policy::{BreakerPolicy, BreakerPolicyParts};
pub use registry::RouteHealth;
pub use snapshot::{BreakerState, HealthSnapshot, RouteCounts, RouteSnapshot};

#[cfg(test)]
mod tests;
