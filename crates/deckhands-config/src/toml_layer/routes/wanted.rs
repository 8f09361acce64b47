//! What the models of a pool must be that is filled from the registry.

use toml::de::DeTable;

use super::Reader;
use super::fields::{list, word};
use crate::error::ConfigError;
use crate::key::MOST_MODELS;
use crate::pool::Wanted;

/// What may be said of the models of a pool that is filled from the registry.
const WANTED: &[&str] = &[
    "category",
    "complexity",
    "quality",
    "min_context",
    "max_latency_ms",
    "max_usd_per_1k_tokens",
    "capabilities",
    "tools",
    "most",
];

/// Longest time of an answer that can be wanted, in milliseconds: an hour.
const MOST_LATENCY_MS: u32 = 3_600_000;

impl Reader<'_> {
    /// Reads such a table.
    pub(super) fn wanted(self, table: &DeTable<'_>, at: usize) -> Result<Wanted, ConfigError> {
        let fields = self.fields(table, at, WANTED)?;
        let most = u32::try_from(MOST_MODELS).unwrap_or(u32::MAX);
        let most = fields.number("most", 1..=most)?;
        Ok(Wanted {
            category: fields.needed("category", "a kind of work, e.g. `unit_test`", word)?,
            complexity: fields.read("complexity", "`simple`, `moderate` or `complex`", word)?,
            quality: fields.share("quality", 1.0, "a number from 0 to 1")?,
            min_context: fields.number("min_context", 0..=u32::MAX)?,
            max_latency_ms: fields.number("max_latency_ms", 1..=MOST_LATENCY_MS)?,
            max_usd_per_1k_tokens: fields.share(
                "max_usd_per_1k_tokens",
                f64::MAX,
                "US dollars for a thousand tokens",
            )?,
            capabilities: fields
                .read(
                    "capabilities",
                    "a list of abilities, e.g. `[\"tools\"]`",
                    list,
                )?
                .unwrap_or_default(),
            native_tools: fields.tools()?,
            most: most.map_or(MOST_MODELS, |most| {
                usize::try_from(most).unwrap_or(MOST_MODELS)
            }),
        })
    }
}
