//! Which key goes with the calls of which model.
//!
//! Invariant: a key is sent to the provider that it belongs to, whichever model a stored task names.

use std::collections::BTreeMap;

use deckhands_agent::ApiKey;
use deckhands_model::ModelId;

use crate::request::TaskRequest;

/// Where a process calls models, and with which keys.
#[derive(Clone, Debug)]
pub enum ProviderAccess {
    /// One address serves the models of all providers.
    OneAddress {
        /// The address.
        base_url: String,
        /// The key that goes there with every call.
        api_key: Option<ApiKey>,
    },
    /// Each provider is called at its own address, with its own key.
    OwnAddresses(BTreeMap<String, ApiKey>),
}

/// A process has no key that may go to the provider of a model.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", missing(.provider, .model))]
pub struct NoKey {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: ModelId,
}

fn missing(provider: &str, model: &ModelId) -> String {
    match model.route_name() {
        Some(name) => format!(
            "there is no route `{name}` to `{}` with its key here",
            model.model()
        ),
        None => format!(
            "there is no API key for provider `{provider}` here, and `{model}` is one of its models"
        ),
    }
}

impl ProviderAccess {
    /// What a request says of it.
    pub(crate) fn of_request(request: &TaskRequest) -> Self {
        let api_key = request.api_key.clone();
        match request.base_url.clone() {
            Some(base_url) => Self::OneAddress { base_url, api_key },
            None => {
                let own = api_key.map(|key| (request.model.provider(), key));
                let others = request.other_models.iter();
                let others = others
                    .filter_map(|other| Some((other.model.provider(), other.api_key.clone()?)));
                // The task's own key last: it holds for its provider.
                let keys = others
                    .chain(own)
                    .map(|(provider, key)| (provider.to_owned(), key));
                Self::OwnAddresses(keys.collect())
            }
        }
    }

    /// The address and the key for calls of a model; no address is the provider's own. A server that people
    /// run themselves is called without a key where there is none.
    ///
    /// # Errors
    /// [`NoKey`]; also for a model by a route of a name, which is none of these.
    pub fn of(&self, model: &ModelId) -> Result<(Option<String>, Option<ApiKey>), NoKey> {
        let no_key = || NoKey {
            provider: model.provider().to_owned(),
            model: model.clone(),
        };
        if model.route_name().is_some() {
            return Err(no_key());
        }
        match self {
            Self::OneAddress { base_url, api_key } => Ok((Some(base_url.clone()), api_key.clone())),
            Self::OwnAddresses(keys) => match keys.get(model.provider()) {
                Some(key) => Ok((None, Some(key.clone()))),
                None if model.is_self_hosted() => Ok((None, None)),
                None => Err(no_key()),
            },
        }
    }
}

#[cfg(test)]
mod tests;
