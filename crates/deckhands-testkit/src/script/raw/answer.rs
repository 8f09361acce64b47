//! Which answer a step gives, and the keys that belong to it.

use serde_json::{Map, Value, json};

use super::{RawCall, RawStep, manner, provider, values};
use crate::script::error::ScriptErrorKind;
use crate::script::step::{Reply, Step, ToolCall};

/// Longest message that a script asks for by its size, in mebibytes.
const MAX_MIB: usize = 64;

/// The one key that decides what the step answers.
pub(super) fn only(raw: &RawStep) -> Result<&'static str, ScriptErrorKind> {
    let given = [
        ("text_mib", raw.text_mib.is_some()),
        ("filtered", raw.filtered.is_some()),
        ("refusal", raw.refusal.is_some()),
        ("provider_error", raw.provider_error.is_some()),
        ("tool", raw.tool.is_some()),
        ("tools", raw.tools.is_some()),
        ("finish", raw.finish.is_some()),
        ("status", raw.status.is_some()),
        ("hang_s", raw.hang_s.is_some()),
        ("hang", raw.hang.is_some()),
        ("reset", raw.reset.is_some()),
        ("raw", raw.raw.is_some()),
        // As an object it says where another answer is cut.
        (
            "truncate",
            raw.truncate.as_ref().is_some_and(Value::is_boolean),
        ),
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

pub(super) fn check_companions(raw: &RawStep, answer: &'static str) -> Result<(), ScriptErrorKind> {
    let speaks =
        matches!(answer, "text" | "tool" | "tools" | "finish") || raw.after_chunks.is_some();
    if raw.text.is_some() && !speaks {
        return Err(ScriptErrorKind::Conflict("text", answer));
    }
    if raw.args.is_some() && answer != "tool" {
        return Err(ScriptErrorKind::Alone("args", "tool"));
    }
    provider::check_companions(raw, answer)?;
    if raw.raw_args.is_some() && answer != "tool" {
        return Err(ScriptErrorKind::Alone("raw_args", "tool"));
    }
    if raw.raw_args.is_some() {
        for (key, given) in [("text", raw.text.is_some()), ("args", raw.args.is_some())] {
            if given {
                return Err(ScriptErrorKind::Conflict(key, "raw_args"));
            }
        }
    }
    if raw.drip.is_some() && matches!(answer, "hang" | "hang_s" | "reset") {
        return Err(ScriptErrorKind::Conflict("drip", answer));
    }
    if raw.body.is_some() && answer != "status" {
        return Err(ScriptErrorKind::Alone("body", "status"));
    }
    if !raw.headers.is_empty() && matches!(answer, "hang" | "hang_s" | "reset") {
        return Err(ScriptErrorKind::Conflict("headers", answer));
    }
    Ok(())
}

/// The step with this answer and nothing about it yet but what the answer itself brings.
pub(super) fn step(raw: RawStep, answer: &'static str) -> Result<Step, ScriptErrorKind> {
    match answer {
        "provider_error" => provider::step(&raw),
        "error_in_200" => {
            let error = raw.error_in_200.clone().unwrap_or_default();
            Ok(Step::new(match manner::content_before(&raw)? {
                None => Reply::ErrorIn200(error),
                Some((text, chunks)) => Reply::ErrorAfter {
                    text,
                    chunks,
                    error,
                },
            }))
        }
        "text_mib" => {
            let mebibytes = raw.text_mib.filter(|mib| (1..=MAX_MIB).contains(mib));
            mebibytes.map(Step::huge).ok_or(ScriptErrorKind::Value {
                key: "text_mib",
                wanted: "between 1 and 64",
            })
        }
        _ => reply(raw, answer).map(Step::new),
    }
}

fn reply(raw: RawStep, answer: &'static str) -> Result<Reply, ScriptErrorKind> {
    let text = raw.text.unwrap_or_default();
    Ok(match answer {
        "text" => Reply::Say(text),
        "filtered" => Reply::Filtered(raw.filtered.unwrap_or_default()),
        "refusal" => Reply::Refusal(raw.refusal.unwrap_or_default()),
        "tool" => {
            let tool = raw.tool.unwrap_or_default();
            if let Some(arguments) = raw.raw_args {
                check_name("tool", &tool)?;
                return Ok(Reply::BrokenCall { tool, arguments });
            }
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
            code: values::status(raw.status)?,
            body: raw.body.unwrap_or_else(|| json!({})),
        },
        "hang_s" => Reply::Hang(Some(values::seconds(raw.hang_s)?)),
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
        "reset" => only_true("reset", raw.reset, Reply::Reset)?,
        "truncate" => {
            let given = raw.truncate.as_ref().and_then(Value::as_bool);
            only_true("truncate", given, Reply::Truncate)?
        }
        _ => only_true("empty_choices", raw.empty_choices, Reply::EmptyChoices)?,
    })
}

fn only_true(
    key: &'static str,
    value: Option<bool>,
    reply: Reply,
) -> Result<Reply, ScriptErrorKind> {
    values::flag(key, value).map(|_true| reply)
}

fn read_calls(key: &'static str, raw: Vec<RawCall>) -> Result<Vec<ToolCall>, ScriptErrorKind> {
    if raw.is_empty() {
        check_name(key, "")?;
    }
    raw.into_iter()
        .map(|RawCall { tool, args }| {
            check_name(key, &tool)?;
            Ok(ToolCall { tool, args })
        })
        .collect()
}

fn check_name(key: &'static str, name: &str) -> Result<(), ScriptErrorKind> {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    if name.is_empty() || !name.bytes().all(is_allowed) {
        let wanted = "a tool name of letters, digits, `_` and `-`, at least one";
        return Err(ScriptErrorKind::Value { key, wanted });
    }
    Ok(())
}
