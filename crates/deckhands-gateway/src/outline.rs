//! What is read of a completion, whole or as events; its content is the agent's alone.

use deckhands_model::Usage;
use serde_json::Value;

use crate::money::{Told, told_cost};
use crate::pick::{self, Part};

/// The few things of a completion that matter here.
#[derive(Default, Debug)]
pub(crate) struct Outline {
    /// The error that came in its place or ended it.
    pub(crate) error: Option<Value>,
    /// Whether it has at least one choice.
    pub(crate) has_choice: bool,
    /// Whether an event had a part of the answer in it.
    pub(crate) has_content: bool,
    /// Whether an event said that the answer is whole; without one a stream was cut.
    pub(crate) is_whole: bool,
    /// The model that answered.
    pub(crate) model: Option<String>,
    /// What it spent.
    pub(crate) usage: Usage,
    /// The same for its price: field by field, in the forms that providers have.
    pub(crate) told: Told,
}

impl Outline {
    /// Of one document; none if it is no JSON.
    pub(crate) fn of_document(body: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        outline.add(pick::whole(body)?);
        Some(outline)
    }

    /// Of a whole stream of events; those that are no JSON, such as the end mark, tell nothing.
    pub(crate) fn of_events(body: &[u8]) -> Self {
        let mut tap = Tap::default();
        tap.feed(body);
        tap.feed(b"\n");
        tap.outline
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
        self.has_content |= choice.is_some_and(has_content);
        self.is_whole |= choice.is_some_and(is_whole);
        if let Some(Value::String(model)) = model.map(Part::value) {
            self.model = Some(model);
        }
        if let Some(spent) = usage.filter(|usage| usage.is_object()) {
            let told = spent.value();
            self.usage = Usage {
                cost_usd: told_cost(&told).filter(|cost| *cost >= 0.0),
                ..tokens_in(spent)
            };
            self.told = Told::of_usage(&told);
        }
    }
}

/// Reads a stream of events as it comes.
#[derive(Default, Debug)]
pub(crate) struct Tap {
    /// What was read so far.
    pub(crate) outline: Outline,
    /// The line that is not yet whole.
    line: Vec<u8>,
    /// The line is longer than is looked at: what is left of it is passed over.
    too_long: bool,
}

impl Tap {
    /// Longest line that is looked at: 1 MiB; an event has a few hundred bytes.
    const LONGEST_LINE: usize = 1 << 20;

    /// Takes the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, after) = rest.split_at(end);
            if self.line.is_empty() && !self.too_long {
                self.read(line);
            } else {
                self.keep(line);
                let whole = std::mem::take(&mut self.line);
                if !std::mem::take(&mut self.too_long) {
                    self.read(&whole);
                }
            }
            rest = &after[1..];
        }
        self.keep(rest);
    }

    fn keep(&mut self, part: &[u8]) {
        self.too_long |= self.line.len() + part.len() > Self::LONGEST_LINE;
        if self.too_long {
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn read(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else {
            return;
        };
        self.outline.is_whole |= data.trim_ascii() == b"[DONE]";
        if let Some(event) = pick::whole(data) {
            self.outline.add(event);
        }
    }
}

/// Whether a choice of an event has anything of an answer in it. The first event of most streams has
/// only the role.
fn has_content(choice: Part<'_>) -> bool {
    const NAMES: [&str; 7] = [
        "content",
        "tool_calls",
        "function_call",
        "refusal",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
    ];
    let [delta] = choice.fields(["delta"]);
    let mut parts = delta
        .map(|delta| delta.fields(NAMES))
        .into_iter()
        .flatten()
        .flatten();
    parts.any(|part| !part.is_nothing())
}

/// Whether a choice says that the answer is whole.
fn is_whole(choice: Part<'_>) -> bool {
    let [reason] = choice.fields(["finish_reason"]);
    let told = reason
        .filter(|reason| !reason.is_nothing())
        .map(Part::value);
    told.is_some_and(|reason| reason != "error")
}

/// The error that a choice ended with.
fn ended(choice: Part<'_>) -> Option<Value> {
    let [reason, error] = choice.fields(["finish_reason", "error"]);
    let by_error = reason.is_some_and(|reason| reason.value() == "error");
    by_error.then(|| error.map(Part::value).unwrap_or_default())
}

/// What is no number, or none that can be, is unknown.
fn tokens_in(told: Part<'_>) -> Usage {
    let told = told.fields(["prompt_tokens", "completion_tokens"]);
    let [input, output] = told.map(|part| part.map(Part::value).unwrap_or_default());
    Usage {
        input_tokens: input.as_u64(),
        output_tokens: output.as_u64(),
        cost_usd: None,
    }
}

#[cfg(test)]
mod tests;
