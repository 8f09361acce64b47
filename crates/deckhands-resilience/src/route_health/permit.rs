//! The right to make one call, and what becomes of it.

use deckhands_model::{Cause, ModelId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The right to make one call on a route.
///
/// Plain data: dropping it gives nothing back. A probe that is neither settled nor released keeps
/// its place until it lapses.
#[derive(PartialEq, Eq, Debug)]
#[must_use = "a call that is not made gives its permit back with `release`"]
pub struct Permit {
    pub(super) route: ModelId,
    pub(super) id: u64,
    /// The state changes of the breaker when the permit was given: what a call says about a route
    /// that has changed its state since is stale.
    pub(super) epoch: u64,
    pub(super) probe: bool,
}

impl Permit {
    /// The route it is for.
    #[must_use]
    pub const fn route(&self) -> &ModelId {
        &self.route
    }

    /// Whether the call is a probe, which tests whether the route has recovered.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        self.probe
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum CallEnd {
    /// The route gave a usable answer.
    Success,
    /// It did not.
    Failure {
        /// Why; one that the route is not to blame for says nothing about it.
        cause: Cause,
        /// The time the provider named, not before which the route is of use.
        reset: Option<Timestamp>,
    },
    /// It wants fewer calls, or has too much to do, for no longer than its caller waits. It counts as a
    /// failure, but opens no breaker that is closed: that would last longer than what is waited for.
    Busy {
        /// As of a failure.
        cause: Cause,
        /// As of a failure.
        reset: Option<Timestamp>,
    },
    /// The call was dropped before it had an answer.
    Abandoned,
}

/// A route that must not be called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the route is left alone until {until}: {why}")]
pub struct Refused {
    /// When asking again is of use.
    pub until: Timestamp,
    /// Why.
    pub why: RefusedWhy,
}

/// Why a route must not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RefusedWhy {
    /// Its breaker is open.
    #[error("its breaker is open")]
    Open,
    /// Its provider named a time.
    #[error("its provider asked for it")]
    Resting,
    /// Its breaker is half-open, and all probes are under way.
    #[error("all its probes are under way")]
    ProbesOut,
}
