//! Prices by model: those that come with the crate, and the user's own over them.

use std::collections::BTreeMap;

use deckhands_model::{ModelId, ModelIdError, Usd};
use serde::Deserialize;

use super::price::{LongPrice, Price, PriceError, Rate};
use crate::provider::{own_model_id, runs_here};

/// The file that comes with the crate.
const BUILT_IN: &str = include_str!("prices.toml");

/// The form of the file that is read here.
const VERSION: u32 = 1;

/// Where prices come from.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// In words.
    pub origin: String,
    /// When they held, as `YYYY-MM` or `YYYY-MM-DD`; empty where nobody said.
    pub date: String,
}

/// What models cost. A model that is not in it has no known price, which is not the price zero.
///
/// `openrouter/…:free` is free by its name, unless the table says otherwise. So is what runs on the user's own
/// machine, but that is not for its name alone to say: see [`PriceTable::at`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PriceTable {
    origins: Vec<Origin>,
    /// By the id that the provider itself knows, its prefix before it. The number is the origin's.
    prices: BTreeMap<String, (Price, usize)>,
}

/// What is wrong with a table of prices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PriceTableError {
    /// No TOML, an unknown field, or a value of the wrong kind.
    #[error("the table of prices cannot be read")]
    Malformed(#[from] toml::de::Error),
    /// A form of the file that this program does not know.
    #[error("the table of prices has version {found}: this program reads version {VERSION}")]
    Version {
        /// What the file says.
        found: u32,
    },
    /// A key that is no model id.
    #[error("a price is given for what is no model")]
    Id(#[from] ModelIdError),
    /// A figure that can be no price.
    #[error("the price of `{model}`")]
    Figure {
        /// The model.
        model: String,
        /// What is wrong.
        #[source]
        source: PriceError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: u32,
    #[serde(default)]
    tables: Vec<RawTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    origin: String,
    date: String,
    models: BTreeMap<String, RawPrice>,
}

/// US dollars for a million tokens, or for a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrice {
    input: f64,
    output: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
    request: Option<f64>,
    long: Option<RawLong>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLong {
    above: u64,
    input: f64,
    output: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
}

impl PriceTable {
    /// The table that comes with the crate.
    ///
    /// # Errors
    /// None in a crate that passes its tests.
    pub fn built_in() -> Result<Self, PriceTableError> {
        Self::parse(BUILT_IN)
    }

    /// Reads a table from TOML, in the form of the crate's own `prices.toml`. A later table's price
    /// takes the place of an earlier one's.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse(text: &str) -> Result<Self, PriceTableError> {
        let file: RawFile = toml::from_str(text)?;
        if file.version != VERSION {
            return Err(PriceTableError::Version {
                found: file.version,
            });
        }
        let mut table = Self::default();
        for raw in file.tables {
            let mut prices = Vec::with_capacity(raw.models.len());
            for (name, price) in raw.models {
                let model = ModelId::resolve(&name)?;
                let price = price.checked().map_err(|source| PriceTableError::Figure {
                    model: name,
                    source,
                })?;
                prices.push((model, price));
            }
            let RawTable { origin, date, .. } = raw;
            table = table.with(Origin { origin, date }, prices);
        }
        Ok(table)
    }

    /// This table with other prices over it, such as the user's own.
    #[must_use]
    pub fn with(
        mut self,
        origin: Origin,
        prices: impl IntoIterator<Item = (ModelId, Price)>,
    ) -> Self {
        let number = self.origins.len();
        self.origins.push(origin);
        let prices = prices.into_iter();
        self.prices
            .extend(prices.map(|(model, price)| (key(&model), (price, number))));
        self
    }

    /// What a model costs; none where nobody knows.
    #[must_use]
    pub fn get(&self, model: &ModelId) -> Option<Price> {
        let told = self.prices.get(&key(model)).map(|(price, _)| *price);
        told.or_else(|| free_by_name(model).then_some(Price::FREE))
    }

    /// What a model costs at an address; none of its own is the provider's. What a server on this machine
    /// runs costs nothing, unless the table says otherwise.
    #[must_use]
    pub fn at(&self, model: &ModelId, base_url: Option<&str>) -> Option<Price> {
        let here = || runs_here(model, base_url).then_some(Price::FREE);
        self.get(model).or_else(here)
    }

    /// Where its price comes from; none for one that is unknown, or free by its name.
    #[must_use]
    pub fn origin(&self, model: &ModelId) -> Option<&Origin> {
        let (_, number) = self.prices.get(&key(model))?;
        self.origins.get(*number)
    }
}

impl RawPrice {
    fn checked(self) -> Result<Price, PriceError> {
        let long = self.long.map(|long| {
            Ok(LongPrice {
                above: long.above,
                input: Rate::per_million(long.input)?,
                cached: long.cached.map(Rate::per_million).transpose()?,
                cache_write: long.cache_write.map(Rate::per_million).transpose()?,
                output: Rate::per_million(long.output)?,
            })
        });
        let request = self.request.unwrap_or_default();
        Ok(Price {
            cached: self.cached.map(Rate::per_million).transpose()?,
            cache_write: self.cache_write.map(Rate::per_million).transpose()?,
            request: Usd::from_f64_up(request).ok_or(PriceError { usd: request })?,
            long: long.transpose()?,
            ..Price::per_million(self.input, self.output)?
        })
    }
}

/// One key for every way to write a model's id.
fn key(model: &ModelId) -> String {
    let own = own_model_id(model).map_or_else(|_| model.own_id().to_owned(), String::from);
    format!("{}/{own}", model.provider())
}

fn free_by_name(model: &ModelId) -> bool {
    model.provider() == "openrouter" && model.own_id().ends_with(":free")
}

#[cfg(test)]
mod tests;
