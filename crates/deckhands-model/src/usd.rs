//! Money: US dollars as a whole number of nanodollars.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Nanodollars in one dollar.
const PER_DOLLAR: u64 = 1_000_000_000;

/// Digits behind the point that a nanodollar needs.
const DECIMALS: usize = 9;

/// An amount of US dollars, exact to the nanodollar (1e-9 USD); at most about 18.4 billion dollars.
///
/// Its text form is what people write: `$0.50`, `$2`, `0.0123`. As data it is the number of
/// nanodollars. Arithmetic stops at the ends instead of wrapping.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Usd(u64);

/// A text that is no amount of money.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{text}` is not an amount of US dollars: write e.g. `0.50` or `$2`, with at most nine digits \
     behind the point"
)]
pub struct UsdError {
    /// The refused text.
    pub text: String,
}

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The greatest amount there is.
    pub const MAX: Self = Self(u64::MAX);

    /// So many nanodollars.
    #[must_use]
    pub const fn nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// So many dollars, or the greatest amount.
    #[must_use]
    pub const fn dollars(dollars: u64) -> Self {
        Self(dollars.saturating_mul(PER_DOLLAR))
    }

    /// The number of nanodollars.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// In dollars, as near as a float can be; for displays and documents only.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond nine million dollars the last digits are lost, which no display shows"
    )]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / PER_DOLLAR as f64
    }

    /// An amount told as a float of dollars. What a whole number of nanodollars is written as becomes
    /// that number; anything else is rounded up.
    ///
    /// None for what is negative, no number, or more than [`Usd::MAX`].
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 0 and the greatest amount"
    )]
    pub fn from_f64_up(dollars: f64) -> Option<Self> {
        let nanos = dollars * PER_DOLLAR as f64;
        if !(0.0..u64::MAX as f64).contains(&nanos) {
            return None;
        }
        // The product may lie a hair beside the whole number that was written as `dollars`.
        let nearest = nanos.round();
        let enough = nearest / PER_DOLLAR as f64 >= dollars;
        let up = if enough { nearest } else { nearest + 1.0 };
        Some(Self(up as u64))
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Both together, or the greatest amount.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left without `other`, or nothing.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times as much, or the greatest amount.
    #[must_use]
    pub const fn saturating_mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

/// Exact, with at least cents: `$2.00`, `$0.0123`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:09}", self.0 % PER_DOLLAR);
        let (cents, rest) = digits.split_at(2);
        let rest = rest.trim_end_matches('0');
        f.pad(&format!("${}.{cents}{rest}", self.0 / PER_DOLLAR))
    }
}

impl FromStr for Usd {
    type Err = UsdError;

    fn from_str(text: &str) -> Result<Self, UsdError> {
        nanos_in(text).map(Self).ok_or_else(|| UsdError {
            text: text.to_owned(),
        })
    }
}

fn nanos_in(text: &str) -> Option<u64> {
    let text = text.trim();
    let text = text.strip_prefix('$').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > DECIMALS {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<DECIMALS$}").parse().ok()?;
    whole.checked_mul(PER_DOLLAR)?.checked_add(part)
}

#[cfg(test)]
mod tests;
