//! Layers of raw values, and which of them wins.
//!
//! A layer is sparse: it holds the keys that were set and nothing else. Values stay text here; they
//! are parsed once, after the winner is known, so that every layer is held to the same bounds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deckhands_model::ModelId;

use crate::error::{ConfigError, ConfigErrorKind};
use crate::key::{Key, Setter};
use crate::origin::{Origin, Trust};
use crate::pool::{RawPool, TABLE};
use crate::shown;

#[cfg(test)]
mod tests;

/// A value as written. No `Debug`: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum RawValue {
    /// Text, number or truth value.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// A value with its place.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) value: RawValue,
    pub(crate) origin: Origin,
}

/// What one source sets.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) values: BTreeMap<Key, Raw>,
    /// Pools of routes by name.
    pub(crate) pools: BTreeMap<String, RawPool>,
    pub(crate) trust: Trust,
    /// Where relative paths of this layer start.
    pub(crate) base: PathBuf,
}

/// A value of a key and its layer; the winning one, unless all are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Winner<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) layer: &'a Layer,
    /// Place of the layer in the stack, later is greater.
    pub(crate) rank: usize,
}

/// All layers, the one that wins last.
pub(crate) struct Stack {
    layers: Vec<Layer>,
}

impl Layer {
    pub(crate) fn new(trust: Trust, base: PathBuf) -> Self {
        Self {
            values: BTreeMap::new(),
            pools: BTreeMap::new(),
            trust,
            base,
        }
    }
}

impl Stack {
    /// Takes the layers, lowest first.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Untrusted`] when a layer of the project sets what only the user may set;
    /// also where a later layer would win.
    pub(crate) fn new(layers: Vec<Layer>) -> Result<Self, ConfigError> {
        layers.iter().try_for_each(check_trust)?;
        Ok(Self { layers })
    }

    /// The value of the last layer that sets `key`.
    pub(crate) fn winner(&self, key: Key) -> Option<Winner<'_>> {
        self.last(key, |_| true)
    }

    /// The values of all layers that set `key`, the one that wins last.
    pub(crate) fn all(&self, key: Key) -> impl Iterator<Item = Winner<'_>> {
        let ranked = self.layers.iter().enumerate();
        ranked.filter_map(move |(rank, layer)| {
            let raw = layer.values.get(&key)?;
            Some(Winner { raw, layer, rank })
        })
    }

    /// The pool of this name that the last layer has.
    pub(crate) fn pool(&self, name: &str) -> Option<&RawPool> {
        let mut layers = self.layers.iter().rev();
        layers.find_map(|layer| layer.pools.get(name))
    }

    /// Every pool of every layer, with its name.
    pub(crate) fn pools(&self) -> impl Iterator<Item = (&String, &RawPool)> {
        self.layers.iter().flat_map(|layer| &layer.pools)
    }

    /// The same as [`Stack::winner`] among the layers of the user.
    pub(crate) fn trusted_winner(&self, key: Key) -> Option<Winner<'_>> {
        self.last(key, |layer| layer.trust == Trust::Trusted)
    }

    fn last(&self, key: Key, counts: impl Fn(&Layer) -> bool) -> Option<Winner<'_>> {
        let mut ranked = self
            .layers
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, layer)| counts(layer));
        ranked.find_map(|(rank, layer)| {
            let raw = layer.values.get(&key)?;
            Some(Winner { raw, layer, rank })
        })
    }
}

fn check_trust(layer: &Layer) -> Result<(), ConfigError> {
    if layer.trust == Trust::Trusted {
        return Ok(());
    }
    let refused = |(key, raw): (&Key, &Raw)| {
        let origin = raw.origin.clone();
        if key.entry().setter == Setter::User {
            let setting = key.name().to_owned();
            return Some(ConfigErrorKind::Untrusted { setting, origin });
        }
        let address = *key == Key::Model && may_choose_where(&raw.value);
        address.then_some(ConfigErrorKind::UntrustedAddress { origin })
    };
    let pool = layer.pools.iter().next();
    let pool = pool.map(|(name, pool)| ConfigErrorKind::Untrusted {
        setting: format!("{TABLE}.{name}"),
        origin: pool.origin.clone(),
    });
    match layer.values.iter().find_map(refused).or(pool) {
        None => Ok(()),
        Some(kind) => Err(ConfigError::new(kind).with_hint(trust_hint(&layer.base))),
    }
}

/// Whether a model's name could choose where its calls go. The agent's library takes addresses out
/// of names (`huggingface/https://…`), and regions, which become a part of the host's name
/// (`bedrock/arn:aws:bedrock:…`). What is behind a `~` may be the name of a route of the user's, and so the
/// account that pays.
fn may_choose_where(model: &RawValue) -> bool {
    match model {
        RawValue::Text(text) => {
            let route = ModelId::resolve(text).is_ok_and(|model| model.route_name().is_some());
            text.contains("//") || text.matches(':').count() > 1 || route
        }
        RawValue::List(_) => false,
    }
}

/// What to do about a setting that a project may not make.
pub(crate) fn trust_hint(dir: &Path) -> String {
    let dir = shown::shell_word(&dir.to_string_lossy());
    format!(
        "set it in your own configuration or, if you trust that directory: deckhands config trust {dir}"
    )
}
