//! The registry of models as data: what is known of each, and what is not.
//!
//! A figure that nobody knows is left out instead of being made up. The built-in file is
//! `catalogue/models.toml`; a user's file has the same form, and its entries take the place of those
//! with the same id or are added behind them.

mod entry;
mod error;
mod place;
mod raw;

use deckhands_model::ModelId;
use serde::Serialize;

pub use entry::{Evidence, ModelEntry, QualityTier, Specialisation, Status, TokenPrice};
pub use error::{CatalogueError, Fault};

/// The file that comes with the crate.
const BUILT_IN: &str = include_str!("catalogue/models.toml");

/// Models in order of preference where nothing else decides.
///
/// Invariant: no two entries have the same id.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Catalogue {
    entries: Vec<ModelEntry>,
}

impl Catalogue {
    /// The catalogue that comes with the crate.
    ///
    /// # Errors
    /// None in a crate that passes its tests.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::parse(BUILT_IN)
    }

    /// Reads a catalogue from TOML.
    ///
    /// # Errors
    /// The first fault, with its line and field.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let entries = raw::entries(text)?;
        Ok(Self { entries })
    }

    /// This catalogue with another one over it: an entry takes the place of the one with its id, as a
    /// whole, or is added at the end.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for entry in other.entries {
            match self.entries.iter_mut().find(|own| own.id == entry.id) {
                Some(own) => *own = entry,
                None => self.entries.push(entry),
            }
        }
        self
    }

    /// The entries in order.
    #[must_use]
    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// What is known of a model.
    #[must_use]
    pub fn get(&self, id: &ModelId) -> Option<&ModelEntry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }
}

#[cfg(test)]
mod tests;
