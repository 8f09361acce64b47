//! How long a call leaves a route alone that failed without naming a time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The longest such pause.
const LONGEST: Duration = Duration::from_secs(15);

/// The pause after so many failures in a row: the first one, doubled with each of the others.
pub(super) fn after(failures: u32, first: Duration) -> Duration {
    let doubled = 1_u32 << failures.saturating_sub(1).min(16);
    first.saturating_mul(doubled).min(LONGEST)
}

/// A pause that is shorter by up to so many percent, as the number draws it: agents that were refused at
/// the same time come again at different ones.
pub(super) fn spread(pause: Duration, percent: u32, drawn: u64) -> Duration {
    let share = u128::from(percent.min(100)) * u128::from(drawn >> 32);
    let less = (pause.as_nanos() * share / 100) >> 32;
    let less = Duration::from_nanos(u64::try_from(less).unwrap_or(u64::MAX));
    pause.saturating_sub(less)
}

/// A number drawn by what it is for: the same for the same, whenever it is asked.
pub(super) fn drawn(by: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    by.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
