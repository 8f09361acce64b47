//! The retries of a whole batch: a token bucket that first attempts and time fill.
//!
//! A provider that is down fails every task at once; without a common bound each would try its own
//! retries to the end. Every first attempt earns a share of a retry, and so many retries a window
//! are there in any case, so that a small batch is not starved. Whole numbers only: what is granted
//! can be proved.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bounds::{OutOfBounds, check};

/// Parts of a first attempt that a percent counts in.
const PERCENT: u64 = 100;

/// How many retries a batch may make. Validated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct RetryBudgetPolicy {
    parts: Parts,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    percent: u32,
    least: u32,
    window_millis: u32,
    saved: u32,
}

/// A retry that the batch cannot afford now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the batch has no retry left in its budget")]
pub struct RetryRefused {
    /// When time alone will have earned one, should nobody else take it; never where only first
    /// attempts earn retries.
    pub again: Option<Timestamp>,
}

/// The bucket: plain data, time comes with each call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RetryBudget {
    policy: RetryBudgetPolicy,
    /// Earned by first attempts, in parts of a retry.
    earned: u64,
    /// Earned by time, in parts of a retry.
    reserve: u64,
    /// Up to when time has been counted.
    counted: Timestamp,
}

impl Default for RetryBudgetPolicy {
    /// One retry for five first attempts and ten a minute in any case; at most a hundred are saved.
    fn default() -> Self {
        Self {
            parts: Parts {
                percent: 20,
                least: 10,
                window_millis: 60_000,
                saved: 100,
            },
        }
    }
}

impl RetryBudgetPolicy {
    /// So many percent of the first attempts, and `least` retries a `window` in any case; at most
    /// `saved` earned ones are kept for later.
    ///
    /// # Errors
    /// Names the figure that lies outside its bounds.
    pub fn try_new(
        percent: u32,
        least: u32,
        window: Duration,
        saved: u32,
    ) -> Result<Self, OutOfBounds> {
        let millis = window.as_millis();
        let window_millis = u32::try_from(millis).unwrap_or(u32::MAX);
        Self::try_from(Parts {
            percent,
            least,
            window_millis,
            saved,
        })
    }
}

impl TryFrom<Parts> for RetryBudgetPolicy {
    type Error = OutOfBounds;

    fn try_from(parts: Parts) -> Result<Self, OutOfBounds> {
        const HOUR: f64 = 3_600_000.0;
        let figures = [
            ("percent", parts.percent.into(), 0.0, 1000.0),
            ("least", parts.least.into(), 0.0, 100_000.0),
            ("window", parts.window_millis.into(), 1.0, HOUR),
            ("saved", parts.saved.into(), 1.0, 100_000.0),
        ];
        check("retry budget", &figures)?;
        Ok(Self { parts })
    }
}

impl From<RetryBudgetPolicy> for Parts {
    fn from(policy: RetryBudgetPolicy) -> Self {
        policy.parts
    }
}

impl RetryBudget {
    /// A bucket with one window's least retries in it.
    #[must_use]
    pub fn new(policy: RetryBudgetPolicy, now: Timestamp) -> Self {
        let mut bucket = Self {
            policy,
            earned: 0,
            reserve: 0,
            counted: now,
        };
        bucket.reserve = bucket.reserve_room();
        bucket
    }

    /// Books the first attempt of a task.
    pub fn first_attempt(&mut self) {
        let parts = self.policy.parts;
        let gain = u64::from(parts.percent) * u64::from(parts.window_millis);
        let room = u64::from(parts.saved) * self.retry();
        self.earned = self.earned.saturating_add(gain).min(room);
    }

    /// Takes one retry out of the bucket.
    ///
    /// # Errors
    /// None is left; it says when time will have earned one.
    pub fn try_retry(&mut self, now: Timestamp) -> Result<(), RetryRefused> {
        self.count_time(now);
        let price = self.retry();
        let purse = if self.earned >= price {
            &mut self.earned
        } else {
            &mut self.reserve
        };
        if let Some(rest) = purse.checked_sub(price) {
            *purse = rest;
            return Ok(());
        }
        Err(RetryRefused {
            again: self.again(),
        })
    }

    /// Adds what time has earned. A clock that goes back earns nothing, and nothing twice.
    fn count_time(&mut self, now: Timestamp) {
        let passed = now.duration_since(self.counted).as_millis();
        let Ok(passed @ 1..) = u64::try_from(passed) else {
            return;
        };
        let gain = passed.saturating_mul(self.gain_a_milli());
        self.reserve = self.reserve.saturating_add(gain).min(self.reserve_room());
        // Only whole milliseconds are counted; the rest is left for the next call.
        let counted = i64::try_from(passed).map(SignedDuration::from_millis);
        self.counted = counted.map_or(now, |by| self.counted.checked_add(by).unwrap_or(now));
    }

    /// When the reserve will hold a retry.
    fn again(&self) -> Option<Timestamp> {
        let missing = self.retry().saturating_sub(self.reserve);
        let millis = missing.div_ceil(self.gain_a_milli().max(1));
        let by = i64::try_from(millis)
            .map(SignedDuration::from_millis)
            .ok()?;
        (self.gain_a_milli() > 0).then(|| self.counted.checked_add(by).ok())?
    }

    /// The parts that make one retry: a percent of a first attempt and the reserve's share of a
    /// millisecond are both whole numbers of them.
    fn retry(&self) -> u64 {
        PERCENT * u64::from(self.policy.parts.window_millis)
    }

    fn gain_a_milli(&self) -> u64 {
        PERCENT * u64::from(self.policy.parts.least)
    }

    fn reserve_room(&self) -> u64 {
        u64::from(self.policy.parts.least) * self.retry()
    }
}

#[cfg(test)]
mod tests;
