//! The health of all routes as data for displays and stores.

use deckhands_model::ModelId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a breaker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused until a time.
    Open,
    /// A few probes pass.
    HalfOpen,
}

/// What has happened on a route since it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RouteCounts {
    /// Permits given.
    pub permitted: u64,
    /// Permits refused.
    pub refused: u64,
    /// Calls that succeeded.
    pub succeeded: u64,
    /// Calls that failed by the fault of the route.
    pub failed: u64,
    /// Of these, the ones that met a rate limit or a quota.
    pub rate_limited: u64,
    /// Changes of the breaker's state.
    pub state_changes: u64,
}

/// One route.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RouteSnapshot {
    /// Which.
    pub route: ModelId,
    /// The state of its breaker.
    pub state: BreakerState,
    /// Until when calls are refused, where they are.
    pub refused_until: Option<Timestamp>,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// Probes under way.
    pub probes_out: u32,
    /// When it was last called or heard of.
    pub last_used: Timestamp,
    /// What has happened.
    pub counts: RouteCounts,
}

/// All routes, in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HealthSnapshot {
    /// The routes that are kept track of.
    pub routes: Vec<RouteSnapshot>,
    /// Permits for routes that there was no room for.
    pub untracked: u64,
}
