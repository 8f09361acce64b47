//! The secrets of the gateway, and the veil that keeps them out of all that leaves it.

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

/// The token by which one attempt may use its session. It shows as `***`. It should be random.
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

    /// What the token is recognised by: all that the gateway keeps of it.
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

    /// How many bytes at the end may be the beginning of a secret.
    fn begun_at_end(&self, bytes: &[u8]) -> usize {
        let begun = |secret: &SecretString| {
            let secret = secret.expose_secret().as_bytes();
            let longest = bytes.len().min(secret.len() - 1);
            let ends = |length: &usize| bytes.ends_with(&secret[..*length]);
            (1..=longest).rev().find(ends)
        };
        self.0.iter().filter_map(begun).max().unwrap_or(0)
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
        let secrets = self
            .0
            .iter()
            .map(|secret| secret.expose_secret().as_bytes());
        secrets.fold(bytes, veiled)
    }
}

/// The bytes without a secret; they need not be text.
fn veiled(bytes: Bytes, secret: &[u8]) -> Bytes {
    let found = |bytes: &[u8]| bytes.windows(secret.len()).position(|part| part == secret);
    let Some(first) = found(&bytes) else {
        return bytes;
    };
    let mut plain = Vec::with_capacity(bytes.len());
    let (mut rest, mut next) = (bytes.as_ref(), Some(first));
    while let Some(at) = next {
        plain.extend_from_slice(&rest[..at]);
        plain.extend_from_slice(VEILED.as_bytes());
        rest = &rest[at + secret.len()..];
        next = found(rest);
    }
    plain.extend_from_slice(rest);
    Bytes::from(plain)
}

/// A veil over a stream, which may break a secret in two. It keeps back only an end that may be the
/// beginning of a secret.
pub(crate) struct StreamVeil {
    veil: Veil,
    kept: Vec<u8>,
}

impl StreamVeil {
    pub(crate) fn new(veil: Veil) -> Self {
        Self {
            veil,
            kept: Vec::new(),
        }
    }

    /// The next part, as far as it may be told.
    pub(crate) fn part(&mut self, bytes: Bytes) -> Bytes {
        let bytes = if self.kept.is_empty() {
            bytes
        } else {
            self.kept.extend_from_slice(&bytes);
            Bytes::from(std::mem::take(&mut self.kept))
        };
        let mut bytes = self.veil.bytes(bytes);
        let back = self.veil.begun_at_end(&bytes);
        self.kept = bytes.split_off(bytes.len() - back).to_vec();
        bytes
    }

    /// What was kept back when nothing more comes.
    pub(crate) fn rest(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.kept))
    }
}

#[cfg(test)]
mod tests;
