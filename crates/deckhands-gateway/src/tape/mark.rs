//! By what a request is known again, without keeping any of its text.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The marks of one request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The model that the agent asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    /// Number of messages.
    pub(super) messages: u64,
    /// SHA-256 of the JSON text of all messages, 64 lowercase hexadecimal digits.
    pub(super) messages_sha256: String,
    /// Whether native tools were offered.
    #[serde(default)]
    pub(super) tools: bool,
    /// Whether the answer was wanted as a stream of events.
    #[serde(default)]
    pub(super) streamed: bool,
}

#[derive(Default, Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tools: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stream: Option<&'a RawValue>,
}

impl Mark {
    /// Of a request's body; what is not where it should be counts as not there.
    pub(super) fn of_request(body: &[u8]) -> Self {
        let request: Request<'_> = serde_json::from_slice(body).unwrap_or_default();
        let messages = request.messages.map_or("", RawValue::get);
        let model = request.model.map(|model| serde_json::from_str(model.get()));
        Self {
            model: model.and_then(Result::ok),
            messages: items(request.messages),
            messages_sha256: hexadecimal(&Sha256::digest(messages)),
            tools: items(request.tools) > 0,
            streamed: request.stream.is_some_and(|told| told.get() == "true"),
        }
    }
}

/// Length of a list. Nothing of its items is kept, so any length will do.
fn items(list: Option<&RawValue>) -> u64 {
    let items: Option<Vec<IgnoredAny>> =
        list.and_then(|list| serde_json::from_str(list.get()).ok());
    items.map_or(0, |items| u64::try_from(items.len()).unwrap_or(u64::MAX))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
