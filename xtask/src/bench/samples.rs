//! Repeated measurements of one thing.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// Measured times in milliseconds; negative ones come from differences.
#[derive(Default, Debug)]
pub(super) struct Samples(Vec<f64>);

impl Samples {
    pub(super) fn push(&mut self, time: Duration) {
        self.0.push(milliseconds(time));
    }

    /// Takes what is left of `time` without `part`.
    pub(super) fn push_rest(&mut self, time: Duration, part: Duration) {
        self.0.push(milliseconds(time) - milliseconds(part));
    }

    /// The middle one; of an even number the mean of the middle two; 0 of none.
    pub(super) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let upper = sorted.len() / 2;
        let lower = sorted.len().saturating_sub(1) / 2;
        let middle = sorted.get(lower).zip(sorted.get(upper));
        middle.map_or(0.0, |(a, b)| f64::midpoint(*a, *b))
    }

    /// The smallest and the largest.
    pub(super) fn range(&self) -> (f64, f64) {
        let smallest = self.0.iter().copied().min_by(f64::total_cmp);
        let largest = self.0.iter().copied().max_by(f64::total_cmp);
        (smallest.unwrap_or_default(), largest.unwrap_or_default())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
