//! What a provider told of a call's tokens and cost, in the forms that providers have.

use deckhands_model::Usd;
use serde_json::Value;

use super::cost::Tokens;

/// What a provider told. Unknown is `None`, never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Its tokens; none unless both input and output are told.
    pub tokens: Option<Tokens>,
    /// Its cost in the provider's own figure.
    pub cost: Option<Usd>,
}

/// Where providers tell how much of the input came from their cache: most in the details, `DeepSeek` and
/// Moonshot beside the sum.
const CACHED: [&str; 3] = [
    "/prompt_tokens_details/cached_tokens",
    "/prompt_cache_hit_tokens",
    "/cached_tokens",
];

/// Where they tell how much of it they put there.
const CACHE_WRITTEN: [&str; 2] = [
    "/prompt_tokens_details/cache_write_tokens",
    "/cache_creation_input_tokens",
];

impl Told {
    /// Reads the `usage` of an answer. What is no number, or none that can be, is unknown.
    ///
    /// Where a sum of tokens is told that is greater than input and output, the rest is output: some
    /// providers (xAI) leave reasoning out of `completion_tokens` and charge it all the same.
    #[must_use]
    pub fn of_usage(usage: &Value) -> Self {
        Self {
            tokens: tokens(usage),
            cost: cost(usage).and_then(Usd::from_f64_up),
        }
    }
}

/// The cost in dollars that a usage tells, as it stands there. Where a router called the provider behind it
/// with the user's own key (BYOK at OpenRouter), what that one charges comes on top of the router's fee; where
/// nobody says how much that is, the fee alone is no cost.
pub(crate) fn cost(usage: &Value) -> Option<f64> {
    let cost = usage.get("cost").and_then(Value::as_f64);
    if usage.get("is_byok").and_then(Value::as_bool) != Some(true) {
        return cost;
    }
    let behind = usage.pointer("/cost_details/upstream_inference_cost");
    let behind = behind
        .and_then(Value::as_f64)
        .filter(|behind| *behind >= 0.0)?;
    Some(cost.unwrap_or_default() + behind)
}

fn tokens(usage: &Value) -> Option<Tokens> {
    let told = |name: &str| usage.get(name).and_then(Value::as_u64);
    let (input, output) = told("prompt_tokens").zip(told("completion_tokens"))?;
    let total = told("total_tokens").unwrap_or_default();
    Some(Tokens {
        input,
        cached: first(usage, &CACHED).min(input),
        cache_written: first(usage, &CACHE_WRITTEN).min(input),
        output: output.max(total.saturating_sub(input)),
    })
}

fn first(usage: &Value, places: &[&str]) -> u64 {
    let told = places
        .iter()
        .find_map(|place| usage.pointer(place).and_then(Value::as_u64));
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests;
