//! Which models OpenHands 0.59 hands its tools to in the API's own form.
//!
//! All others are told of the tools in the prompt and answer in text, which any chat model can. The
//! table is OpenHands' own, so that a model is used through the relay as it is without.

use deckhands_model::ModelId;

/// Names of models, by the last part of their id before a `:`; a `*` at the end stands for any rest.
/// From `openhands/llm/model_features.py` of 0.59.0.
const NATIVE: &[&str] = &[
    "claude-3-7-sonnet*",
    "claude-3.7-sonnet*",
    "claude-sonnet-3-7-latest",
    "claude-3-5-sonnet*",
    "claude-3.5-sonnet*",
    "claude-3.5-haiku*",
    "claude-3-5-haiku*",
    "claude-sonnet-4*",
    "claude-opus-4*",
    "gpt-4o*",
    "gpt-4.1",
    "gpt-5*",
    "o1-2024-12-17",
    "o3*",
    "o4-mini*",
    "gemini-2.5-pro*",
    "kimi-k2-0711-preview",
    "kimi-k2-instruct",
    "qwen3-coder*",
    "deepseek-chat",
];

/// Whether the model is handed the tools in the API's own form.
pub(super) fn calls_tools_natively(model: &ModelId) -> bool {
    let id = model.own_id().to_lowercase();
    let last = id.rsplit('/').next().unwrap_or_default();
    let name = last.split(':').next().unwrap_or_default();
    let name = name.strip_suffix("-gguf").unwrap_or(name);
    NATIVE
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *pattern,
        })
}

#[cfg(test)]
mod tests;
