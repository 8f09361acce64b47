//! What a session leaves as fixtures, without what belongs to the machine it ran on.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::cleaner::Cleaner;
use super::facts::Facts;

#[cfg(test)]
mod tests;

/// Bytes of a file; what is more is cut off at a line's end.
const MAX_BYTES: usize = 256 << 10;

/// Stands where the rest was cut off.
const CUT: &str = "[cut off by the capture]";

/// Stands for the agent's own long texts in event 0.
const LEFT_OUT: &str = "[left out by the capture]";

/// Everything of one session.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Texts of the stored events, in order.
    pub(super) events: Vec<String>,
    pub(super) facts: Facts,
}

impl Record {
    /// Writes it into the situation's folder, over an earlier one.
    pub(super) fn write(&self, folder: &Path, cleaner: &Cleaner) -> Result<()> {
        let log = |bytes: &[u8]| capped(cleaner.clean(&String::from_utf8_lossy(bytes)));
        let mut events = String::new();
        for text in &self.events {
            events.push_str(&cleaner.clean(&shortened(text)?));
            events.push('\n');
        }
        let files = [
            ("stdout.log", log(&self.stdout)),
            ("stderr.log", log(&self.stderr)),
            ("events.jsonl", capped(events)),
            ("facts.toml", self.facts.to_toml()),
        ];
        fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
        for (name, text) in files {
            let path = folder.join(name);
            if text.is_empty() {
                // An earlier capture may have had one.
                drop(fs::remove_file(&path));
            } else {
                fs::write(&path, text).with_context(|| format!("write `{}`", path.display()))?;
            }
        }
        Ok(())
    }
}

/// An event on one line; the system prompt and the tools' descriptions are left out.
fn shortened(text: &str) -> Result<String> {
    let mut event: Value = serde_json::from_str(text).context("read a stored event")?;
    let is_system = event.get("action").and_then(Value::as_str) == Some("system");
    if !is_system && !text.contains('\n') {
        return Ok(text.to_owned());
    }
    if is_system {
        let texts = [
            ("/message", LEFT_OUT.into()),
            ("/args/content", LEFT_OUT.into()),
            ("/args/tools", Value::Array(Vec::new())),
        ];
        for (place, short) in texts {
            if let Some(long) = event.pointer_mut(place) {
                *long = short;
            }
        }
    }
    Ok(event.to_string())
}

fn capped(mut text: String) -> String {
    if let Some(kept) = text.as_bytes().get(..MAX_BYTES) {
        let line = kept.iter().rposition(|byte| *byte == b'\n');
        text.truncate(line.map_or(0, |at| at + 1));
        text.push_str(CUT);
        text.push('\n');
    }
    text
}
