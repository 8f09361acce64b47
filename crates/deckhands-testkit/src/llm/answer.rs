//! The JSON of an answer: completions in both tool forms, and errors; sending it is left to `connection`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::script::{Step, ToolCall, Usage, WrongUsage};

/// First value of `created`; each answer counts one up, so that answers need no clock.
const CREATED: u64 = 1_700_000_000;

/// How a client wants tool calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As `tool_calls` beside the text.
    Native,
    /// In the text, as `<function=…>`.
    Text {
        /// Whether the request named `</function` as stop word: then the answer ends before it.
        stop_word: bool,
    },
}

impl Form {
    /// The form that a request's body asks for.
    pub(super) fn of(request: &Value) -> Self {
        if request.get("tools").is_some_and(|tools| !tools.is_null()) {
            return Self::Native;
        }
        let is_stop = |value: &Value| {
            value
                .as_str()
                .is_some_and(|word| word.starts_with("</function"))
        };
        let stop_word = match request.get("stop") {
            Some(Value::Array(words)) => words.iter().any(is_stop),
            Some(word) => is_stop(word),
            None => false,
        };
        Self::Text { stop_word }
    }
}

/// What an answer needs to know of its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    /// Number of the request at this server, from 1.
    pub(super) sequence: u64,
    /// The model asked for.
    pub(super) model: &'a str,
    /// How tool calls are wanted.
    pub(super) form: Form,
    /// Which call of the step is meant in the text form.
    pub(super) part: usize,
}

/// A completion with text only.
pub(super) fn message(on: Occasion<'_>, step: &Step, text: &str) -> Value {
    let message = json!({ "role": "assistant", "content": text });
    completion(on, step, json!([choice(message, "stop")]))
}

/// A completion that a content filter ended.
pub(super) fn filtered(on: Occasion<'_>, step: &Step, text: &str) -> Value {
    let message = json!({ "role": "assistant", "content": text });
    completion(on, step, json!([choice(message, "content_filter")]))
}

/// A completion in which the model refuses.
pub(super) fn refusal(on: Occasion<'_>, step: &Step, text: &str) -> Value {
    let message = json!({ "role": "assistant", "content": null, "refusal": text });
    completion(on, step, json!([choice(message, "stop")]))
}

/// A completion of so much text that ended with an error.
pub(super) fn failed(on: Occasion<'_>, step: &Step, text: &str, error: &Value) -> Value {
    let message = json!({ "role": "assistant", "content": text });
    let mut choice = choice(message, "error");
    choice["error"] = error.clone();
    completion(on, step, json!([choice]))
}

/// A completion with a call whose arguments are any text.
pub(super) fn broken_call(on: Occasion<'_>, step: &Step, tool: &str, arguments: &str) -> Value {
    let choice = match on.form {
        Form::Native => {
            let call = native_call(on.sequence, 0, tool, arguments);
            let message = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
            choice(message, "tool_calls")
        }
        Form::Text { stop_word } => {
            let end = if stop_word { "" } else { "</function>" };
            let content = format!("<function={tool}>\n{arguments}\n{end}");
            choice(json!({ "role": "assistant", "content": content }), "stop")
        }
    };
    completion(on, step, json!([choice]))
}

/// A completion with the step's tool calls.
pub(super) fn calls(on: Occasion<'_>, step: &Step, text: &str, calls: &[ToolCall]) -> Value {
    let choice = match on.form {
        Form::Native => choice(native(on.sequence, text, calls), "tool_calls"),
        Form::Text { stop_word } => {
            // The text belongs to the first of the answers that one step is spread over.
            let text = if on.part == 0 { text } else { "" };
            let content = in_text(text, calls.get(on.part), stop_word);
            choice(json!({ "role": "assistant", "content": content }), "stop")
        }
    };
    completion(on, step, json!([choice]))
}

/// A completion without any choice.
pub(super) fn no_choices(on: Occasion<'_>, step: &Step) -> Value {
    completion(on, step, json!([]))
}

/// An error of the scripted provider itself, told apart by its type.
pub(super) fn own_error(status: u16, kind: &str, message: &str) -> Value {
    json!({ "error": { "message": message, "type": kind, "param": null, "code": status } })
}

/// The error of a model that is not served, in OpenAI's form.
pub(super) fn no_model(model: &str) -> Value {
    let message = format!("The model `{model}` does not exist or you do not have access to it.");
    json!({ "error": {
        "message": message,
        "type": "invalid_request_error",
        "param": null,
        "code": "model_not_found",
    } })
}

/// The list of models.
pub(super) fn models(names: &[String]) -> Value {
    let model = |name: &String| {
        json!({
            "id": name,
            "object": "model",
            "created": CREATED,
            "owned_by": "scripted",
        })
    };
    let models: Vec<Value> = names.iter().map(model).collect();
    json!({ "object": "list", "data": models })
}

fn completion(on: Occasion<'_>, step: &Step, mut choices: Value) -> Value {
    if let (Some(reason), Some(choice)) = (&step.finish_reason, choices.get_mut(0)) {
        choice["finish_reason"] = json!(reason);
    }
    let mut completion = json!({
        "id": format!("chatcmpl-scripted-{:06}", on.sequence),
        "object": "chat.completion",
        "created": CREATED + on.sequence,
        "model": on.model,
        "choices": choices,
    });
    match &step.wrong_usage {
        None => completion["usage"] = usage_json(&step.usage),
        Some(WrongUsage::Value(value)) => completion["usage"] = value.clone(),
        Some(WrongUsage::Absent) => {}
    }
    completion
}

fn choice(message: Value, finish_reason: &str) -> Value {
    json!({ "index": 0, "message": message, "finish_reason": finish_reason, "logprobs": null })
}

fn usage_json(usage: &Usage) -> Value {
    let mut told = json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    });
    if let Some(cached) = usage.cached_tokens {
        told["prompt_tokens_details"] = json!({ "cached_tokens": cached });
    }
    if let Some(cost) = usage.cost {
        told["cost"] = json!(cost);
    }
    told
}

fn native(sequence: u64, text: &str, calls: &[ToolCall]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(index, call)| {
            let arguments = Value::from(call.args.clone()).to_string();
            native_call(sequence, index, &call.tool, &arguments)
        })
        .collect();
    let content = if text.is_empty() {
        Value::Null
    } else {
        Value::from(text)
    };
    json!({ "role": "assistant", "content": content, "tool_calls": calls })
}

fn native_call(sequence: u64, index: usize, tool: &str, arguments: &str) -> Value {
    json!({
        "id": format!("call_{sequence:06}_{index}"),
        "type": "function",
        "function": { "name": tool, "arguments": arguments },
    })
}

/// OpenHands' own text form of a call; it puts the closing word back where the stop word cut it off.
fn in_text(text: &str, call: Option<&ToolCall>, stop_word: bool) -> String {
    let mut out = text.to_owned();
    let Some(call) = call else { return out };
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<function={}>", call.tool);
    for (name, value) in &call.args {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(out, "<parameter={name}>{value}</parameter>");
    }
    if !stop_word {
        out.push_str("</function>");
    }
    out
}

#[cfg(test)]
mod tests;
