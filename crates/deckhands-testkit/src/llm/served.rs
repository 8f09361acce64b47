//! What the provider has served and would be paid for.

use std::collections::BTreeMap;

use crate::script::Usage;

/// Tokens and money of some completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charge {
    /// How many completions these are.
    pub completions: u64,
    /// Tokens of their requests.
    pub prompt_tokens: u64,
    /// Tokens of the answers.
    pub completion_tokens: u64,
    /// Tokens of the requests that came from a cache, as far as told.
    pub cached_tokens: u64,
    /// Their price in nanodollars (a thousand-millionth of a US dollar), each rounded up, as far as told.
    pub cost_nanos: u64,
    /// How many of them tell no price.
    pub unpriced: u64,
}

/// The completions of a model or of all, by how far they came.
///
/// What counts is the usage that the script gives, also where the answer tells another or none. An answer that is no
/// completion (a status, a `raw` text, an error before any content) costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Served {
    /// Those that were handed to the connection to their end. A client that leaves in the same moment may have missed
    /// some of it.
    pub whole: Charge,
    /// Those that have begun and are not at their end, because they are still under way, broke off, ended with an
    /// error, or were left by the client.
    pub begun: Charge,
}

impl Charge {
    /// One completion of this usage.
    pub(super) fn of(usage: &Usage) -> Self {
        let cost = usage.cost_nanos();
        Self {
            completions: 1,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            cached_tokens: usage.cached_tokens.unwrap_or_default(),
            cost_nanos: cost.unwrap_or_default(),
            unpriced: u64::from(cost.is_none()),
        }
    }

    /// Both together; a sum that is too large for its type is the largest.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    fn minus(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }

    fn each(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            completions: both(self.completions, other.completions),
            prompt_tokens: both(self.prompt_tokens, other.prompt_tokens),
            completion_tokens: both(self.completion_tokens, other.completion_tokens),
            cached_tokens: both(self.cached_tokens, other.cached_tokens),
            cost_nanos: both(self.cost_nanos, other.cost_nanos),
            unpriced: both(self.unpriced, other.unpriced),
        }
    }
}

/// The charges by model.
#[derive(Debug, Default)]
pub(super) struct Till {
    models: BTreeMap<String, Served>,
}

impl Till {
    /// A completion begins.
    pub(super) fn begin(&mut self, model: &str, charge: Charge) {
        let served = self.models.entry(model.to_owned()).or_default();
        served.begun = served.begun.plus(charge);
    }

    /// A completion that had begun is whole.
    pub(super) fn finish(&mut self, model: &str, charge: Charge) {
        let served = self.models.entry(model.to_owned()).or_default();
        served.begun = served.begun.minus(charge);
        served.whole = served.whole.plus(charge);
    }

    /// What one model has served.
    pub(super) fn of(&self, model: &str) -> Served {
        self.models.get(model).copied().unwrap_or_default()
    }

    /// What all models have served.
    pub(super) fn all(&self) -> Served {
        let nothing = Served::default();
        self.models.values().fold(nothing, |sum, served| Served {
            whole: sum.whole.plus(served.whole),
            begun: sum.begun.plus(served.begun),
        })
    }
}

#[cfg(test)]
mod tests;
