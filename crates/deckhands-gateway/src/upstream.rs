//! One place that calls are sent to.

use deckhands_model::{ModelId, SecretHash};

use crate::provider::{Incompatible, default_base_url, own_model_id};
use crate::secret::ProviderKey;

/// A provider's endpoint with the model and the key to use there.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Where the endpoint is, e.g. `https://openrouter.ai/api/v1`; calls go to `/chat/completions`
    /// below it. `http` is allowed, credentials and a query are not.
    pub base_url: String,
    /// The real key; none for an endpoint that wants none.
    pub key: Option<ProviderKey>,
    /// The provider's own id of the model, e.g. `deepseek/deepseek-chat-v3.1:free`.
    pub model: String,
    /// The provider's prefix, e.g. `openrouter`.
    pub provider: String,
}

/// Who pays for calls: what is refused to an account is refused to all of its routes. A provider knows it
/// by the key; one that wants none has one at each address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Account {
    provider: String,
    known_by: KnownBy,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum KnownBy {
    Key(SecretHash),
    Address(String),
}

impl Upstream {
    /// The endpoint of a model: at `base_url`, else at the provider's own address.
    ///
    /// # Errors
    /// [`Incompatible`] when the provider does not speak the OpenAI form.
    pub fn of(
        model: &ModelId,
        base_url: Option<&str>,
        key: Option<ProviderKey>,
    ) -> Result<Self, Incompatible> {
        let own = own_model_id(model)?;
        let provider = model.provider();
        let incompatible = || Incompatible {
            provider: provider.to_owned(),
        };
        let known = base_url.or_else(|| default_base_url(provider));
        let base_url = known.ok_or_else(incompatible)?;
        Ok(Self {
            base_url: base_url.to_owned(),
            key,
            model: own.into_owned(),
            provider: provider.to_owned(),
        })
    }

    /// Whether the provider is OpenRouter, which has a few fields of its own.
    pub(crate) fn is_openrouter(&self) -> bool {
        self.provider == "openrouter"
    }

    /// Who pays for its calls.
    pub(crate) fn account(&self) -> Account {
        let known_by = match &self.key {
            Some(key) => KnownBy::Key(SecretHash::of(key.expose())),
            None => KnownBy::Address(self.base_url.clone()),
        };
        Account {
            provider: self.provider.clone(),
            known_by,
        }
    }

    /// The address of the calls as text.
    pub(crate) fn target(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        // The agent's own library takes this address without a path; the OpenAI form is below `/v1`.
        let is_bare = base
            .split_once("://")
            .is_some_and(|(_, rest)| !rest.contains('/'));
        let is_ollama = matches!(self.provider.as_str(), "ollama" | "ollama_chat");
        let version = if is_ollama && is_bare { "/v1" } else { "" };
        format!("{base}{version}/chat/completions")
    }
}

#[cfg(test)]
mod tests;
