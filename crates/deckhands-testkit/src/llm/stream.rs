//! A completion as server-sent events, for requests with `"stream": true`; the completion itself is `answer`'s.

use serde_json::{Value, json};

use super::payload::Payload;
use crate::script::EventForm;

/// What a stream of events is announced as.
pub(super) const CONTENT_TYPE: &str = "text/event-stream";

/// What OpenRouter sends while nothing is there yet.
const KEEPALIVE: &str = ": OPENROUTER PROCESSING";

/// Whether a request wants its completion as events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Streaming {
    /// In one document.
    No,
    /// As events.
    Events(UsageAsked),
}

/// Whether and how a request asks for the usage in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UsageAsked {
    /// It does not.
    No,
    /// By `stream_options.include_usage`: the last event has it, and each before has `null` in its place.
    OpenAi,
    /// By `usage.include` alone: the last event has it.
    OpenRouter,
}

impl Streaming {
    /// What a request's body asks for.
    pub(super) fn of(request: &Value) -> Self {
        if request["stream"] != true {
            Self::No
        } else if request["stream_options"]["include_usage"] == true {
            Self::Events(UsageAsked::OpenAi)
        } else if request["usage"]["include"] == true {
            Self::Events(UsageAsked::OpenRouter)
        } else {
            Self::Events(UsageAsked::No)
        }
    }
}

/// All events of a completion, with the end mark.
pub(super) fn events(completion: &Value, usage: UsageAsked, form: &EventForm) -> Payload {
    let mut events = Events::new(completion, usage, form);
    match completion["choices"].get(0) {
        Some(choice) => {
            events.role();
            for delta in deltas(&choice["message"], form.chunk_chars) {
                events.content(delta);
            }
            events.choice(json!({}), &choice["finish_reason"]);
        }
        None => {
            events.out.mark();
            events.chunk(json!([]));
        }
    }
    let told = completion.get("usage");
    if let Some(told) = told.filter(|_| usage != UsageAsked::No) {
        let mut last = chunk(completion, json!([]));
        last["usage"] = told.clone();
        events.event(&last.to_string());
    }
    if !form.no_done {
        events.event("[DONE]");
    }
    events.out
}

/// A stream that begins with so many chunks of content and ends with an error, in the form of OpenRouter: an event that
/// has both the error and an end of its choice, and no end mark.
pub(super) fn broken_by(
    completion: &Value,
    form: &EventForm,
    chunks: usize,
    error: &Value,
) -> Payload {
    let mut events = Events::new(completion, UsageAsked::No, form);
    events.role();
    let message = &completion["choices"][0]["message"];
    for delta in deltas(message, form.chunk_chars).into_iter().take(chunks) {
        events.content(delta);
    }
    let end = part(json!({ "content": "" }), &json!("error"));
    let mut last = chunk(completion, json!([end]));
    last["error"] = error.clone();
    events.event(&last.to_string());
    events.out
}

/// Events of one completion as they are written.
struct Events<'a> {
    completion: &'a Value,
    end: &'static str,
    /// Whether each chunk has `"usage": null`.
    usage_null: bool,
    out: Payload,
}

impl<'a> Events<'a> {
    /// Nothing but the comments that come first.
    fn new(completion: &'a Value, usage: UsageAsked, form: &EventForm) -> Self {
        let mut events = Self {
            completion,
            end: if form.crlf { "\r\n\r\n" } else { "\n\n" },
            usage_null: usage == UsageAsked::OpenAi && completion.get("usage").is_some(),
            out: Payload::stream(form.every),
        };
        for _ in 0..form.keepalives {
            events.out.push(format!("{KEEPALIVE}{}", events.end));
        }
        events
    }

    /// The chunk that says who speaks.
    fn role(&mut self) {
        self.choice(json!({ "role": "assistant", "content": "" }), &Value::Null);
        self.out.mark();
    }

    fn content(&mut self, delta: Value) {
        self.choice(delta, &Value::Null);
        self.out.mark();
    }

    fn choice(&mut self, delta: Value, finish_reason: &Value) {
        self.chunk(json!([part(delta, finish_reason)]));
    }

    fn chunk(&mut self, choices: Value) {
        let mut chunk = chunk(self.completion, choices);
        if self.usage_null {
            chunk["usage"] = Value::Null;
        }
        self.event(&chunk.to_string());
    }

    fn event(&mut self, data: &str) {
        self.out.push(format!("data: {data}{}", self.end));
    }
}

/// The content of a message bit by bit.
fn deltas(message: &Value, chars: usize) -> Vec<Value> {
    let mut deltas = Vec::new();
    for key in ["content", "refusal"] {
        let text = message[key].as_str().unwrap_or_default();
        let pieces = pieces(text, chars).into_iter();
        deltas.extend(pieces.map(|piece| json!({ key: piece })));
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
        let arguments = function["arguments"].as_str().unwrap_or_default();
        for piece in pieces(arguments, chars) {
            let more = json!({ "index": index, "function": { "arguments": piece } });
            deltas.push(json!({ "tool_calls": [more] }));
        }
    }
    deltas
}

fn pieces(text: &str, chars: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let pieces = characters.chunks(chars.max(1));
    pieces.map(String::from_iter).collect()
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

#[cfg(test)]
mod tests;
