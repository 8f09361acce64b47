//! What a call costs by its tokens, and what it can cost at most.

use deckhands_model::Usd;

use super::price::{LongPrice, Price, Rate};

/// Tokens that a request may have beyond one for each byte of its body: 1,024.
///
/// A token of text stands for at least one byte of it, and a request in the OpenAI form writes
/// every text out, names and braces around it: about 28 bytes for a message, where chat templates put
/// 4 or 5 tokens. What a provider adds by itself is of fixed size: the longest one published is
/// the prompt for the use of tools before Anthropic's models, at most 530 tokens.
pub const MARGIN_TOKENS: u64 = 1024;

/// Picodollars in one nanodollar.
const PER_NANO: u128 = 1000;

/// What a call spent in tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tokens {
    /// All input: what came from the cache and what was put there included.
    pub input: u64,
    /// Of the input, what came from the provider's cache.
    pub cached: u64,
    /// Of the input, what was put into the provider's cache.
    pub cache_written: u64,
    /// All output, reasoning included.
    pub output: u64,
}

/// What a call with these tokens costs, rounded up to the next nanodollar; [`Usd::MAX`] where it
/// would be more.
///
/// More cached tokens than input count as no more than the input.
#[must_use]
pub fn cost(price: &Price, tokens: Tokens) -> Usd {
    let cached = tokens.cached.min(tokens.input);
    let written = tokens.cache_written.min(tokens.input - cached);
    let plain = tokens.input - cached - written;
    let rates = match price.long.filter(|long| tokens.input > long.above) {
        Some(long) => Rates::long(&long),
        None => Rates::usual(price),
    };
    let parts = [
        (plain, rates.input),
        (cached, rates.cached),
        (written, rates.cache_write),
        (tokens.output, rates.output),
    ];
    total(price.request, parts)
}

/// The most that a call can cost: an upper bound, known before it.
///
/// Its input has at most one token for each byte of the body as it is sent, and [`MARGIN_TOKENS`]
/// more; each is counted at the dearest price of input, and each token of output at the dearest of
/// output. It holds under these conditions, which the caller sees to:
///
/// - the body passed [`bounded`](super::bounded()): images, sound and files can have more tokens than bytes
///   and are refused there, as is what else makes a request dearer than its text;
/// - the request names `max_output_tokens` as its bound, in the field that the provider obeys, and the
///   provider counts reasoning within it;
/// - the price is the provider's: one that passes calls on to others, such as OpenRouter, may take a dearer
///   one unless the request forbids it (`provider.max_price` there).
#[must_use]
pub fn worst_case(price: &Price, request_bytes: u64, max_output_tokens: u64) -> Usd {
    let input = request_bytes.saturating_add(MARGIN_TOKENS);
    let long = price.long.filter(|long| input > long.above);
    let usual = Rates::usual(price);
    let long = long.map_or(usual, |long| Rates::long(&long));
    let parts = [
        (input, usual.dearest_input().max(long.dearest_input())),
        (max_output_tokens, usual.output.max(long.output)),
    ];
    total(price.request, parts)
}

/// Every rate of one length of input; what is unknown is as any input.
#[derive(Clone, Copy)]
struct Rates {
    input: Rate,
    cached: Rate,
    cache_write: Rate,
    output: Rate,
}

impl Rates {
    fn usual(price: &Price) -> Self {
        Self {
            input: price.input,
            cached: price.cached.unwrap_or(price.input),
            cache_write: price.cache_write.unwrap_or(price.input),
            output: price.output,
        }
    }

    fn long(price: &LongPrice) -> Self {
        Self {
            input: price.input,
            cached: price.cached.unwrap_or(price.input),
            cache_write: price.cache_write.unwrap_or(price.input),
            output: price.output,
        }
    }

    fn dearest_input(&self) -> Rate {
        self.input.max(self.cached).max(self.cache_write)
    }
}

fn total<const N: usize>(request: Usd, parts: [(u64, Rate); N]) -> Usd {
    let picodollars = parts.into_iter().fold(0_u128, |sum, (tokens, rate)| {
        // Two numbers of 64 bits: the product fits, and so do a few of them but for the last bit.
        sum.saturating_add(u128::from(tokens) * u128::from(rate.as_picodollars()))
    });
    let nanos = picodollars.div_ceil(PER_NANO);
    let tokens = Usd::nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    tokens.saturating_add(request)
}

#[cfg(test)]
mod tests;
