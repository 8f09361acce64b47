//! Hides keys in what commands print of stored documents.

use deckhands_agent::redact;
use deckhands_config::Settings;

/// The configured keys, to be hidden. `Debug` shows none of them.
#[derive(Clone)]
pub(in crate::commands) struct Redaction(Vec<String>);

impl Redaction {
    /// Hides the keys of the settings, and what is an authorization wherever it stands.
    pub(in crate::commands) fn of(settings: &Settings) -> Self {
        let keys = settings.all_keys();
        Self(keys.map(|key| key.expose().to_owned()).collect())
    }

    /// The text without secrets.
    pub(in crate::commands) fn text(&self, text: &str) -> String {
        let known: Vec<_> = self.0.iter().map(String::as_str).collect();
        redact(text, &known)
    }
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redaction").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
