//! Writes values as Python literals, for the settings that OpenHands reads with `literal_eval`.

use deckhands_runtime::Labels;

/// A dictionary literal, built entry by entry.
#[derive(Debug, Default)]
pub(super) struct Dict {
    entries: Vec<String>,
}

impl Dict {
    /// Adds a whole number.
    pub(super) fn number(mut self, key: &str, value: u64) -> Self {
        self.entries.push(format!("{}: {value}", quote(key)));
        self
    }

    /// Adds a dictionary of texts.
    pub(super) fn texts(mut self, key: &str, values: &Labels) -> Self {
        let inner: Vec<String> = values
            .iter()
            .map(|(key, value)| format!("{}: {}", quote(key), quote(value)))
            .collect();
        self.entries
            .push(format!("{}: {{{}}}", quote(key), inner.join(", ")));
        self
    }

    /// The literal.
    pub(super) fn finish(self) -> String {
        format!("{{{}}}", self.entries.join(", "))
    }
}

/// A text as a Python string literal in plain ASCII, which means exactly this text.
pub(super) fn quote(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => literal.extend(['\\', c]),
            ' '..='~' => literal.push(c),
            _ => literal.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests;
