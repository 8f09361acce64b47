//! Sums that do not depend on the order of what is added.

use std::time::Duration;

/// A sum of figures with a fraction (seconds, dollars), kept in billionths.
///
/// A `Duration` is exactly that: whole units and billionths, with checked conversions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sum(Duration);

impl Sum {
    /// Adds a figure; one that is negative or no number is nobody's figure and adds nothing.
    pub(super) fn add(&mut self, figure: f64) {
        self.add_time(Duration::try_from_secs_f64(figure).unwrap_or_default());
    }

    /// Adds a time in seconds.
    pub(super) fn add_time(&mut self, time: Duration) {
        self.0 = self.0.saturating_add(time);
    }

    /// The sum, as near as the type can say it.
    pub(super) fn value(self) -> f64 {
        self.0.as_secs_f64()
    }
}

#[cfg(test)]
mod tests;
