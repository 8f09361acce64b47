//! When a breaker opens, for how long, and what closes it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backoff::later;
use crate::bounds::{OutOfBounds, check};

/// The policy of all breakers. Validated and immutable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "BreakerPolicyParts", into = "BreakerPolicyParts")]
pub struct BreakerPolicy {
    parts: BreakerPolicyParts,
}

/// The figures of a [`BreakerPolicy`] before they are checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerPolicyParts {
    /// Whether breakers open at all; times that a provider names are kept in any case.
    pub enabled: bool,
    /// Failures in a row that open a breaker, 1 to 20.
    pub failures: u32,
    /// Seconds until an open breaker lets probes pass, 10 to 600; a provider may name a later time.
    pub cooldown_seconds: u32,
    /// Probes at once, 1 to 20.
    pub probes: u32,
    /// Successes that close a half-open breaker, 1 to 20.
    pub successes: u32,
    /// Seconds after which a probe that was not given back lapses, 1 to 3600.
    pub probe_seconds: u32,
    /// Failures in a row after which other routes go first until the cool-down is over, 1 to 20.
    pub rotate_after: u32,
    /// Longest time in seconds for which a route is left alone, whatever a provider says: from the
    /// cool-down to a week.
    pub longest_seconds: u32,
    /// Routes that are kept track of, 1 to 10,000.
    pub routes: u32,
}

impl Default for BreakerPolicyParts {
    /// Five failures open for a minute; three probes at once, two successes close; rotation after
    /// three failures. A probe lapses after five minutes, a rest ends after a day; 256 routes.
    fn default() -> Self {
        Self {
            enabled: true,
            failures: 5,
            cooldown_seconds: 60,
            probes: 3,
            successes: 2,
            probe_seconds: 300,
            rotate_after: 3,
            longest_seconds: 86_400,
            routes: 256,
        }
    }
}

impl BreakerPolicy {
    /// Checks every figure.
    ///
    /// # Errors
    /// Names the first figure that lies outside its bounds.
    pub fn try_new(parts: BreakerPolicyParts) -> Result<Self, OutOfBounds> {
        const WEEK: f64 = 604_800.0;
        let cooldown = f64::from(parts.cooldown_seconds);
        let figures = [
            ("failures", parts.failures.into(), 1.0, 20.0),
            ("cooldown_seconds", cooldown, 10.0, 600.0),
            ("probes", parts.probes.into(), 1.0, 20.0),
            ("successes", parts.successes.into(), 1.0, 20.0),
            ("probe_seconds", parts.probe_seconds.into(), 1.0, 3600.0),
            ("rotate_after", parts.rotate_after.into(), 1.0, 20.0),
            (
                "longest_seconds",
                parts.longest_seconds.into(),
                cooldown,
                WEEK,
            ),
            ("routes", parts.routes.into(), 1.0, 10_000.0),
        ];
        check("breaker policy", &figures)?;
        Ok(Self { parts })
    }

    /// The figures, e.g. to change one and check again.
    #[must_use]
    pub const fn parts(&self) -> BreakerPolicyParts {
        self.parts
    }

    /// When a cool-down that begins now is over.
    pub(super) fn cooled(&self, now: Timestamp) -> Timestamp {
        after(now, self.parts.cooldown_seconds)
    }

    /// When a probe that starts now lapses.
    pub(super) fn lapses(&self, now: Timestamp) -> Timestamp {
        after(now, self.parts.probe_seconds)
    }

    /// A time that somebody named, at most the longest time away.
    pub(super) fn bounded(&self, until: Timestamp, now: Timestamp) -> Timestamp {
        until.min(after(now, self.parts.longest_seconds))
    }
}

fn after(now: Timestamp, seconds: u32) -> Timestamp {
    later(now, Duration::from_secs(seconds.into()))
}

impl TryFrom<BreakerPolicyParts> for BreakerPolicy {
    type Error = OutOfBounds;

    fn try_from(parts: BreakerPolicyParts) -> Result<Self, OutOfBounds> {
        Self::try_new(parts)
    }
}

impl From<BreakerPolicy> for BreakerPolicyParts {
    fn from(policy: BreakerPolicy) -> Self {
        policy.parts
    }
}
