//! The two secrets of a relay, and the veil that keeps them out of all that leaves it.

use std::fmt;

use bytes::Bytes;
use deckhands_model::SecretHash;
use secrecy::{ExposeSecret, SecretString};

/// What stands in the place of a secret.
const VEILED: &str = "***";

/// Shorter texts are placeholders, such as `ollama`, and replacing them would garble answers.
const SHORTEST_SECRET: usize = 7;

/// The provider's real key. It shows as `***`.
#[derive(Clone)]
pub struct ProviderKey(SecretString);

/// The token by which one attempt may use its relay. It shows as `***`.
///
/// It should be random; [`Relay::open`](crate::Relay::open) takes none shorter than 16 characters.
#[derive(Clone)]
pub struct SessionToken(SecretString);

impl ProviderKey {
    /// Takes a key as it is.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(SecretString::from(key.into()))
    }

    /// The key itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl SessionToken {
    /// Takes a token as it is.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretString::from(token.into()))
    }

    /// What the token is recognised by: all that a relay keeps of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(self.expose())
    }

    /// The token itself, for whoever hands it to the agent.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderKey({VEILED})")
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionToken({VEILED})")
    }
}

/// Puts `***` in the place of every secret.
pub(crate) struct Veil(Vec<SecretString>);

impl Veil {
    /// A veil over these secrets, also where they stand escaped in JSON.
    pub(crate) fn over<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hidden: Vec<String> = Vec::new();
        for secret in secrets.into_iter().filter(|s| s.len() >= SHORTEST_SECRET) {
            let quoted = serde_json::Value::from(secret).to_string();
            let escaped = quoted.trim_matches('"');
            if escaped != secret {
                hidden.push(escaped.to_owned());
            }
            hidden.push(secret.to_owned());
        }
        // The longer one first: it may contain the other.
        hidden.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(hidden.into_iter().map(SecretString::from).collect())
    }

    /// Bytes of the longest secret.
    pub(crate) fn longest(&self) -> usize {
        self.0
            .first()
            .map_or(0, |secret| secret.expose_secret().len())
    }

    /// The text without the secrets.
    pub(crate) fn text(&self, mut text: String) -> String {
        for secret in &self.0 {
            let secret = secret.expose_secret();
            if text.contains(secret) {
                text = text.replace(secret, VEILED);
            }
        }
        text
    }

    /// The bytes as they are, unless a secret is in them.
    pub(crate) fn bytes(&self, bytes: Bytes) -> Bytes {
        let text = String::from_utf8_lossy(&bytes);
        let shows = |secret: &SecretString| text.contains(secret.expose_secret());
        if !self.0.iter().any(shows) {
            return bytes;
        }
        Bytes::from(self.text(text.into_owned()))
    }
}

#[cfg(test)]
mod tests;
