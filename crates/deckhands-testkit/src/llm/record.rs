//! What is remembered of a request.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde_json::Value;
use tokio::time::Instant;

/// A body above this size is measured but not kept: 4 MiB, several times the longest request of a long session.
const MAX_KEPT_BODY: usize = 4 << 20;

/// Headers worth asserting on; nothing in them is secret.
const KEPT_HEADERS: [&str; 6] = [
    "content-type",
    "http-referer",
    "user-agent",
    "x-stainless-read-timeout",
    "x-stainless-retry-count",
    "x-title",
];

/// One request that reached the provider.
///
/// The authorization is kept but never shown: [`bearer_is`](Self::bearer_is) compares it.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Number of the request at this server, from 1.
    pub sequence: u64,
    /// When it had arrived to its end.
    pub at: Instant,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Name of the script that the path or the task chose; none for the default one.
    pub script: Option<String>,
    /// Number of the step that answered, from 1; none if no step did.
    pub step: Option<usize>,
    /// The `model` field.
    pub model: Option<String>,
    /// Roles of the messages in order.
    pub roles: Vec<String>,
    /// Names of the tools sent; empty if none were.
    pub tools: Vec<String>,
    /// Text of the last message of role `user`.
    pub last_user_text: Option<String>,
    /// Some headers by lowercase name.
    pub headers: BTreeMap<String, String>,
    /// Length of the body in bytes.
    pub body_len: usize,
    authorization: Option<String>,
    pub(super) body: Option<Bytes>,
}

impl RecordedRequest {
    pub(super) fn new(method: &str, path: &str, headers: &HeaderMap, body: &Bytes) -> Self {
        let json = serde_json::from_slice(body).unwrap_or(Value::Null);
        Self {
            sequence: 0,
            at: Instant::now(),
            method: method.to_owned(),
            path: path.to_owned(),
            script: None,
            step: None,
            model: json["model"].as_str().map(str::to_owned),
            roles: strings(&json["messages"], "/role"),
            tools: strings(&json["tools"], "/function/name"),
            last_user_text: from_user(&json).next_back().and_then(text),
            headers: kept_headers(headers),
            body_len: body.len(),
            authorization: header(headers, AUTHORIZATION.as_str()),
            body: (body.len() <= MAX_KEPT_BODY).then(|| body.clone()),
        }
    }

    /// Number of messages sent.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.roles.len()
    }

    /// Whether the request came with exactly this bearer token.
    #[must_use]
    pub fn bearer_is(&self, token: &str) -> bool {
        self.authorization
            .as_deref()
            .and_then(|value| value.strip_prefix("Bearer "))
            == Some(token)
    }

    /// Whether the request came with any authorization.
    #[must_use]
    pub fn has_authorization(&self) -> bool {
        self.authorization.is_some()
    }

    /// The body as sent, unless it was too large to keep or newer ones have displaced it.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// Text of the first message of role `user`, which holds the task, while the body is kept.
    pub(super) fn first_user_text(&self) -> Option<String> {
        from_user(&self.json()?).next().and_then(text)
    }

    /// The body as JSON, if it is kept and is JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body.as_ref()?).ok()
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("sequence", &self.sequence)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("script", &self.script)
            .field("step", &self.step)
            .field("model", &self.model)
            .field("roles", &self.roles)
            .field("tools", &self.tools)
            .field("headers", &self.headers)
            .field("body_len", &self.body_len)
            .field(
                "authorization",
                &self.authorization.as_ref().map(|_| "redacted"),
            )
            .finish_non_exhaustive()
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn kept_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    KEPT_HEADERS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), header(headers, name)?)))
        .collect()
}

fn strings(list: &Value, pointer: &str) -> Vec<String> {
    let text = |item: &Value| {
        item.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    list.as_array()
        .map_or_else(Vec::new, |items| items.iter().map(text).collect())
}

fn from_user(json: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let messages = json["messages"].as_array().into_iter().flatten();
    messages.filter(|message| message["role"] == "user")
}

/// Text comes as a string or, with native tools, as a list of parts.
fn text(message: &Value) -> Option<String> {
    match &message["content"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) => Some(strings(&message["content"], "/text").join("\n")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
