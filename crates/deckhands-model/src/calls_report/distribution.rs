//! How figures are distributed.

use serde::{Deserialize, Serialize};

/// Whole figures, counted by bounds, and their sum.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Distribution {
    /// All of them together.
    pub sum: u64,
    /// How many there are up to each bound and above the one before; the last are those above all
    /// bounds. Zeros at the end are left out.
    pub counts: Vec<u64>,
}

impl Distribution {
    /// Of how long a call took, in microseconds: those of `gen_ai.client.operation.duration` in the
    /// semantic conventions of OpenTelemetry for generative AI.
    pub const TOOK_US: [u64; 14] = [
        10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000,
        10_240_000, 20_480_000, 40_960_000, 81_920_000,
    ];

    /// Of the tokens of a call: those of `gen_ai.client.token.usage` there.
    pub const TOKENS: [u64; 14] = [
        1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
        67_108_864,
    ];

    /// Adds a figure by these bounds.
    pub fn add(&mut self, bounds: &[u64], figure: u64) {
        let place = bounds.iter().take_while(|bound| **bound < figure).count();
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
        self.sum = self.sum.saturating_add(figure);
    }

    /// Adds another one that was made by the same bounds.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// How many figures there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}
