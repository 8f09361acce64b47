//! The chosen pool of routes: which routes it has, whether its first one is the model, and their keys.

use deckhands_model::ModelId;

use super::{Resolver, groups};
use crate::base_url::BaseUrl;
use crate::credential::{ApiKey, Environments, Keys, MissingKey, own_key, provider_variable};
use crate::error::{ConfigError, ConfigErrorKind};
use crate::key::Key;
use crate::layer::Stack;
use crate::origin::{Origin, Setting};
use crate::parse;
use crate::pool::{Filling, PoolRoute, RawRoute, Wanted};
use crate::shown::plain;

#[cfg(test)]
mod tests;

/// The chosen pool; it has at least one route.
pub(super) struct Pool {
    pub(super) name: Setting<String>,
    routes: Vec<RawRoute>,
    /// Whether it says which model is used, for it was chosen later than any model.
    decides: bool,
}

/// What is known of the model without its pool.
#[derive(Clone, Copy)]
pub(super) struct Usual<'a> {
    pub(super) model: &'a ModelId,
    /// Where the models of all providers are called, if there is one such place.
    pub(super) one_address: Option<&'a BaseUrl>,
    pub(super) keys: &'a Keys,
}

impl Usual<'_> {
    /// Whether calls of the model want no key.
    pub(super) fn is_keyless(&self) -> bool {
        let here = self.one_address.is_some_and(BaseUrl::is_loopback);
        here || self.model.is_self_hosted()
    }
}

impl Resolver<'_> {
    /// The pool that `model.routes` names.
    pub(super) fn pool(&mut self) -> Result<Option<Pool>, ConfigError> {
        let Some(name) = self.optional(Key::Routes, parse::any)? else {
            return Ok(None);
        };
        let Some(raw) = self.stack.pool(&name.value) else {
            let error = no_routes(&name, "nobody wrote them down".to_owned());
            return Err(error.with_hint(known(self.stack)));
        };
        let routes = match &raw.filling {
            Filling::Listed(routes) => routes.clone(),
            Filling::Selected(wanted) => self.selected(wanted, &name, &raw.origin)?,
        };
        let rank = |key| self.stack.winner(key).map(|winner| winner.rank);
        let decides = rank(Key::Routes) > rank(Key::Model);
        Ok(Some(Pool {
            name,
            routes,
            decides,
        }))
    }

    /// Bare routes to the registry's models that are as wanted.
    fn selected(
        &self,
        wanted: &Wanted,
        name: &Setting<String>,
        origin: &Origin,
    ) -> Result<Vec<RawRoute>, ConfigError> {
        let Some(select) = &self.sources.select else {
            let why = "there is no registry to choose from".to_owned();
            return Err(no_routes(name, why));
        };
        let models = select(wanted).map_err(|why| no_routes(name, why))?;
        if models.is_empty() {
            let why = "no known model is as they must be".to_owned();
            let hint = "deckhands models select says why each is not".to_owned();
            return Err(no_routes(name, why).with_hint(hint));
        }
        let models = models.into_iter().take(wanted.most);
        Ok(models
            .map(|model| RawRoute::usual(model, origin.clone()))
            .collect())
    }

    /// The model: the first route of the pool that can be called, or what a layer says.
    pub(super) fn model(
        &mut self,
        pool: Option<&Pool>,
        environments: Environments<'_>,
    ) -> Result<Setting<ModelId>, ConfigError> {
        if let Some(pool) = pool.filter(|pool| pool.decides) {
            let mut routes = pool.routes.iter();
            let usable = routes.find(|route| self.may_be_called(route, environments));
            if let Some(first) = usable.or(pool.routes.first()) {
                let model = pool.name.clone().map(|_name| first.id.clone());
                self.row(Key::Model, &model);
                return Ok(model);
            }
        }
        let model = self.setting(Key::Model, groups::default_model(), parse::model)?;
        let is_its = |route: &RawRoute| route.id == model.value;
        let known = pool.is_some_and(|pool| pool.routes.iter().any(is_its));
        if model.value.route_name().is_some() && !known {
            let kind = ConfigErrorKind::Invalid {
                key: Key::Model,
                value: Some(plain(model.value.as_str())),
                origin: model.origin,
                expected: "a route of the chosen pool where there is a `~`".to_owned(),
            };
            let hint = "choose the pool with --routes; `deckhands models routes` shows them";
            return Err(ConfigError::new(kind).with_hint(hint.to_owned()));
        }
        Ok(model)
    }

    /// Whether a route has a key or wants none, as far as that is known before the model is.
    fn may_be_called(&self, route: &RawRoute, environments: Environments<'_>) -> bool {
        if let Some(key) = environments.of_route(route, &mut Vec::new()) {
            return key.is_ok();
        }
        // Where it has no key of its own it gets the one of the model, whichever that is.
        let sources = [Key::BaseUrl, Key::ApiKey, Key::ApiKeyFile, Key::ApiKeyEnv];
        let named = sources
            .into_iter()
            .any(|key| self.stack.trusted_winner(key).is_some());
        let variable = provider_variable(route.id.provider());
        let wants_none = route.base_url.is_some() || route.id.is_self_hosted();
        wants_none || named || environments.look_up(&variable, None).is_ok()
    }

    /// The routes with their addresses and keys; those that lack one are told of.
    pub(super) fn routes(
        &mut self,
        pool: Option<&Pool>,
        environments: Environments<'_>,
        usual: Usual<'_>,
    ) -> Vec<PoolRoute> {
        let Some(pool) = pool else { return Vec::new() };
        let mut routes = Vec::with_capacity(pool.routes.len());
        for raw in &pool.routes {
            let own = environments.of_route(raw, &mut self.notes);
            let key = match (own, &raw.base_url) {
                (Some(key), _) => key.map(Some),
                // A key that nobody meant for this address does not go there.
                (None, Some(_)) => Ok(None),
                (None, None) => usual_key(&raw.id, usual),
            };
            let route = PoolRoute {
                id: raw.id.clone(),
                base_url: raw.base_url.as_ref().or(usual.one_address).cloned(),
                key,
                native_tools: raw.native_tools,
                origin: raw.origin.clone(),
            };
            self.notes.extend(note(&route, &pool.name.value));
            routes.push(route);
        }
        routes
    }
}

/// The key of a model that is called as its name says.
fn usual_key(model: &ModelId, usual: Usual<'_>) -> Result<Option<ApiKey>, MissingKey> {
    let provider = model.provider();
    let keyless = Usual { model, ..usual }.is_keyless();
    if usual.one_address.is_some() || provider == usual.model.provider() {
        let own = own_key(&usual.keys.own, keyless)?;
        return Ok(own.cloned());
    }
    match usual.keys.by_variable.get(provider) {
        Some(key) => Ok(Some(key.clone())),
        None if keyless => Ok(None),
        None => Err(MissingKey::unset(vec![provider_variable(provider)])),
    }
}

/// What the user should hear of a route.
fn note(route: &PoolRoute, pool: &str) -> Option<String> {
    let id = plain(route.id.as_str());
    match (&route.key, &route.base_url) {
        (Err(missing), _) => Some(format!(
            "route `{id}` of `{pool}` is left out: {missing} ({})",
            route.origin
        )),
        (Ok(Some(_)), Some(url)) if url.is_readable_on_the_way() => Some(format!(
            "the API key goes unencrypted to {url} ({})",
            route.origin
        )),
        (Ok(_), _) => None,
    }
}

fn no_routes(name: &Setting<String>, why: String) -> ConfigError {
    ConfigError::new(ConfigErrorKind::NoRoutes {
        name: plain(&name.value),
        origin: name.origin.clone(),
        why,
    })
}

/// What there is to choose from.
fn known(stack: &Stack) -> String {
    let names: Vec<_> = stack.pools().map(|(name, _)| format!("`{name}`")).collect();
    if names.is_empty() {
        return "write them into your configuration: [[routes.NAME]] with a model for each"
            .to_owned();
    }
    format!("there are {}", names.join(", "))
}
