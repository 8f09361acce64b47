//! A completion as server-sent events, for requests with `"stream": true`; the completion itself is `answer`'s.

use serde_json::{Value, json};

/// What a stream of events is announced as.
pub(super) const CONTENT_TYPE: &str = "text/event-stream";

/// Characters of text or of arguments in one event.
const PIECE: usize = 256;

/// Whether a request wants its completion as events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Streaming {
    /// In one document.
    No,
    /// As events, the last one with the usage if that is asked for.
    Events {
        /// Whether `stream_options.include_usage` is set.
        usage: bool,
    },
}

impl Streaming {
    /// What a request's body asks for.
    pub(super) fn of(request: &Value) -> Self {
        if request["stream"] == true {
            let usage = request["stream_options"]["include_usage"] == true;
            Self::Events { usage }
        } else {
            Self::No
        }
    }
}

/// All events of a completion, with the end mark.
pub(super) fn events(completion: &Value, usage: bool) -> String {
    let mut out = String::new();
    match completion["choices"].get(0) {
        Some(choice) => {
            for delta in deltas(&choice["message"]) {
                event(
                    &mut out,
                    &chunk(completion, json!([part(delta, &Value::Null)])),
                );
            }
            let last = part(json!({}), &choice["finish_reason"]);
            event(&mut out, &chunk(completion, json!([last])));
        }
        None => event(&mut out, &chunk(completion, json!([]))),
    }
    if let Some(told) = completion.get("usage").filter(|_| usage) {
        let mut last = chunk(completion, json!([]));
        last["usage"] = told.clone();
        event(&mut out, &last);
    }
    out.push_str("data: [DONE]\n\n");
    out
}

/// A stream that begins well and ends with an error, in the form of OpenRouter: an event that has both the error and
/// an end of its choice, and no end mark.
pub(super) fn broken_by(completion: &Value, error: &Value) -> String {
    let mut out = String::new();
    let role = part(json!({ "role": "assistant", "content": "" }), &Value::Null);
    event(&mut out, &chunk(completion, json!([role])));
    let end = part(json!({ "content": "" }), &json!("error"));
    let mut last = chunk(completion, json!([end]));
    last["error"] = error.clone();
    event(&mut out, &last);
    out
}

/// A message bit by bit.
fn deltas(message: &Value) -> Vec<Value> {
    let mut deltas = vec![json!({ "role": "assistant", "content": "" })];
    for key in ["content", "refusal"] {
        let text = message[key].as_str().unwrap_or_default();
        deltas.extend(pieces(text).into_iter().map(|piece| json!({ key: piece })));
    }
    let calls = message["tool_calls"].as_array();
    for (index, call) in calls.into_iter().flatten().enumerate() {
        let function = &call["function"];
        let begin = json!({
            "index": index,
            "id": call["id"],
            "type": "function",
            "function": { "name": function["name"], "arguments": "" },
        });
        deltas.push(json!({ "tool_calls": [begin] }));
        for piece in pieces(function["arguments"].as_str().unwrap_or_default()) {
            let more = json!({ "index": index, "function": { "arguments": piece } });
            deltas.push(json!({ "tool_calls": [more] }));
        }
    }
    deltas
}

fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(PIECE).map(String::from_iter).collect()
}

fn part(delta: Value, finish_reason: &Value) -> Value {
    json!({ "index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": null })
}

fn chunk(completion: &Value, choices: Value) -> Value {
    json!({
        "id": completion["id"],
        "object": "chat.completion.chunk",
        "created": completion["created"],
        "model": completion["model"],
        "choices": choices,
    })
}

fn event(out: &mut String, data: &Value) {
    out.push_str("data: ");
    out.push_str(&data.to_string());
    out.push_str("\n\n");
}

#[cfg(test)]
mod tests;
