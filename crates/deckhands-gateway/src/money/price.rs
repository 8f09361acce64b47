//! What a model's tokens cost.

use deckhands_model::Usd;

/// Picodollars in one microdollar.
const PER_MICRO: f64 = 1e6;

/// The price of one token in picodollars (1e-12 USD), which is the same number as microdollars for a
/// million tokens. Exact: providers write prices with at most six digits for a million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Rate(u64);

/// A price that cannot be.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{usd} is no price in US dollars: it must be zero or more, and at most a million")]
pub struct PriceError {
    /// The refused figure.
    pub usd: f64,
}

impl Rate {
    /// Nothing.
    pub const FREE: Self = Self(0);

    /// So many picodollars a token.
    #[must_use]
    pub const fn picodollars(picodollars: u64) -> Self {
        Self(picodollars)
    }

    /// So many US dollars for a million tokens, as price lists have it; what is finer than a picodollar
    /// a token is rounded up.
    ///
    /// # Errors
    /// [`PriceError`] for what is negative, no number, or more than a dollar for one token.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 0 and 1e12"
    )]
    pub fn per_million(usd: f64) -> Result<Self, PriceError> {
        if !(0.0..=PER_MICRO).contains(&usd) {
            return Err(PriceError { usd });
        }
        let picodollars = usd * PER_MICRO;
        // The product may lie a hair beside the whole number that was written as `usd`.
        let nearest = picodollars.round();
        let exact = nearest / PER_MICRO >= usd;
        Ok(Self(if exact { nearest } else { picodollars.ceil() } as u64))
    }

    /// In picodollars a token.
    #[must_use]
    pub const fn as_picodollars(self) -> u64 {
        self.0
    }

    /// In US dollars for a million tokens, as near as a float can be.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "what is lost are millionths of a dollar beside billions"
    )]
    pub fn as_per_million(self) -> f64 {
        self.0 as f64 / PER_MICRO
    }
}

/// The price of a model. What is `None` is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    /// Of a token of input.
    pub input: Rate,
    /// Of a token of input that the provider had in its cache; as any input where unknown.
    pub cached: Option<Rate>,
    /// Of a token of input that the provider put into its cache; as any input where unknown.
    pub cache_write: Option<Rate>,
    /// Of a token of output, reasoning included.
    pub output: Rate,
    /// Of each request, whatever its tokens.
    pub request: Usd,
    /// Other prices for all tokens of a request with long input.
    pub long: Option<LongPrice>,
}

/// What all tokens of a request cost whose input is longer than a bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LongPrice {
    /// Tokens of input up to which the usual price holds.
    pub above: u64,
    /// Of a token of input.
    pub input: Rate,
    /// Of one that the provider had in its cache; as any input where unknown.
    pub cached: Option<Rate>,
    /// Of one that it put there; as any input where unknown.
    pub cache_write: Option<Rate>,
    /// Of a token of output.
    pub output: Rate,
}

impl Price {
    /// Costs nothing.
    pub const FREE: Self = Self::of(Rate::FREE, Rate::FREE);

    /// Input and output, and nothing else known.
    #[must_use]
    pub const fn of(input: Rate, output: Rate) -> Self {
        Self {
            input,
            cached: None,
            cache_write: None,
            output,
            request: Usd::ZERO,
            long: None,
        }
    }

    /// US dollars for a million tokens of input and of output.
    ///
    /// # Errors
    /// [`PriceError`] as for [`Rate::per_million`].
    pub fn per_million(input: f64, output: f64) -> Result<Self, PriceError> {
        Ok(Self::of(
            Rate::per_million(input)?,
            Rate::per_million(output)?,
        ))
    }

    /// The dearest rates of input and of output, whatever the length of a request; what comes from a cache,
    /// or is put there, left out.
    #[must_use]
    pub fn dearest(&self) -> [Rate; 2] {
        let long = self
            .long
            .map_or([self.input, self.output], |long| [long.input, long.output]);
        [self.input.max(long[0]), self.output.max(long[1])]
    }

    /// Whether nothing that it is asked can cost anything.
    #[must_use]
    pub fn is_free(&self) -> bool {
        let usual = [
            Some(self.input),
            self.cached,
            self.cache_write,
            Some(self.output),
        ];
        let long = self.long.map(|long| {
            [
                Some(long.input),
                long.cached,
                long.cache_write,
                Some(long.output),
            ]
        });
        let mut rates = usual
            .into_iter()
            .chain(long.into_iter().flatten())
            .flatten();
        self.request.is_zero() && rates.all(|rate| rate == Rate::FREE)
    }
}

#[cfg(test)]
mod tests;
