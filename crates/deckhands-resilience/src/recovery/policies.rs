//! The policies that `step` follows, as data.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backoff::RetryPolicy;
use crate::budget::TaskBudget;

/// How often memory may be doubled at most: 256 times the first size.
pub const MOST_MEMORY_RAISES: u32 = 8;

/// What a decision after a failure goes by, and can be kept between decisions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// Delays of `retry_with_backoff`; its retries bound that rung, too.
    pub retry: RetryPolicy,
    /// What all attempts of the task may use.
    pub budget: TaskBudget,
    /// How often each rung is tried before the next.
    pub tries: RungTries,
    /// How often memory is doubled after `OutOfMemory`; more than [`MOST_MEMORY_RAISES`] counts as
    /// that many.
    pub memory_raises: u32,
    /// A wait on the same route that is longer than this parks the task.
    pub park_after: Duration,
    /// How long an opened route is left alone where there is no other one.
    pub cool_down: Duration,
    /// Whether stand-in results exist.
    pub stand_ins: StandIns,
}

/// Tries of a rung before the next one is taken. `circuit_break` is taken once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RungTries {
    /// Of `retry`; an unknown cause is retried at most once.
    pub retry: u32,
    /// Of `retry_with_backoff`.
    pub retry_with_backoff: u32,
    /// Of `fallback_model`.
    pub fallback_model: u32,
}

/// What is true at the moment of a decision. Unlike [`Policies`], nothing of it is kept.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Facts {
    /// Whether another model route could be taken.
    pub other_routes: OtherRoutes,
    /// A number in [0, 1) for the jitter.
    pub random: f64,
    /// When the decision is made.
    pub now: Timestamp,
}

/// Whether there is a route beside the one that failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherRoutes {
    /// At least one could be taken now.
    Available,
    /// There is none, or all are left alone.
    None,
}

/// Whether `fallback_mock` may act.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandIns {
    /// Never: the rung is passed over.
    Forbidden,
    /// The user asked for `--simulate`.
    Simulate,
}

impl Default for Policies {
    /// Two tries a rung, memory doubled twice, waits over a minute parked; no stand-in unless said
    /// so.
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            budget: TaskBudget::default(),
            tries: RungTries::default(),
            memory_raises: 2,
            park_after: Duration::from_secs(60),
            cool_down: Duration::from_secs(60),
            stand_ins: StandIns::Forbidden,
        }
    }
}

impl Default for RungTries {
    /// Two retries of either kind, then one other model.
    fn default() -> Self {
        Self {
            retry: 2,
            retry_with_backoff: 2,
            fallback_model: 1,
        }
    }
}
