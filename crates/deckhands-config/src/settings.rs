//! Settings after all layers: typed, within bounds, each with its origin.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_model::{Deadlines, ImageRef, Limits, ModelId, ModelWay, Network, Profile, Usd};

use crate::base_url::BaseUrl;
use crate::credential::{ApiKey, Keys, MissingKey, MissingKeyKind, own_key};
use crate::origin::{Origin, Setting, Trust};
use crate::pool::PoolRoute;

/// All settings of one invocation. An `Option` is something that has no default.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The model of a task.
    pub model: Setting<ModelId>,
    /// The pool of routes that is used, if one is.
    pub pool: Option<Setting<String>>,
    /// The routes of the pool, the preferred one first; also those that cannot be called for want of a key.
    pub routes: Vec<PoolRoute>,
    /// Where its provider is reached; nothing: at the provider's own address.
    pub base_url: Option<Setting<BaseUrl>>,
    /// Who calls the provider.
    pub way: Setting<ModelWay>,
    /// How often the agent tries one call of the model.
    pub num_retries: Setting<u32>,
    /// How long one answer of the model may take.
    pub llm_timeout: Setting<Duration>,
    /// Tokens that one answer of the model may have, where the relay says so.
    pub max_output_tokens: Setting<u32>,
    /// Image of the agent's program.
    pub app_image: Setting<ImageRef>,
    /// Image of the agent's commands and of the checks.
    pub sandbox_image: Setting<ImageRef>,
    /// Resources an attempt may use.
    pub limits: Limits,
    /// Times after which the phases of an attempt are ended.
    pub deadlines: Deadlines,
    /// How an attempt is walled in.
    pub profile: Setting<Profile>,
    /// What the agent's commands can reach.
    pub network: Setting<Network>,
    /// Directory that a task works on: absolute, links resolved. It need not exist.
    pub workspace: Setting<PathBuf>,
    /// Directory that every workspace must lie in; the configured one does.
    pub workspace_root: Option<Setting<PathBuf>>,
    /// Whether files that `.gitignore` leaves out are given to the agent.
    pub include_ignored: Setting<bool>,
    /// Commands that accept a result.
    pub checks: Setting<Vec<String>>,
    /// Directory of the store and of all attempts: absolute. It need not exist.
    pub home: Setting<PathBuf>,
    /// Whether routes that keep failing are left alone for a while.
    pub circuit_breaker: Setting<bool>,
    /// Most tasks that may wait in the store.
    pub queue_size: Setting<u32>,
    /// How stored tasks are worked on.
    pub engine: EngineConfig,
    /// What may be spent.
    pub money: MoneyConfig,
    /// How the Docker daemon is found.
    pub docker: DockerSettings,
    /// Every file known to hold a key, whichever key counts: those that any layer names, and the
    /// project's `.env` if it gives one. No agent may be handed them.
    pub key_files: Vec<PathBuf>,
    /// What the user should hear once: shadowed variables, a key that others can read, …
    pub notes: Vec<String>,
    pub(crate) keys: Keys,
    /// Whether calls of the model want no key.
    pub(crate) keyless: bool,
    pub(crate) rows: Vec<Row>,
}

/// How stored tasks are worked on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EngineConfig {
    /// Attempts at the same time.
    pub workers: Setting<u32>,
    /// Time for running attempts to end by themselves when the engine is stopped.
    pub grace: Setting<Duration>,
    /// How long stored tasks are kept after their end.
    pub keep: Setting<Duration>,
    /// Attempts of a task, the first included.
    pub attempts: Setting<u32>,
    /// From a task's first attempt to the start of its last, waits included.
    pub task_time: Setting<Duration>,
    /// Work of all attempts of a task together.
    pub task_work: Setting<Duration>,
    /// Models to go on with where a task's own failed, the preferred one first.
    pub fallback_models: Setting<Vec<ModelId>>,
}

/// What may be spent. Without a value there is no bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoneyConfig {
    /// By a task, all its attempts together.
    pub max_cost: Option<Setting<Usd>>,
    /// By everything in the state directory on one day, in UTC.
    pub per_day: Option<Setting<Usd>>,
    /// By all tasks of a batch together.
    pub per_batch: Option<Setting<Usd>>,
    /// What a million tokens of a model cost whose price nobody knows; without it there is no such
    /// price.
    pub unknown_price: Option<Setting<Usd>>,
}

/// How the Docker daemon is found; what is not set follows Docker's own rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DockerSettings {
    /// Its address.
    pub host: Option<Setting<String>>,
    /// The context to use where no host is set.
    pub context: Option<Setting<String>>,
    /// Directory of Docker's client configuration.
    pub config: Option<Setting<PathBuf>>,
}

/// A setting as `config show --origin` prints it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Row {
    /// Name of the key, e.g. `deadlines.work`.
    pub key: &'static str,
    /// The value; of a secret only whether it is there.
    pub value: String,
    /// Where it was set.
    pub origin: String,
    /// How far its setter is trusted.
    pub trust: Trust,
}

impl Settings {
    /// The API key.
    ///
    /// # Errors
    /// [`MissingKey`] names the variables to set, or says why the key that is there may not be
    /// sent to the configured endpoint.
    pub fn require_key(&self) -> Result<&ApiKey, MissingKey> {
        self.keys.own.as_ref().map_err(Clone::clone)
    }

    /// The key for calls of the model, by its route where it is one of the pool's; none where none is wanted:
    /// a server that people run themselves, or an address on this machine.
    ///
    /// # Errors
    /// [`MissingKey`] as for [`require_key`](Self::require_key), or because no route of the pool has its key.
    pub fn model_key(&self) -> Result<Option<&ApiKey>, MissingKey> {
        match self.route() {
            Some(route) => match &route.key {
                Ok(key) => Ok(key.as_ref()),
                Err(missing) => Err(self.no_route().unwrap_or_else(|| missing.clone())),
            },
            None => own_key(&self.keys.own, self.keyless),
        }
    }

    /// Where the model is called; nothing: at its provider's own address.
    #[must_use]
    pub fn model_base_url(&self) -> Option<&BaseUrl> {
        let by_route = self.route().and_then(|route| route.base_url.as_ref());
        by_route.or(self.base_url.as_ref().map(|url| &url.value))
    }

    /// The route of the pool that the model is called by, if it is one.
    #[must_use]
    pub fn route(&self) -> Option<&PoolRoute> {
        let mut routes = self.routes.iter();
        routes.find(|route| route.id == self.model.value)
    }

    /// All keys at hand, whichever are used: to be hidden in what is shown.
    pub fn all_keys(&self) -> impl Iterator<Item = &ApiKey> {
        let of_routes = self.routes.iter();
        let of_routes = of_routes.filter_map(|route| route.key.as_ref().ok()?.as_ref());
        let by_variable = self.keys.by_variable.values();
        self.keys.own.iter().chain(of_routes).chain(by_variable)
    }

    fn no_route(&self) -> Option<MissingKey> {
        let pool = self.pool.as_ref()?;
        let hints = self.routes.iter().map(|route| route.key.as_ref().err());
        let hints: Vec<_> = hints.collect::<Option<_>>()?;
        Some(MissingKey::new(MissingKeyKind::NoRoute {
            pool: pool.value.clone(),
            origin: pool.origin.clone(),
            hint: hints.first().and_then(|missing| missing.hint())?,
        }))
    }

    /// The address that somebody chose for the models of all providers.
    #[must_use]
    pub fn one_address(&self) -> Option<&BaseUrl> {
        let chosen = self.base_url.as_ref();
        let chosen = chosen.filter(|url| url.origin != Origin::Default);
        chosen.map(|url| &url.value)
    }

    /// The keys at hand by the provider that each may be sent to, at the provider's own address:
    /// [`require_key`](Self::require_key)'s for the provider of this model, and for every other the
    /// one in the variable of its name. Of no use with [`one_address`](Self::one_address).
    #[must_use]
    pub fn keys_by_provider(&self) -> BTreeMap<String, ApiKey> {
        let mut keys = self.keys.by_variable.clone();
        let own = self.model.value.provider().to_owned();
        match &self.keys.own {
            Ok(key) => keys.insert(own, key.clone()),
            Err(_) => keys.remove(&own),
        };
        keys
    }

    /// Every setting with value and origin, in the order of the reference. Holds no secret.
    #[must_use]
    pub fn explain(&self) -> Vec<Row> {
        self.rows.clone()
    }
}
