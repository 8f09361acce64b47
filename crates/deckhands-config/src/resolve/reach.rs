//! Where models are called, and as whom: the model, addresses, keys and the routes of a pool.

use std::path::PathBuf;

use deckhands_model::ModelId;

use super::routes::Usual;
use super::{Resolver, groups};
use crate::base_url::BaseUrl;
use crate::credential::{Endpoint, Environments, Keys, Search};
use crate::error::ConfigError;
use crate::key::Key;
use crate::layer::Stack;
use crate::origin::{Origin, Setting, Trust};
use crate::parse;
use crate::pool::PoolRoute;

/// What of the settings says so.
pub(super) struct Reach {
    pub(super) model: Setting<ModelId>,
    pub(super) pool: Option<Setting<String>>,
    pub(super) routes: Vec<PoolRoute>,
    pub(super) base_url: Option<Setting<BaseUrl>>,
    pub(super) keys: Keys,
    pub(super) keyless: bool,
    pub(super) key_files: Vec<PathBuf>,
}

impl Resolver<'_> {
    /// Resolves all of that; which keys are there is not known before the model is.
    pub(super) fn reach(&mut self, environments: Environments<'_>) -> Result<Reach, ConfigError> {
        let stack = self.stack;
        let pool = self.pool()?;
        let model = self.model(pool.as_ref(), environments)?;
        let base_url = self.base_url(&model)?;
        let file = self.optional(Key::ApiKeyFile, parse::path)?;
        let variable = self.optional(Key::ApiKeyEnv, parse::variable_name)?;
        let search = Search {
            stack,
            environments,
            endpoint: endpoint(stack, &model, base_url.as_ref()),
            file: file.map(|file| file.value),
            variable: variable.map(|name| name.value),
        };
        let keys = search.keys(&mut self.notes);
        self.row_of_key(&keys.own);
        let chosen = base_url.as_ref();
        let chosen = chosen.filter(|url| url.origin != Origin::Default);
        let usual = Usual {
            model: &model.value,
            one_address: chosen.map(|url| &url.value),
            keys: &keys,
        };
        let routes = self.routes(pool.as_ref(), environments, usual);
        let keyless = usual.is_keyless();
        Ok(Reach {
            model,
            pool: pool.map(|pool| pool.name),
            routes,
            base_url,
            keys,
            keyless,
            key_files: search.files(),
        })
    }

    /// The endpoint. OpenRouter's is known; of other providers the agent's library knows it.
    fn base_url(
        &mut self,
        model: &Setting<ModelId>,
    ) -> Result<Option<Setting<BaseUrl>>, ConfigError> {
        let set = self.optional(Key::BaseUrl, parse::base_url)?;
        if let Some(url) = set
            .as_ref()
            .filter(|url| url.value.is_readable_on_the_way())
        {
            let note = format!(
                "the API key goes unencrypted to {} ({})",
                url.value, url.origin
            );
            self.notes.push(note);
        }
        if set.is_some() || model.value.provider() != "openrouter" {
            return Ok(set);
        }
        let known = Setting::default_of(BaseUrl::openrouter());
        self.row(Key::BaseUrl, &known);
        Ok(Some(known))
    }
}

/// Who chose where a key would be sent.
fn endpoint(
    stack: &Stack,
    model: &Setting<ModelId>,
    base_url: Option<&Setting<BaseUrl>>,
) -> Endpoint {
    let provider = model.value.provider().to_owned();
    let set = base_url.filter(|url| url.origin != Origin::Default);
    let provider_choice = match set {
        // With an address of its own the provider's name decides nothing.
        Some(_) => Trust::Trusted,
        None if users_provider(stack) == provider => Trust::Trusted,
        None => model.trust,
    };
    Endpoint {
        provider,
        address: set.map_or(Trust::Trusted, |url| url.trust),
        provider_choice,
    }
}

/// The provider that the user's own layers choose.
fn users_provider(stack: &Stack) -> String {
    let winner = stack.trusted_winner(Key::Model);
    let model =
        winner.and_then(|winner| parse::model(Key::Model, &winner.raw.value, winner.layer).ok());
    model
        .unwrap_or_else(groups::default_model)
        .provider()
        .to_owned()
}
