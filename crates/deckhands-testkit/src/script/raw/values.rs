//! Values of single keys, each within its range.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{RawDrip, RawUsage};
use crate::body::Pace;
use crate::script::error::ScriptErrorKind;
use crate::script::step::Times;
use crate::script::usage::Usage;

pub(super) fn status(code: Option<u16>) -> Result<u16, ScriptErrorKind> {
    code.filter(|code| (200..=999).contains(code))
        .ok_or(ScriptErrorKind::Value {
            key: "status",
            wanted: "between 200 and 999",
        })
}

pub(super) fn seconds(seconds: Option<f64>) -> Result<Duration, ScriptErrorKind> {
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or(ScriptErrorKind::Value {
            key: "hang_s",
            wanted: "a number of seconds from 0 up",
        })
}

pub(super) fn times(value: Option<&Value>) -> Result<Times, ScriptErrorKind> {
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

/// A key that is true or not there.
pub(super) fn flag(key: &'static str, value: Option<bool>) -> Result<bool, ScriptErrorKind> {
    match value {
        Some(false) => Err(ScriptErrorKind::Value {
            key,
            wanted: "true",
        }),
        value => Ok(value.is_some()),
    }
}

pub(super) fn usage(raw: &RawUsage) -> Usage {
    let default = Usage::default();
    Usage {
        prompt_tokens: raw.prompt_tokens.unwrap_or(default.prompt_tokens),
        completion_tokens: raw.completion_tokens.unwrap_or(default.completion_tokens),
        cached_tokens: raw.cached_tokens,
        cost: raw.cost,
    }
}

pub(super) fn headers(
    raw: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, ScriptErrorKind> {
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

pub(super) fn pace(raw: Option<&RawDrip>) -> Result<Option<Pace>, ScriptErrorKind> {
    match raw {
        None => Ok(None),
        Some(RawDrip { bytes: 0, .. }) => Err(ScriptErrorKind::Value {
            key: "drip",
            wanted: "at least one byte at a time",
        }),
        Some(raw) => Ok(Some(Pace {
            bytes: raw.bytes,
            every: Duration::from_millis(raw.every_ms),
        })),
    }
}
