//! What a call is booked with in the end.

use deckhands_model::Usd;

use super::cost::cost;
use super::price::Price;
use super::told::Told;

/// Whose figure is booked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BookedBy {
    /// The provider's own.
    Provider,
    /// The tokens that the provider told, at our price.
    Table,
    /// Neither was told: the most that the call can have cost.
    Worst,
}

/// What a call is booked with, and what else was known of its cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Booked {
    /// What is booked.
    pub spent: Usd,
    /// Whose figure that is.
    pub by: BookedBy,
    /// The told tokens at our price, where both are known.
    pub table: Option<Usd>,
    /// The provider's own figure, where it told one.
    pub provider: Option<Usd>,
    /// By how much it is more than was reserved, if it is. It is booked in full all the same: it was spent.
    /// A price was wrong, or a bound did not hold.
    pub over_reserved: Option<Usd>,
}

impl Booked {
    /// Of what the provider told, or the reserved worst case. The provider's own figure wins over ours.
    #[must_use]
    pub fn of(told: Told, price: Option<&Price>, reserved: Usd) -> Self {
        let table = price
            .zip(told.tokens)
            .map(|(price, tokens)| cost(price, tokens));
        let (spent, by) = match (told.cost, table) {
            (Some(cost), _) => (cost, BookedBy::Provider),
            (None, Some(cost)) => (cost, BookedBy::Table),
            (None, None) => (reserved, BookedBy::Worst),
        };
        Self {
            spent,
            by,
            table,
            provider: told.cost,
            over_reserved: (spent > reserved).then(|| spent.saturating_sub(reserved)),
        }
    }

    /// The worst case, where nothing was told.
    #[must_use]
    pub fn worst(reserved: Usd) -> Self {
        Self::of(Told::default(), None, reserved)
    }

    /// The provider's figure and ours, where both are known and are not the same.
    #[must_use]
    pub fn differing(&self) -> Option<(Usd, Usd)> {
        self.provider
            .zip(self.table)
            .filter(|(provider, table)| provider != table)
    }
}

#[cfg(test)]
mod tests;
