//! Chance that can be had again: by the seed, which a failed test has printed.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// Says which seed to take.
const VARIABLE: &str = "DECKHANDS_E2E_SEED";

/// A sequence of numbers.
#[derive(Debug)]
pub(super) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// From the seed that the environment says, or one that nobody knows before.
    pub(super) fn new() -> Self {
        let told = std::env::var_os(VARIABLE);
        let seed = told.map(|seed| seed.to_string_lossy().parse().expect("a seed is a number"));
        let new = || Timestamp::now().as_nanosecond().unsigned_abs();
        Self::of(seed.unwrap_or_else(|| u64::try_from(new() % u128::from(u64::MAX)).unwrap_or(1)))
    }

    fn of(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// A sequence of its own for somebody who works beside.
    pub(super) fn branch(&mut self) -> Self {
        Self::of(self.next())
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A time between two numbers of milliseconds.
    pub(super) fn millis(&mut self, (least, most): (u64, u64)) -> Duration {
        Duration::from_millis(least + self.next() % (most - least))
    }

    /// A number of seconds between two.
    pub(super) fn seconds(&mut self, least: f64, most: f64) -> f64 {
        let part = u32::try_from(self.next() >> 40).unwrap_or(0);
        least + (most - least) * f64::from(part) / f64::from(1_u32 << 24)
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VARIABLE}={}", self.seed)
    }
}
