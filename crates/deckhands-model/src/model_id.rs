//! Model ids: resolved and provider-prefixed, or not at all.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A model's full id with its provider in front, e.g. `openrouter/deepseek/deepseek-chat`.
///
/// Where there are several routes to one model, a name behind a `~` tells them apart, e.g.
/// `openrouter/deepseek/deepseek-chat~work`. To the provider it is the same model.
///
/// Invariant: holds `provider/name` with a known provider; an alias is already resolved. An id
/// without provider is what OpenHands fails on only after its containers are up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

/// A short name for a model id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alias {
    /// What the user types.
    pub name: &'static str,
    /// The full id it stands for.
    pub id: &'static str,
}

/// Short names that are accepted wherever a model id is.
pub const ALIASES: &[Alias] = &[
    Alias {
        name: "deepseek-v3",
        id: "openrouter/deepseek/deepseek-chat-v3.1:free",
    },
    Alias {
        name: "mistral-small",
        id: "openrouter/mistralai/mistral-small-3.2-24b-instruct:free",
    },
    Alias {
        name: "gemini-flash",
        id: "openrouter/google/gemini-2.0-flash-exp:free",
    },
    Alias {
        name: "llama-scout",
        id: "openrouter/meta-llama/llama-4-scout:free",
    },
    Alias {
        name: "deepseek-r1",
        id: "openrouter/deepseek/deepseek-r1-0528-qwen3-8b:free",
    },
];

/// Providers whose prefix the agent's LLM library (litellm) routes by.
const PROVIDERS: &[&str] = &[
    "anthropic",
    "azure",
    "bedrock",
    "cohere",
    "deepseek",
    "fireworks_ai",
    "gemini",
    "groq",
    "hosted_vllm",
    "huggingface",
    "litellm_proxy",
    "mistral",
    "moonshot",
    "ollama",
    "ollama_chat",
    "openai",
    "openrouter",
    "perplexity",
    "replicate",
    "together_ai",
    "vertex_ai",
    "xai",
];

/// Short names of providers that are accepted in front of a model's name.
const SHORT_PROVIDERS: &[(&str, &str)] = &[("litellm", "litellm_proxy"), ("vllm", "hosted_vllm")];

/// Servers that people run themselves. They want no key unless they are told to.
const SELF_HOSTED: &[&str] = &["hosted_vllm", "litellm_proxy", "ollama", "ollama_chat"];

/// What stands between a model and the name of one of several routes to it.
const ROUTE_MARK: char = '~';

/// Longest name of a route, in bytes.
const LONGEST_ROUTE_NAME: usize = 32;

/// Why a text is no model id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelIdError {
    /// Nothing there.
    #[error("the model id is empty")]
    Empty,
    /// White space or control characters inside.
    #[error("the model id `{id}` contains white space or control characters")]
    BadCharacter {
        /// The refused text.
        id: String,
    },
    /// Neither an alias nor prefixed with a known provider.
    #[error("the model id `{id}` has no provider prefix")]
    NoProvider {
        /// The refused text.
        id: String,
        /// An id or alias that is probably meant.
        suggestion: Option<String>,
    },
    /// A provider without a model behind it.
    #[error("the model id `{id}` names a provider but no model")]
    NoModel {
        /// The refused text.
        id: String,
    },
    /// A name of a route that is none.
    #[error(
        "`{name}` is no name of a route: it takes up to {LONGEST_ROUTE_NAME} small letters, digits, `-` and `_`"
    )]
    BadRouteName {
        /// The refused text.
        name: String,
    },
}

impl ModelId {
    /// Resolves an alias or takes a full id.
    ///
    /// # Errors
    /// [`ModelIdError`] when the text is neither; with a suggestion where one is near.
    pub fn resolve(text: &str) -> Result<Self, ModelIdError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ModelIdError::Empty);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ModelIdError::BadCharacter {
                id: text.to_owned(),
            });
        }
        if let Some(alias) = ALIASES.iter().find(|a| a.name == text) {
            return Ok(Self(alias.id.to_owned()));
        }
        let long = long_form(text);
        let text = long.as_ref();
        match text.split_once('/') {
            Some((provider, "")) if PROVIDERS.contains(&provider) => Err(ModelIdError::NoModel {
                id: text.to_owned(),
            }),
            Some((provider, _)) if PROVIDERS.contains(&provider) => Ok(Self(text.to_owned())),
            _ => Err(ModelIdError::NoProvider {
                id: text.to_owned(),
                suggestion: suggest(text),
            }),
        }
    }

    /// The full id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every provider that a model id can name.
    #[must_use]
    pub const fn providers() -> &'static [&'static str] {
        PROVIDERS
    }

    /// The provider in front of the first `/`.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(self.0.as_str(), |(provider, _)| provider)
    }

    /// The id by which the provider itself knows the model: what is behind the first `/`, without the
    /// name of a route.
    #[must_use]
    pub fn own_id(&self) -> &str {
        self.model().split_once('/').map_or("", |(_, own)| own)
    }

    /// The full id without the name of a route.
    #[must_use]
    pub fn model(&self) -> &str {
        parts(&self.0).0
    }

    /// The name that tells the route from others to the same model, where it has one.
    #[must_use]
    pub fn route_name(&self) -> Option<&str> {
        parts(&self.0).1
    }

    /// The same model by the route of this name.
    ///
    /// # Errors
    /// [`ModelIdError::BadRouteName`].
    pub fn by_route(&self, name: &str) -> Result<Self, ModelIdError> {
        if !is_route_name(name) {
            let name = name.to_owned();
            return Err(ModelIdError::BadRouteName { name });
        }
        Ok(Self(format!("{}{ROUTE_MARK}{name}", self.model())))
    }

    /// Whether its provider is a server that people run themselves, which wants no key unless it is told
    /// to: Ollama, vLLM, a LiteLLM proxy.
    #[must_use]
    pub fn is_self_hosted(&self) -> bool {
        SELF_HOSTED.contains(&self.provider())
    }
}

/// The id with the long name of its provider.
fn long_form(text: &str) -> Cow<'_, str> {
    let long = text.split_once('/').and_then(|(short, model)| {
        let (_, provider) = SHORT_PROVIDERS.iter().find(|(known, _)| *known == short)?;
        Some(format!("{provider}/{model}"))
    });
    long.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// An id without the name of a route, and that name. Some model names have the mark at their begin, which
/// makes no name of it.
fn parts(id: &str) -> (&str, Option<&str>) {
    let start = id.rfind('/').map_or(0, |slash| slash + 1);
    let named = id[start..].rfind(ROUTE_MARK).filter(|mark| *mark > 0);
    let named = named.map(|mark| id.split_at(start + mark));
    match named {
        Some((model, marked)) if is_route_name(&marked[ROUTE_MARK.len_utf8()..]) => {
            (model, Some(&marked[ROUTE_MARK.len_utf8()..]))
        }
        _ => (id, None),
    }
}

fn is_route_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=LONGEST_ROUTE_NAME).contains(&name.len()) && name.bytes().all(good)
}

/// The alias for a known tail of an id, or the OpenRouter form of a `vendor/name` id.
fn suggest(text: &str) -> Option<String> {
    let known = ALIASES.iter().find(|a| {
        a.id.strip_prefix("openrouter/")
            .is_some_and(|tail| tail == text)
            || a.id.rsplit('/').next() == Some(text)
            || a.name.eq_ignore_ascii_case(text)
    });
    known
        .map(|a| a.id.to_owned())
        .or_else(|| text.contains('/').then(|| format!("openrouter/{text}")))
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ModelId {
    type Error = ModelIdError;

    fn try_from(text: String) -> Result<Self, ModelIdError> {
        Self::resolve(&text)
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests;
