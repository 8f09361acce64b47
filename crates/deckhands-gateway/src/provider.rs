//! Which providers speak the OpenAI form, where they do, and which of them are on this machine.

use std::borrow::Cow;
use std::net::IpAddr;

use deckhands_model::ModelId;
use http::Uri;

/// A provider that speaks the OpenAI form: its prefix, and where it is reached unless a setting says
/// otherwise. Of servers that people run themselves it is the port that they listen on by their own
/// documentation: 11434 of Ollama, 8000 of `vllm serve`, 4000 of the LiteLLM proxy.
const COMPATIBLE: &[(&str, &str)] = &[
    ("deepseek", "https://api.deepseek.com/v1"),
    ("fireworks_ai", "https://api.fireworks.ai/inference/v1"),
    (
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    ("groq", "https://api.groq.com/openai/v1"),
    ("hosted_vllm", "http://localhost:8000/v1"),
    ("litellm_proxy", "http://localhost:4000/v1"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("moonshot", "https://api.moonshot.ai/v1"),
    ("ollama", "http://localhost:11434/v1"),
    ("ollama_chat", "http://localhost:11434/v1"),
    ("openai", "https://api.openai.com/v1"),
    ("openrouter", "https://openrouter.ai/api/v1"),
    ("perplexity", "https://api.perplexity.ai"),
    ("together_ai", "https://api.together.xyz/v1"),
    ("xai", "https://api.x.ai/v1"),
];

/// Servers that run models themselves. A proxy is none: it may pass a call on to whoever wants money.
const RUN_MODELS: &[&str] = &["hosted_vllm", "ollama", "ollama_chat"];

/// What Fireworks puts before the name of a model of its own.
const FIREWORKS_MODELS: &str = "accounts/fireworks/models/";

/// Names by which this machine knows itself; the last one is that by which containers know it.
const OWN_NAMES: [&str; 2] = ["localhost", "host.docker.internal"];

/// A provider that speaks a form of its own, which the gateway does not translate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("provider `{provider}` does not speak the OpenAI form that the gateway relays")]
pub struct Incompatible {
    /// The prefix of the model's id.
    pub provider: String,
}

impl Incompatible {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "use an OpenAI-compatible endpoint, for example the same model through `openrouter/`, \
         or let the agent call it itself: profile `socket` with DECKHANDS_MODEL_WAY=direct"
    }
}

/// The id by which the provider itself knows the model: without the prefix that routes to it.
///
/// # Errors
/// [`Incompatible`] for a provider that does not speak the OpenAI form.
pub fn own_model_id(model: &ModelId) -> Result<Cow<'_, str>, Incompatible> {
    let (provider, name) = (model.provider(), model.own_id());
    if default_base_url(provider).is_none() {
        return Err(Incompatible {
            provider: provider.to_owned(),
        });
    }
    if provider == "fireworks_ai" && !name.starts_with("accounts/") {
        return Ok(Cow::Owned(format!("{FIREWORKS_MODELS}{name}")));
    }
    Ok(Cow::Borrowed(name))
}

/// Where the provider is reached unless a setting says otherwise; `None` for one that does not speak
/// the OpenAI form.
#[must_use]
pub fn default_base_url(provider: &str) -> Option<&'static str> {
    let known = COMPATIBLE.iter().find(|(known, _)| *known == provider);
    known.map(|(_, base_url)| *base_url)
}

/// Whether the model is run by a server on this machine, which nobody is paid for: Ollama or vLLM at a
/// loopback address, which is their own unless another one is given.
#[must_use]
pub fn runs_here(model: &ModelId, base_url: Option<&str>) -> bool {
    let provider = model.provider();
    if !RUN_MODELS.contains(&provider) {
        return false;
    }
    let address = base_url.or_else(|| default_base_url(provider));
    let address: Option<Uri> = address.and_then(|address| address.parse().ok());
    let host = address.as_ref().and_then(Uri::host).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    is_loopback || OWN_NAMES.contains(&host)
}

#[cfg(test)]
mod tests;
