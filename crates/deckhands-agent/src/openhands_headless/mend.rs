//! Reads the JSON that Python writes, which is not always JSON.
//!
//! Python stores half of a surrogate pair as `\ud83d`, and numbers that are none as `NaN` and
//! `Infinity`. No other reader accepts that, and one such place must not cost a whole event.

use serde::de::{DeserializeOwned, Error};

/// Bytes of an escaped UTF-16 unit, e.g. `\ud83d`.
const UNIT: usize = 6;

/// What stands in the place of half a character.
const REPLACEMENT: &[u8] = br"\ufffd";

/// Words of Python for numbers that JSON does not have.
const NO_NUMBERS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// Reads strict JSON, and where that fails, Python's.
///
/// # Errors
/// The first reading's error; also for what is no UTF-8 in a place that nobody looks at.
pub(super) fn from_python<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(json).map_err(serde_json::Error::custom)?;
    serde_json::from_str(text).or_else(|error| match mended(json) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

/// The text with `U+FFFD` for halves of characters and `null` for what is no number; `None` where
/// there is neither.
fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(json.len());
    let (mut rest, mut in_text, mut changed) = (json, false, false);
    while let Some(first) = rest.first() {
        let (taken, given): (usize, &[u8]) = if in_text && *first == b'\\' {
            escape(rest)
        } else if in_text {
            (1, &rest[..1])
        } else {
            word(rest)
        };
        in_text ^= *first == b'"';
        changed |= rest[..taken] != *given;
        whole.extend_from_slice(given);
        rest = &rest[taken..];
    }
    changed.then_some(whole)
}

/// How many bytes the escape has, and what to write for it.
fn escape(rest: &[u8]) -> (usize, &[u8]) {
    let Some(unit) = utf16_unit(rest) else {
        let taken = rest.len().min(2);
        return (taken, &rest[..taken]);
    };
    let low = |unit: &u16| (0xdc00..=0xdfff).contains(unit);
    match unit {
        0xd800..=0xdbff if utf16_unit(&rest[UNIT..]).as_ref().is_some_and(low) => {
            (2 * UNIT, &rest[..2 * UNIT])
        }
        0xd800..=0xdfff => (UNIT, REPLACEMENT),
        _ => (UNIT, &rest[..UNIT]),
    }
}

fn utf16_unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.get(..UNIT)?.strip_prefix(br"\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// As [`escape`], for what stands outside of texts.
fn word(rest: &[u8]) -> (usize, &[u8]) {
    let found = NO_NUMBERS.iter().find(|word| rest.starts_with(word));
    found.map_or((1, &rest[..1]), |word| (word.len(), b"null"))
}

#[cfg(test)]
mod tests;
