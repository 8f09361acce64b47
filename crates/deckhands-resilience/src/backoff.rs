//! The retry policy and its delays; the only file of the workspace that uses the `backoff` crate.
//!
//! Of that crate only the curve is used, as a function of the stored number of the retry: its own
//! jitter cannot be seeded and exceeds the maximum, and its limit of elapsed time is counted on its
//! own clock from the moment it is built. Jitter is ours, from a number that the caller drew, and
//! the maximum holds after it.

use std::time::Duration;

use ::backoff::ExponentialBackoffBuilder;
use ::backoff::backoff::Backoff;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bounds::{OutOfBounds, check};

/// The curve is walked at most so far, and stays where it is then. No policy makes so many retries.
const LONGEST_WALK: u32 = 64;

/// How often and after which delays a failed attempt is made again. Validated and immutable.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "RetryPolicyParts", into = "RetryPolicyParts")]
pub struct RetryPolicy {
    parts: RetryPolicyParts,
}

/// The figures of a [`RetryPolicy`] before they are checked.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicyParts {
    /// Retries after the first attempt, 0 to 10.
    pub retries: u32,
    /// Delay before the first retry in seconds, 0.1 to 60.
    pub base_seconds: f64,
    /// Longest delay in seconds, jitter included; from the base to a day.
    pub max_seconds: f64,
    /// What each further delay is multiplied with, 1 to 10.
    pub factor: f64,
    /// Share of a delay by which it may be shorter or longer, 0 to 1.
    pub jitter: f64,
}

impl Default for RetryPolicyParts {
    fn default() -> Self {
        Self {
            retries: 5,
            base_seconds: 1.0,
            max_seconds: 60.0,
            factor: 2.0,
            jitter: 0.2,
        }
    }
}

impl Default for RetryPolicy {
    /// Five retries from one second on, doubling up to a minute, ±20 %.
    fn default() -> Self {
        Self {
            parts: RetryPolicyParts::default(),
        }
    }
}

impl RetryPolicy {
    /// Checks every figure.
    ///
    /// # Errors
    /// Names the first figure that lies outside its bounds.
    pub fn try_new(parts: RetryPolicyParts) -> Result<Self, OutOfBounds> {
        const DAY: f64 = 86_400.0;
        let figures = [
            ("retries", f64::from(parts.retries), 0.0, 10.0),
            ("base_seconds", parts.base_seconds, 0.1, 60.0),
            ("max_seconds", parts.max_seconds, parts.base_seconds, DAY),
            ("factor", parts.factor, 1.0, 10.0),
            ("jitter", parts.jitter, 0.0, 1.0),
        ];
        check("retry policy", &figures)?;
        Ok(Self { parts })
    }

    /// Retries after the first attempt.
    #[must_use]
    pub const fn retries(&self) -> u32 {
        self.parts.retries
    }

    /// Longest delay, jitter included.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_secs_f64(self.parts.max_seconds)
    }

    /// The figures, e.g. to change one and check again.
    #[must_use]
    pub const fn parts(&self) -> RetryPolicyParts {
        self.parts
    }

    /// The delays of all retries of this policy without jitter, for displays.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        let policy = *self;
        (1..=policy.retries()).map(move |n| curve(n, &policy))
    }
}

impl TryFrom<RetryPolicyParts> for RetryPolicy {
    type Error = OutOfBounds;

    fn try_from(parts: RetryPolicyParts) -> Result<Self, OutOfBounds> {
        Self::try_new(parts)
    }
}

impl From<RetryPolicy> for RetryPolicyParts {
    fn from(policy: RetryPolicy) -> Self {
        policy.parts
    }
}

/// The delay before retry `n` (the first is 1; 0 is taken as 1), with jitter from `random`, a number
/// in [0, 1): 0 is the shortest delay, 0.5 the middle. Never above the policy's maximum.
#[must_use]
pub fn delay(n: u32, policy: &RetryPolicy, random: f64) -> Duration {
    let unit = if random.is_finite() {
        random.clamp(0.0, 1.0)
    } else {
        0.5
    };
    let factor = 1.0 + policy.parts.jitter * (2.0 * unit - 1.0);
    curve(n, policy).mul_f64(factor.max(0.0)).min(policy.max())
}

/// When retry `n` may start: after its delay, and not before `reset`, the time that a provider named.
#[must_use]
pub fn retry_at(
    now: Timestamp,
    n: u32,
    policy: &RetryPolicy,
    random: f64,
    reset: Option<Timestamp>,
) -> Timestamp {
    let own = later(now, delay(n, policy, random));
    reset.map_or(own, |reset| reset.max(own))
}

/// `now` and so much time; the end of time where that would lie behind it.
pub(crate) fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| now.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The delay before retry `n` without jitter.
fn curve(n: u32, policy: &RetryPolicy) -> Duration {
    let mut walk = ExponentialBackoffBuilder::new()
        .with_initial_interval(Duration::from_secs_f64(policy.parts.base_seconds))
        .with_max_interval(policy.max())
        .with_multiplier(policy.parts.factor)
        .with_randomization_factor(0.0)
        .with_max_elapsed_time(None)
        .build();
    for _ in 1..n.min(LONGEST_WALK) {
        // Its answer is drawn with its own randomness; what counts is the interval it moves to.
        let _drawn = walk.next_backoff();
    }
    walk.current_interval.min(policy.max())
}

#[cfg(test)]
mod tests;
