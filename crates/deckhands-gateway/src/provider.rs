//! Which providers speak the OpenAI form, and where they do.

use std::borrow::Cow;

use deckhands_model::ModelId;

/// A provider that speaks the OpenAI form: its prefix, and where it is reached unless a setting says
/// otherwise.
const COMPATIBLE: &[(&str, Option<&str>)] = &[
    ("deepseek", Some("https://api.deepseek.com/v1")),
    (
        "fireworks_ai",
        Some("https://api.fireworks.ai/inference/v1"),
    ),
    (
        "gemini",
        Some("https://generativelanguage.googleapis.com/v1beta/openai"),
    ),
    ("groq", Some("https://api.groq.com/openai/v1")),
    ("hosted_vllm", None),
    ("litellm_proxy", None),
    ("mistral", Some("https://api.mistral.ai/v1")),
    ("moonshot", Some("https://api.moonshot.ai/v1")),
    ("ollama", Some("http://localhost:11434/v1")),
    ("ollama_chat", Some("http://localhost:11434/v1")),
    ("openai", Some("https://api.openai.com/v1")),
    ("openrouter", Some("https://openrouter.ai/api/v1")),
    ("perplexity", Some("https://api.perplexity.ai")),
    ("together_ai", Some("https://api.together.xyz/v1")),
    ("xai", Some("https://api.x.ai/v1")),
];

/// What Fireworks puts before the name of a model of its own.
const FIREWORKS_MODELS: &str = "accounts/fireworks/models/";

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
    if !COMPATIBLE.iter().any(|(known, _)| *known == provider) {
        return Err(Incompatible {
            provider: provider.to_owned(),
        });
    }
    if provider == "fireworks_ai" && !name.starts_with("accounts/") {
        return Ok(Cow::Owned(format!("{FIREWORKS_MODELS}{name}")));
    }
    Ok(Cow::Borrowed(name))
}

/// Where the provider is reached unless a setting says otherwise; `None` where only a setting can
/// tell, and for a provider that does not speak the OpenAI form.
#[must_use]
pub fn default_base_url(provider: &str) -> Option<&'static str> {
    let (_, url) = COMPATIBLE.iter().find(|(known, _)| *known == provider)?;
    *url
}

#[cfg(test)]
mod tests;
