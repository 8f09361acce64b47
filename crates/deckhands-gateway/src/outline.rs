//! What is read of a completion, whole or as events; its content is the agent's alone.

use deckhands_model::Usage;
use serde_json::Value;

use crate::pick::{self, Part};

/// The few things of a completion that matter here.
#[derive(Default, Debug)]
pub(crate) struct Outline {
    /// The error that came in its place or ended it.
    pub(crate) error: Option<Value>,
    /// Whether it has at least one choice.
    pub(crate) has_choice: bool,
    /// The model that answered.
    pub(crate) model: Option<String>,
    /// What it spent.
    pub(crate) usage: Usage,
}

impl Outline {
    /// Of one document; none if it is no JSON.
    pub(crate) fn of_document(body: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        outline.add(pick::whole(body)?);
        Some(outline)
    }

    /// Of a stream of events; those that are no JSON, such as the end mark, tell nothing.
    pub(crate) fn of_events(body: &[u8]) -> Self {
        let mut outline = Self::default();
        let data = body
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .filter_map(|line| line.strip_prefix(b"data:"));
        for event in data.filter_map(pick::whole) {
            outline.add(event);
        }
        outline
    }

    /// A later part counts where it tells something.
    fn add(&mut self, part: Part<'_>) {
        let [error, choices, model, usage] = part.fields(["error", "choices", "model", "usage"]);
        let choice = choices.and_then(Part::first);
        let error = error.map(Part::value).filter(|error| !error.is_null());
        if let Some(error) = error.or_else(|| ended(choice?)) {
            self.error = Some(error);
        }
        self.has_choice |= choice.is_some_and(Part::is_object);
        if let Some(Value::String(model)) = model.map(Part::value) {
            self.model = Some(model);
        }
        if let Some(spent) = usage.filter(|usage| usage.is_object()) {
            self.usage = spent_in(spent);
        }
    }
}

/// The error that a choice ended with.
fn ended(choice: Part<'_>) -> Option<Value> {
    let [reason, error] = choice.fields(["finish_reason", "error"]);
    let by_error = reason.is_some_and(|reason| reason.value() == "error");
    by_error.then(|| error.map(Part::value).unwrap_or_default())
}

/// What is no number, or none that can be, is unknown.
fn spent_in(told: Part<'_>) -> Usage {
    let told = told.fields(["prompt_tokens", "completion_tokens", "cost"]);
    let [input, output, cost] = told.map(|part| part.map(Part::value).unwrap_or_default());
    Usage {
        input_tokens: input.as_u64(),
        output_tokens: output.as_u64(),
        cost_usd: cost.as_f64().filter(|cost| *cost >= 0.0),
    }
}

#[cfg(test)]
mod tests;
