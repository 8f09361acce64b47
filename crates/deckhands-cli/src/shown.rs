//! Text that others wrote (agents, checks, providers, file names), made safe for a terminal.
//!
//! JSON documents carry such text as it is; what reads them decides how to show it.

use deckhands_agent::clean_text;

/// Most bytes shown of one text: more than anybody reads, little enough to hold in memory.
const MAX_SHOWN: usize = 1 << 20;

/// The text with its line breaks; terminal escapes and controls are removed.
pub(crate) fn lines(text: &str) -> String {
    clean_text(text, MAX_SHOWN)
}

/// The same, further lines indented, so that none of them passes for a line of ours.
pub(crate) fn indented(text: &str) -> String {
    lines(text.trim_end()).replace('\n', "\n    ")
}

/// The same on one line.
pub(crate) fn line(text: &str) -> String {
    lines(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests;
