//! Reading a script from JSON: strict, and with the step's number in every complaint.

mod answer;
mod provider;
mod values;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::error::{ScriptError, ScriptErrorKind};
use super::step::{Step, WrongUsage};
use super::{AfterEnd, Script};

/// The file as it stands; steps are read one by one so that a fault knows its number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScript {
    steps: Vec<Value>,
    #[serde(default)]
    after_end: AfterEnd,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    tool: String,
    #[serde(default)]
    args: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct RawUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    cached_tokens: Option<u64>,
    cost: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDrip {
    bytes: usize,
    every_ms: u64,
}

/// The keys of a step as they stand. What answers is one of them; the others say how.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawStep {
    text: Option<String>,
    text_mib: Option<usize>,
    tool: Option<String>,
    args: Option<Map<String, Value>>,
    raw_args: Option<String>,
    tools: Option<Vec<RawCall>>,
    finish: Option<String>,
    status: Option<u16>,
    body: Option<Value>,
    hang_s: Option<f64>,
    hang: Option<String>,
    reset: Option<bool>,
    raw: Option<String>,
    truncate: Option<bool>,
    empty_choices: Option<bool>,
    error_in_200: Option<Value>,
    filtered: Option<String>,
    refusal: Option<String>,
    provider_error: Option<String>,
    dialect: Option<String>,
    retry_after_s: Option<u32>,
    retry_in_body_s: Option<u32>,
    reset_in_body_ms: Option<u64>,
    delay_ms: u64,
    drip: Option<RawDrip>,
    times: Option<Value>,
    usage: RawUsage,
    #[serde(deserialize_with = "any_value")]
    raw_usage: Option<Value>,
    no_usage: Option<bool>,
    headers: BTreeMap<String, String>,
}

pub(super) fn parse(text: &str) -> Result<Script, ScriptError> {
    let raw: RawScript = serde_json::from_str(text).map_err(|source| ScriptError {
        step: None,
        kind: ScriptErrorKind::Malformed(source),
    })?;
    Script::try_from(raw)
}

impl TryFrom<RawScript> for Script {
    type Error = ScriptError;

    fn try_from(raw: RawScript) -> Result<Self, ScriptError> {
        let steps = raw.steps.into_iter().enumerate().map(|(index, value)| {
            read_step(value).map_err(|kind| ScriptError {
                step: Some(index + 1),
                kind,
            })
        });
        let steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
        if steps.is_empty() && raw.after_end == AfterEnd::RepeatLast {
            let kind = ScriptErrorKind::Alone("repeat_last", "steps");
            return Err(ScriptError { step: None, kind });
        }
        Ok(Script::new(steps).after_end(raw.after_end))
    }
}

fn read_step(value: Value) -> Result<Step, ScriptErrorKind> {
    let raw: RawStep = serde_json::from_value(value).map_err(ScriptErrorKind::Malformed)?;
    let answer = answer::only(&raw)?;
    answer::check_companions(&raw, answer)?;
    let mut headers = values::headers(&raw.headers)?;
    let base = Step {
        delay: Duration::from_millis(raw.delay_ms),
        times: values::times(raw.times.as_ref())?,
        usage: values::usage(&raw.usage),
        wrong_usage: wrong_usage(&raw)?,
        pace: values::pace(raw.drip.as_ref())?,
        ..answer::step(raw, answer)?
    };
    headers.extend(base.headers);
    Ok(Step { headers, ..base })
}

fn wrong_usage(raw: &RawStep) -> Result<Option<WrongUsage>, ScriptErrorKind> {
    match (&raw.raw_usage, raw.no_usage) {
        (Some(_), Some(_)) => Err(ScriptErrorKind::Conflict("raw_usage", "no_usage")),
        (Some(value), None) => Ok(Some(WrongUsage::Value(value.clone()))),
        (None, Some(true)) => Ok(Some(WrongUsage::Absent)),
        (None, Some(false)) => Err(ScriptErrorKind::Value {
            key: "no_usage",
            wanted: "true",
        }),
        (None, None) => Ok(None),
    }
}

/// Keeps a `null` apart from a key that is not there.
fn any_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
