//! The agent's request: read within its bounds, and rewritten for the upstream.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::upstream::Upstream;

/// What goes to the upstream.
#[derive(Debug)]
pub(crate) struct Call {
    /// The rewritten body.
    pub(crate) body: Bytes,
    /// Whether the answer is wanted as a stream of events.
    pub(crate) streamed: bool,
}

/// Why a request is no call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
    /// Longer than allowed, in bytes.
    TooLong(usize),
    /// It did not arrive whole.
    BrokeOff,
    /// It did not arrive in time.
    TooSlow,
    /// It is no JSON object.
    NoObject,
}

impl Unfit {
    /// How the agent is told.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::TooLong(limit) => Answer::too_long(&format!("the limit is {limit} bytes")),
            Self::BrokeOff => Answer::error(400, "the request broke off"),
            Self::TooSlow => Answer::error(408, "the request did not arrive in time"),
            Self::NoObject => Answer::error(400, "the request is no JSON object"),
        }
    }
}

/// Reads a whole body of at most `limit` bytes within `time`.
pub(crate) async fn read<B>(body: B, limit: usize, time: Duration) -> Result<Bytes, Unfit>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Unfit::TooLong(limit));
    }
    match tokio::time::timeout(time, Limited::new(body, limit).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unfit::TooLong(limit)),
        Ok(Err(_)) => Err(Unfit::BrokeOff),
        Err(_) => Err(Unfit::TooSlow),
    }
}

/// Puts in the upstream's model. Every other field keeps the text it has.
pub(crate) fn rewrite(body: &[u8], upstream: &Upstream) -> Result<Call, Unfit> {
    let mut fields: BTreeMap<String, Box<RawValue>> =
        serde_json::from_slice(body).map_err(|_no_object| Unfit::NoObject)?;
    fields.insert(
        "model".to_owned(),
        raw(&Value::from(upstream.model.as_str())),
    );
    if upstream.is_openrouter() {
        // Without it OpenRouter does not tell what a call cost.
        let wanted = || raw(&json!({ "include": true }));
        fields.entry("usage".to_owned()).or_insert_with(wanted);
    }
    let streamed = fields
        .get("stream")
        .is_some_and(|told| told.get() == "true");
    let body = serde_json::to_vec(&fields)
        .expect("invariant: a map of texts to JSON can be written as JSON");
    Ok(Call {
        body: body.into(),
        streamed,
    })
}

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("invariant: JSON as text is JSON")
}

#[cfg(test)]
mod tests;
