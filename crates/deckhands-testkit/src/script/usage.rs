//! What a completion costs, and what it tells about that.

use serde_json::Value;

/// Decimal places of a US dollar down to the nanodollar.
const NANO_PLACES: usize = 9;

/// What no client should rely on: a completion that tells its price wrongly or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum WrongUsage {
    /// There is no `usage`.
    Absent,
    /// `usage` is this value.
    Value(Value),
}

/// What a completion tells about its price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Tokens of the request, 700 unless told otherwise.
    pub prompt_tokens: u64,
    /// Tokens of the answer, 50 unless told otherwise.
    pub completion_tokens: u64,
    /// Tokens of the request that came from the provider's cache, if told.
    pub cached_tokens: Option<u64>,
    /// Price in US dollars as OpenRouter tells it, if told.
    pub cost: Option<f64>,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            prompt_tokens: 700,
            completion_tokens: 50,
            cached_tokens: None,
            cost: None,
        }
    }
}

impl Usage {
    /// The price in nanodollars, rounded up, of the decimal number that stands in the answer; none if no price is
    /// told or if it is below 0.
    #[must_use]
    pub fn cost_nanos(&self) -> Option<u64> {
        let cost = self
            .cost
            .filter(|cost| cost.is_finite() && !cost.is_sign_negative())?;
        // Shortest decimal that means this number, never with an exponent: what JSON has too.
        let text = cost.to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let (kept, dropped) = part.split_at(part.len().min(NANO_PLACES));
        let nanos = format!("{whole}{kept:0<NANO_PLACES$}");
        // Only a number too large for the type has digits that do not parse.
        let nanos = nanos.parse().unwrap_or(u64::MAX);
        let more = dropped.bytes().any(|digit| digit != b'0');
        Some(nanos.saturating_add(u64::from(more)))
    }
}

#[cfg(test)]
mod tests;
