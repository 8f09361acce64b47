//! Pools of routes: as a user wrote them down under names, and the chosen one with its keys.

use std::path::PathBuf;
use std::sync::Arc;

use deckhands_model::{Category, Complexity, ModelId};

use crate::base_url::BaseUrl;
use crate::credential::{ApiKey, MissingKey};
use crate::origin::Origin;

/// The table of a file that has them.
pub(crate) const TABLE: &str = "routes";

/// One route of the chosen pool: a model, where it is called and as whom.
#[derive(Clone, Debug)]
pub struct PoolRoute {
    /// The model; a name in it tells the route from others to the same one.
    pub id: ModelId,
    /// Where it is called; `None` is its provider's own address.
    pub base_url: Option<BaseUrl>,
    /// The key that goes there, where one is wanted; or why there is none, and the route is left out.
    pub key: Result<Option<ApiKey>, MissingKey>,
    /// Whether the model is handed the agent's tools in the API's own form; `None` goes by its name.
    pub native_tools: Option<bool>,
    /// Where it was written down.
    pub origin: Origin,
}

impl PoolRoute {
    /// Whether it can be called.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.key.is_ok()
    }
}

/// What the models of a pool must be that is filled from a registry. What is not said is as usual for whoever
/// selects.
#[derive(Clone, PartialEq, Debug)]
pub struct Wanted {
    /// What kind of work it is.
    pub category: Category,
    /// How hard that is thought to be.
    pub complexity: Option<Complexity>,
    /// The least quality, from 0 to 1.
    pub quality: Option<f64>,
    /// The least context window, in tokens.
    pub min_context: Option<u32>,
    /// The longest usual time of an answer, in milliseconds.
    pub max_latency_ms: Option<u32>,
    /// The highest price of a thousand tokens, in US dollars.
    pub max_usd_per_1k_tokens: Option<f64>,
    /// Abilities by name that each has to have.
    pub capabilities: Vec<String>,
    /// How each calls tools.
    pub native_tools: Option<bool>,
    /// Most of them, the best.
    pub most: usize,
}

/// Finds the models that are as wanted, the best first; or why it cannot look.
pub type SelectModels = Arc<dyn Fn(&Wanted) -> Result<Vec<ModelId>, String> + Send + Sync>;

/// A pool as it was written down.
#[derive(Clone)]
pub(crate) struct RawPool {
    pub(crate) filling: Filling,
    pub(crate) origin: Origin,
}

/// What a pool is filled with.
#[derive(Clone)]
pub(crate) enum Filling {
    /// These routes.
    Listed(Vec<RawRoute>),
    /// The registry's models that are so.
    Selected(Wanted),
}

/// A route as it was written down, each value in its bounds.
#[derive(Clone)]
pub(crate) struct RawRoute {
    pub(crate) id: ModelId,
    pub(crate) base_url: Option<BaseUrl>,
    pub(crate) key: KeyPlace,
    pub(crate) native_tools: Option<bool>,
    pub(crate) origin: Origin,
}

/// Where the key of a route is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum KeyPlace {
    /// Where it would be without a pool; with an address of its own the route has none.
    Usual,
    /// In the variable of this name.
    Variable(String),
    /// In this file.
    File(PathBuf),
}

impl RawRoute {
    /// A model that is called as its name says.
    pub(crate) fn usual(id: ModelId, origin: Origin) -> Self {
        Self {
            id,
            base_url: None,
            key: KeyPlace::Usual,
            native_tools: None,
            origin,
        }
    }
}

impl RawPool {
    /// The routes that are written down.
    pub(crate) fn listed(&self) -> &[RawRoute] {
        match &self.filling {
            Filling::Listed(routes) => routes,
            Filling::Selected(_) => &[],
        }
    }
}
