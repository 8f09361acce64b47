//! Values as text for people: of one line, bounded, without control characters.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_model::{ByteSize, ImageRef, ModelId, Usd};

use crate::key::milli;

#[cfg(test)]
mod tests;

/// Most characters of a foreign value that an error shows.
const MAX_CHARS: usize = 200;

/// Foreign text made fit for a terminal: control characters escaped, cut at a bound.
pub(crate) fn plain(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = escaped(chars.by_ref().take(MAX_CHARS));
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

fn escaped(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in chars {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// A word that a shell takes as it stands.
pub(crate) fn shell_word(text: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    if !text.is_empty() && text.chars().all(simple) {
        return text.to_owned();
    }
    format!("'{}'", escaped(text.chars()).replace('\'', r"'\''"))
}

/// The known name with the highest score, if that is high enough to be what was meant.
pub(crate) fn nearest<'a>(
    known: impl IntoIterator<Item = &'a str>,
    score: impl Fn(&str) -> f64,
) -> Option<&'a str> {
    let scored = known.into_iter().map(|known| (score(known), known));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= NEAR).then_some(best.1)
}

/// How alike two names are, from 0 to 1 (equal): the share of letters that need no edit.
pub(crate) fn likeness(a: &str, b: &str) -> f64 {
    if a.len().max(b.len()) > MAX_NAME {
        return 0.0;
    }
    strsim::normalized_damerau_levenshtein(a, b)
}

/// Longest name that is compared, in bytes: comparing takes time and memory by both lengths.
const MAX_NAME: usize = 100;

/// Likeness from which a name is suggested; below it suggestions are noise.
const NEAR: f64 = 0.7;

/// A resolved value as `config show` writes it.
pub(crate) trait Shown {
    /// In the form that a file accepts.
    fn shown(&self) -> String;
}

macro_rules! shown_as_displayed {
    ($($type:ty),+) => {
        $(impl Shown for $type {
            fn shown(&self) -> String {
                self.to_string()
            }
        })+
    };
}

shown_as_displayed!(bool, u32, ByteSize, ImageRef, ModelId, Usd, crate::BaseUrl);
shown_as_displayed!(crate::Profile, crate::Network);

impl Shown for String {
    fn shown(&self) -> String {
        plain(self)
    }
}

impl Shown for PathBuf {
    fn shown(&self) -> String {
        path(self)
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        match self.subsec_millis() {
            0 => format!("{}s", self.as_secs()),
            _ => format!("{}ms", self.as_millis()),
        }
    }
}

impl Shown for Vec<String> {
    fn shown(&self) -> String {
        if self.is_empty() {
            return "(none)".to_owned();
        }
        self.iter()
            .map(|text| plain(text))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl Shown for Vec<ModelId> {
    fn shown(&self) -> String {
        if self.is_empty() {
            return "(none)".to_owned();
        }
        self.iter()
            .map(|model| plain(model.as_str()))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Processors, in thousandths of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MilliCpus(pub(crate) u32);

impl Shown for MilliCpus {
    fn shown(&self) -> String {
        milli(self.0)
    }
}

/// A path as text; not cut, for the system bounds it and its end tells most.
pub(crate) fn path(path: &Path) -> String {
    escaped(path.to_string_lossy().chars())
}
