//! The agent's request: read within its bounds, and rewritten for each route that it is sent to.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::money::{Price, Rate};
use crate::route::Route;

mod provider_tool;

pub(crate) use provider_tool::ONLINE;

/// The fields by which a request bounds its answer, the one that replaced the other first.
const BOUNDS: [&str; 2] = ["max_completion_tokens", "max_tokens"];

/// The fields by which a request lets the provider take another model than the one that it names:
/// OpenRouter's list of others and its stored settings
/// (<https://openrouter.ai/docs/features/model-routing>,
/// <https://openrouter.ai/docs/features/presets>), and the list of a LiteLLM proxy
/// (<https://docs.litellm.ai/docs/proxy/reliability>).
const OTHER_MODELS: [&str; 3] = ["models", "preset", "fallbacks"];

/// A chat request, taken apart as far as it is looked at.
#[derive(Debug)]
pub(crate) struct ChatRequest {
    fields: BTreeMap<String, Box<RawValue>>,
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
            Self::TooSlow => Answer::error(504, "the request did not arrive in time"),
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

impl ChatRequest {
    /// Takes a body apart.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unfit> {
        let fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(body).map_err(|_no_object| Unfit::NoObject)?;
        let told = fields.get("stream");
        let streamed = told.is_some_and(|told| told.get() == "true");
        Ok(Self { fields, streamed })
    }

    /// The body for a route: its model and no other, its bound, and the wish to be told what was used. Where
    /// the money is `capped` the price that the cap was reckoned with is one, too. Every other field keeps
    /// the text it has.
    pub(crate) fn body_for(&self, route: &Route, capped: bool) -> Bytes {
        let mut fields: BTreeMap<&str, &RawValue> = self.borrowed();
        let model = raw(&Value::from(route.upstream.model.as_str()));
        fields.insert("model", &model);
        fields.retain(|name, _| !OTHER_MODELS.contains(name));
        let bound = raw(&Value::from(route.max_output_tokens));
        for name in self.too_large(route.max_output_tokens) {
            fields.insert(name, &bound);
        }
        let include = raw(&json!({ "include": true }));
        if route.upstream.is_openrouter() {
            // Without it OpenRouter does not tell what a call cost.
            fields.entry("usage").or_insert(&include);
        }
        let most = route.price.filter(|_| capped).map(|price| most(&price));
        if let Some(most) = &most
            && route.upstream.is_openrouter()
        {
            // A request that says by itself who may serve it is refused under a cap.
            fields.insert("provider", most);
        }
        let with_usage = raw(&json!({ "include_usage": true }));
        if self.streamed {
            fields.entry("stream_options").or_insert(&with_usage);
        }
        serde_json::to_vec(&fields)
            .expect("invariant: a map of texts to JSON can be written as JSON")
            .into()
    }

    /// Whether whoever asks wants to be told the usage at the end of a stream, in the form of OpenAI or
    /// of OpenRouter.
    pub(crate) fn usage_asked(&self) -> bool {
        let asks = |field: &str, name: &str| {
            let told = self.fields.get(field).map(|told| told.get());
            let told: Option<Value> = told.and_then(|told| serde_json::from_str(told).ok());
            told.is_some_and(|told| told[name] == true)
        };
        asks("stream_options", "include_usage") || asks("usage", "include")
    }

    /// Most tokens that all answers to this request may have at a route, together.
    pub(crate) fn output_tokens(&self, route: &Route) -> u64 {
        let most = u64::from(route.max_output_tokens);
        let sent = BOUNDS
            .iter()
            .filter(|name| self.fields.contains_key(**name));
        let sent = sent.map(|name| self.number(name).map_or(most, |asked| asked.min(most)));
        let choices = self.number("n").unwrap_or(1).max(1);
        sent.max().unwrap_or(most).saturating_mul(choices)
    }

    fn borrowed(&self) -> BTreeMap<&str, &RawValue> {
        let fields = self.fields.iter();
        fields
            .map(|(name, value)| (name.as_str(), value.as_ref()))
            .collect()
    }

    /// The bounds that are missing, or no number, or above `most`.
    fn too_large(&self, most: u32) -> impl Iterator<Item = &'static str> + '_ {
        let none = !BOUNDS.iter().any(|name| self.fields.contains_key(*name));
        let most = u64::from(most);
        let wrong = move |name: &&str| {
            let there = self.fields.contains_key(*name);
            there && self.number(name).is_none_or(|asked| asked > most)
        };
        let missing = none.then_some(BOUNDS[0]);
        BOUNDS.into_iter().filter(wrong).chain(missing)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.fields.get(name)?.get().parse().ok()
    }
}

/// OpenRouter's word for the most that a million tokens may cost: it calls nobody who wants more.
fn most(price: &Price) -> Box<RawValue> {
    let [input, output] = price.dearest().map(Rate::as_per_million);
    raw(&json!({ "max_price": { "prompt": input, "completion": output } }))
}

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("invariant: JSON as text is JSON")
}

#[cfg(test)]
mod tests;
