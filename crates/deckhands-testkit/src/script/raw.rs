//! Reading a script from JSON: strict, and with the step's number in every complaint.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{ScriptError, ScriptErrorKind};
use super::step::{Reply, Step, Times, ToolCall, Usage};
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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawStep {
    text: Option<String>,
    tool: Option<String>,
    args: Option<Map<String, Value>>,
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
    delay_ms: u64,
    times: Option<Value>,
    usage: RawUsage,
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
    let answer = only_answer(&raw)?;
    check_companions(&raw, answer)?;
    Ok(Step {
        delay: Duration::from_millis(raw.delay_ms),
        times: read_times(raw.times.as_ref())?,
        usage: read_usage(&raw.usage),
        headers: read_headers(&raw.headers)?,
        reply: read_reply(raw, answer)?,
    })
}

/// The one key that decides what the step answers.
fn only_answer(raw: &RawStep) -> Result<&'static str, ScriptErrorKind> {
    let given = [
        ("tool", raw.tool.is_some()),
        ("tools", raw.tools.is_some()),
        ("finish", raw.finish.is_some()),
        ("status", raw.status.is_some()),
        ("hang_s", raw.hang_s.is_some()),
        ("hang", raw.hang.is_some()),
        ("reset", raw.reset.is_some()),
        ("raw", raw.raw.is_some()),
        ("truncate", raw.truncate.is_some()),
        ("empty_choices", raw.empty_choices.is_some()),
        ("error_in_200", raw.error_in_200.is_some()),
    ];
    let mut keys = given
        .into_iter()
        .filter_map(|(key, given)| given.then_some(key));
    match (keys.next(), keys.next()) {
        (Some(first), Some(second)) => Err(ScriptErrorKind::Conflict(first, second)),
        (Some(key), None) => Ok(key),
        (None, _) if raw.text.is_some() => Ok("text"),
        (None, _) => Err(ScriptErrorKind::NoAnswer),
    }
}

fn check_companions(raw: &RawStep, answer: &'static str) -> Result<(), ScriptErrorKind> {
    let speaks = matches!(answer, "text" | "tool" | "tools" | "finish");
    if raw.text.is_some() && !speaks {
        return Err(ScriptErrorKind::Conflict("text", answer));
    }
    if raw.args.is_some() && answer != "tool" {
        return Err(ScriptErrorKind::Alone("args", "tool"));
    }
    if raw.body.is_some() && answer != "status" {
        return Err(ScriptErrorKind::Alone("body", "status"));
    }
    if !raw.headers.is_empty() && matches!(answer, "hang" | "hang_s" | "reset") {
        return Err(ScriptErrorKind::Conflict("headers", answer));
    }
    Ok(())
}

fn read_reply(raw: RawStep, answer: &'static str) -> Result<Reply, ScriptErrorKind> {
    let text = raw.text.unwrap_or_default();
    Ok(match answer {
        "text" => Reply::Say(text),
        "tool" => {
            let tool = raw.tool.unwrap_or_default();
            let call = RawCall {
                tool,
                args: raw.args.unwrap_or_default(),
            };
            Reply::Call {
                text,
                calls: read_calls("tool", vec![call])?,
            }
        }
        "tools" => Reply::Call {
            text,
            calls: read_calls("tools", raw.tools.unwrap_or_default())?,
        },
        "finish" => {
            let args = Map::from_iter([("message".to_owned(), json!(raw.finish))]);
            let calls = vec![ToolCall {
                tool: "finish".to_owned(),
                args,
            }];
            Reply::Call { text, calls }
        }
        "status" => Reply::Status {
            code: read_status(raw.status)?,
            body: raw.body.unwrap_or_else(|| json!({})),
        },
        "hang_s" => Reply::Hang(Some(read_seconds(raw.hang_s)?)),
        "hang" => match raw.hang.as_deref() {
            Some("forever") => Reply::Hang(None),
            _ => {
                return Err(ScriptErrorKind::Value {
                    key: "hang",
                    wanted: "`forever`",
                });
            }
        },
        "raw" => Reply::Raw(raw.raw.unwrap_or_default()),
        "error_in_200" => Reply::ErrorIn200(raw.error_in_200.unwrap_or_default()),
        "reset" => only_true("reset", raw.reset, Reply::Reset)?,
        "truncate" => only_true("truncate", raw.truncate, Reply::Truncate)?,
        _ => only_true("empty_choices", raw.empty_choices, Reply::EmptyChoices)?,
    })
}

fn only_true(
    key: &'static str,
    value: Option<bool>,
    reply: Reply,
) -> Result<Reply, ScriptErrorKind> {
    match value {
        Some(true) => Ok(reply),
        _ => Err(ScriptErrorKind::Value {
            key,
            wanted: "true",
        }),
    }
}

fn read_calls(key: &'static str, raw: Vec<RawCall>) -> Result<Vec<ToolCall>, ScriptErrorKind> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    if raw.is_empty() || !raw.iter().all(|call| is_name(&call.tool)) {
        let wanted = "a tool name of letters, digits, `_` and `-`, at least one";
        return Err(ScriptErrorKind::Value { key, wanted });
    }
    Ok(raw
        .into_iter()
        .map(|call| ToolCall {
            tool: call.tool,
            args: call.args,
        })
        .collect())
}

fn read_status(code: Option<u16>) -> Result<u16, ScriptErrorKind> {
    code.filter(|code| (200..=999).contains(code))
        .ok_or(ScriptErrorKind::Value {
            key: "status",
            wanted: "between 200 and 999",
        })
}

fn read_seconds(seconds: Option<f64>) -> Result<Duration, ScriptErrorKind> {
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or(ScriptErrorKind::Value {
            key: "hang_s",
            wanted: "a number of seconds from 0 up",
        })
}

fn read_times(value: Option<&Value>) -> Result<Times, ScriptErrorKind> {
    let Some(value) = value else {
        return Ok(Times::Count(1));
    };
    if value == "forever" {
        return Ok(Times::Forever);
    }
    let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
    count
        .filter(|count| *count > 0)
        .map(Times::Count)
        .ok_or(ScriptErrorKind::Value {
            key: "times",
            wanted: "a number from 1 up or `forever`",
        })
}

fn read_usage(raw: &RawUsage) -> Usage {
    let default = Usage::default();
    Usage {
        prompt_tokens: raw.prompt_tokens.unwrap_or(default.prompt_tokens),
        completion_tokens: raw.completion_tokens.unwrap_or(default.completion_tokens),
        cached_tokens: raw.cached_tokens,
        cost: raw.cost,
    }
}

fn read_headers(raw: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, ScriptErrorKind> {
    let is_header = |(name, value): (&String, &String)| {
        HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
    };
    if !raw.iter().all(is_header) {
        return Err(ScriptErrorKind::Value {
            key: "headers",
            wanted: "valid names and values",
        });
    }
    Ok(raw
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}
