//! The JSON form of a stored OpenHands event: the fields that are looked at, and no more.

use serde::Deserialize;

use super::lenient::{Leaf, object};

/// One stored event. Exactly one of `action` and `observation` is given in a sound one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StoredEvent {
    pub(super) timestamp: Leaf<String>,
    pub(super) source: Leaf<String>,
    pub(super) action: Leaf<String>,
    pub(super) observation: Leaf<String>,
    pub(super) content: Leaf<String>,
    pub(super) success: Leaf<bool>,
    #[serde(deserialize_with = "object")]
    pub(super) args: Args,
    #[serde(deserialize_with = "object")]
    pub(super) extras: Extras,
    #[serde(deserialize_with = "object")]
    pub(super) tool_call_metadata: ToolCall,
    #[serde(deserialize_with = "object")]
    pub(super) llm_metrics: Metrics,
}

/// What an action does; which field is given depends on the action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Args {
    pub(super) content: Leaf<String>,
    pub(super) command: Leaf<String>,
    pub(super) code: Leaf<String>,
    pub(super) path: Leaf<String>,
    pub(super) url: Leaf<String>,
    pub(super) name: Leaf<String>,
    pub(super) query: Leaf<String>,
    pub(super) thought: Leaf<String>,
    pub(super) final_thought: Leaf<String>,
    pub(super) openhands_version: Leaf<String>,
}

/// What an observation tells beside its text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extras {
    pub(super) agent_state: Leaf<String>,
    pub(super) reason: Leaf<String>,
    #[serde(deserialize_with = "object")]
    pub(super) metadata: CommandMetadata,
}

/// How a command ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CommandMetadata {
    pub(super) exit_code: Leaf<i64>,
}

/// The model's answer that an event came from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToolCall {
    #[serde(deserialize_with = "object")]
    pub(super) model_response: ModelResponse,
}

/// A model's answer, as the provider gave it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelResponse {
    pub(super) id: Leaf<String>,
    pub(super) model: Leaf<String>,
    #[serde(deserialize_with = "object")]
    pub(super) usage: ProviderUsage,
}

/// What the provider says an answer cost.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderUsage {
    pub(super) cost: Leaf<f64>,
}

/// Totals of the whole session up to an action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics {
    pub(super) accumulated_cost: Leaf<f64>,
    #[serde(deserialize_with = "object")]
    pub(super) accumulated_token_usage: Tokens,
}

/// Tokens of the whole session up to an action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    pub(super) prompt_tokens: Leaf<i64>,
    pub(super) completion_tokens: Leaf<i64>,
}
