//! The keys that say how an answer goes out, each within its range and only where it means something.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{RawStep, values};
use crate::script::error::ScriptErrorKind;
use crate::script::manner::{Break, EventForm, Mishap, Place};
use crate::script::step::filler;

/// Most characters in one chunk.
const MAX_CHUNK_CHARS: usize = 4096;

/// Most chunks before an error.
const MAX_CHUNKS: usize = 4096;

/// Answers without a body.
const SILENT: [&str; 3] = ["hang", "hang_s", "reset"];

/// Where an answer is cut.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawPlace {
    after_bytes: Option<usize>,
    after_chunks: Option<usize>,
    reset: bool,
}

/// Where an answer pauses, and for how long.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStall {
    bytes: Option<usize>,
    chunks: Option<usize>,
    ms: Option<u64>,
}

/// Refuses keys that mean nothing to this answer.
pub(super) fn check_companions(raw: &RawStep, answer: &'static str) -> Result<(), ScriptErrorKind> {
    let completes = !SILENT.contains(&answer)
        && !matches!(answer, "status" | "raw")
        && (answer != "provider_error" || raw.after_chunks.is_some());
    let ends = completes
        && !matches!(
            answer,
            "provider_error" | "error_in_200" | "empty_choices" | "truncate"
        );
    let has_body = !SILENT.contains(&answer);
    let cut = raw.truncate.as_ref().is_some_and(|cut| !cut.is_boolean());
    let rows = [
        ("truncate", cut, has_body),
        (
            "stall_after",
            raw.stall_after.is_some(),
            has_body && answer != "truncate",
        ),
        ("finish_reason", raw.finish_reason.is_some(), ends),
        ("chunk_chars", raw.chunk_chars.is_some(), completes),
        ("keepalive", raw.keepalive.is_some(), completes),
        ("event_every_ms", raw.event_every_ms.is_some(), completes),
        ("crlf", raw.crlf.is_some(), completes),
        ("no_done", raw.no_done.is_some(), completes),
        ("unstreamed", raw.unstreamed.is_some(), completes),
    ];
    if let Some((key, ..)) = rows.iter().find(|(_, given, fits)| *given && !fits) {
        return Err(ScriptErrorKind::Conflict(key, answer));
    }
    if raw.after_chunks.is_some() && !matches!(answer, "error_in_200" | "provider_error") {
        return Err(ScriptErrorKind::Alone("after_chunks", "error_in_200"));
    }
    if cut && raw.stall_after.is_some() {
        return Err(ScriptErrorKind::Conflict("truncate", "stall_after"));
    }
    if raw.drip.is_some() && raw.event_every_ms.is_some() {
        return Err(ScriptErrorKind::Conflict("drip", "event_every_ms"));
    }
    Ok(())
}

/// How a completion looks as a stream.
pub(super) fn events(raw: &RawStep) -> Result<EventForm, ScriptErrorKind> {
    Ok(EventForm {
        chunk_chars: chunk_chars(raw)?,
        keepalives: raw.keepalive.unwrap_or_default(),
        every: raw.event_every_ms.map(Duration::from_millis),
        crlf: values::flag("crlf", raw.crlf)?,
        no_done: values::flag("no_done", raw.no_done)?,
        unstreamed: values::flag("unstreamed", raw.unstreamed)?,
    })
}

/// Where the answer breaks, and how.
pub(super) fn broken(raw: &RawStep) -> Result<Option<Break>, ScriptErrorKind> {
    if let Some(stall) = &raw.stall_after {
        let at = place("stall_after", stall.bytes, stall.chunks)?;
        let by = Mishap::Stall(stall.ms.map(Duration::from_millis));
        return Ok(Some(Break { at, by }));
    }
    match &raw.truncate {
        None | Some(Value::Bool(_)) => Ok(None),
        Some(value) => {
            let cut: RawPlace =
                serde_json::from_value(value.clone()).map_err(ScriptErrorKind::Malformed)?;
            let at = place("truncate", cut.after_bytes, cut.after_chunks)?;
            let by = if cut.reset {
                Mishap::Reset
            } else {
                Mishap::Cut
            };
            Ok(Some(Break { at, by }))
        }
    }
}

/// The text whose first chunks come before an error, and how many of them; none if the error stands alone.
pub(super) fn content_before(raw: &RawStep) -> Result<Option<(String, usize)>, ScriptErrorKind> {
    let Some(chunks) = raw.after_chunks else {
        return Ok(None);
    };
    if chunks > MAX_CHUNKS {
        return Err(ScriptErrorKind::Value {
            key: "after_chunks",
            wanted: "at most 4096",
        });
    }
    let given = raw.text.clone();
    let filler = filler(chunks * chunk_chars(raw)?);
    Ok(Some((given.unwrap_or(filler), chunks)))
}

fn chunk_chars(raw: &RawStep) -> Result<usize, ScriptErrorKind> {
    let default = EventForm::default().chunk_chars;
    let characters = raw.chunk_chars.unwrap_or(default);
    let characters = Some(characters).filter(|count| (1..=MAX_CHUNK_CHARS).contains(count));
    characters.ok_or(ScriptErrorKind::Value {
        key: "chunk_chars",
        wanted: "between 1 and 4096",
    })
}

fn place(
    key: &'static str,
    bytes: Option<usize>,
    chunks: Option<usize>,
) -> Result<Place, ScriptErrorKind> {
    match (bytes, chunks) {
        (Some(bytes), None) => Ok(Place::Bytes(bytes)),
        (None, Some(chunks)) => Ok(Place::Chunks(chunks)),
        (Some(_), Some(_)) | (None, None) => Err(ScriptErrorKind::Value {
            key,
            wanted: "after a number of bytes or of chunks",
        }),
    }
}
