//! Whether a request has its provider do more than answer: search, read or run something, at a price of its
//! own and without the client's doing.

use serde::Deserialize;

use super::ChatRequest;

/// Fields that ask for it: OpenAI's and Perplexity's search, OpenRouter's plugins, xAI's search.
const FIELDS: [&str; 3] = ["web_search_options", "plugins", "search_parameters"];

/// Kinds of tools that the client runs itself.
const OF_THE_CLIENT: [&str; 2] = ["function", "custom"];

/// At the end of a model's name it has OpenRouter search the web for every request.
pub(crate) const ONLINE: &str = ":online";

/// Longest kind that is repeated, in characters.
const LONGEST: usize = 100;

#[derive(Deserialize)]
struct Tool {
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl ChatRequest {
    /// What of the provider's own it asks for, in its words.
    pub(crate) fn provider_tool(&self) -> Option<String> {
        let given = |name: &&str| {
            let value = self.fields.get(*name);
            value.is_some_and(|value| value.get() != "null")
        };
        if let Some(field) = FIELDS.into_iter().find(given) {
            return Some(field.to_owned());
        }
        let tools = self.fields.get("tools");
        // What is no list of tools is for the provider to refuse.
        let tools = tools.and_then(|tools| serde_json::from_str::<Vec<Tool>>(tools.get()).ok());
        let kinds = tools.into_iter().flatten().filter_map(|tool| tool.kind);
        let mut others = kinds.filter(|kind| !OF_THE_CLIENT.contains(&kind.as_str()));
        let other = others.next()?;
        Some(other.chars().take(LONGEST).collect())
    }

    /// Whether it names a model that searches the web.
    pub(crate) fn is_online(&self) -> bool {
        let model = self.fields.get("model");
        let model = model.and_then(|model| serde_json::from_str::<String>(model.get()).ok());
        model.is_some_and(|model| model.ends_with(ONLINE))
    }
}

#[cfg(test)]
mod tests;
