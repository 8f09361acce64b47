//! Reading a script from JSON: strict, and with the step's number in every complaint.

mod answer;
mod manner;
mod provider;
mod values;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::error::{ScriptError, ScriptErrorKind};
use super::step::Step;
use super::usage::WrongUsage;
use super::{AfterEnd, Script};

/// The file as it stands; steps are read one by one so that a fault knows its number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScript {
    steps: Option<Vec<Value>>,
    after_end: Option<AfterEnd>,
    #[serde(default)]
    models: BTreeMap<String, RawPart>,
}

/// The steps of one model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
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
    truncate: Option<Value>,
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
    retry_after_ms: Option<u32>,
    retry_in_ms: Option<u32>,
    requested_tokens: Option<u32>,
    affordable_tokens: Option<u32>,
    after_chunks: Option<usize>,
    finish_reason: Option<String>,
    stall_after: Option<manner::RawStall>,
    chunk_chars: Option<usize>,
    keepalive: Option<u32>,
    event_every_ms: Option<u64>,
    crlf: Option<bool>,
    no_done: Option<bool>,
    unstreamed: Option<bool>,
}

pub(super) fn parse(text: &str) -> Result<Script, ScriptError> {
    let raw = serde_json::from_str::<RawScript>(text);
    Script::try_from(raw.map_err(|source| outside(ScriptErrorKind::Malformed(source)))?)
}

impl TryFrom<RawScript> for Script {
    type Error = ScriptError;

    fn try_from(raw: RawScript) -> Result<Self, ScriptError> {
        let common = match (raw.steps, raw.after_end) {
            (Some(steps), rule) => read_part(
                None,
                RawPart {
                    steps,
                    after_end: rule.unwrap_or_default(),
                },
            )?,
            (None, Some(_)) if !raw.models.is_empty() => {
                return Err(outside(ScriptErrorKind::Alone("after_end", "steps")));
            }
            (None, _) if raw.models.is_empty() => {
                let missing = serde_json::Error::missing_field("steps");
                return Err(outside(ScriptErrorKind::Malformed(missing)));
            }
            (None, _) => Script::only_models(),
        };
        raw.models
            .into_iter()
            .try_fold(common, |script, (name, part)| {
                let part = read_part(Some(&name), part)?;
                Ok(script.model(name, part))
            })
    }
}

fn read_part(model: Option<&str>, raw: RawPart) -> Result<Script, ScriptError> {
    let fault = |step: Option<usize>, kind| ScriptError {
        model: model.map(str::to_owned),
        step,
        kind,
    };
    let steps = raw.steps.into_iter().enumerate();
    let steps =
        steps.map(|(index, value)| read_step(value).map_err(|kind| fault(Some(index + 1), kind)));
    let steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
    if steps.is_empty() && raw.after_end == AfterEnd::RepeatLast {
        return Err(fault(None, ScriptErrorKind::Alone("repeat_last", "steps")));
    }
    Ok(Script::new(steps).after_end(raw.after_end))
}

/// A fault outside all steps.
fn outside(kind: ScriptErrorKind) -> ScriptError {
    ScriptError {
        model: None,
        step: None,
        kind,
    }
}

fn read_step(value: Value) -> Result<Step, ScriptErrorKind> {
    let raw: RawStep = serde_json::from_value(value).map_err(ScriptErrorKind::Malformed)?;
    let answer = answer::only(&raw)?;
    answer::check_companions(&raw, answer)?;
    manner::check_companions(&raw, answer)?;
    let mut headers = values::headers(&raw.headers)?;
    let base = Step {
        delay: Duration::from_millis(raw.delay_ms),
        times: values::times(raw.times.as_ref())?,
        usage: values::usage(&raw.usage),
        wrong_usage: wrong_usage(&raw)?,
        pace: values::pace(raw.drip.as_ref())?,
        finish_reason: raw.finish_reason.clone(),
        events: manner::events(&raw)?,
        broken: manner::broken(&raw)?,
        ..answer::step(raw, answer)?
    };
    headers.extend(base.headers);
    Ok(Step { headers, ..base })
}

fn wrong_usage(raw: &RawStep) -> Result<Option<WrongUsage>, ScriptErrorKind> {
    let absent = values::flag("no_usage", raw.no_usage)?;
    match &raw.raw_usage {
        Some(_) if absent => Err(ScriptErrorKind::Conflict("raw_usage", "no_usage")),
        Some(value) => Ok(Some(WrongUsage::Value(value.clone()))),
        None => Ok(absent.then_some(WrongUsage::Absent)),
    }
}

/// Keeps a `null` apart from a key that is not there.
fn any_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
