//! The two keys of an attempt. Neither is ever shown.

use std::fmt;

use sha2::{Digest, Sha256};

/// What only the app of an attempt has: OpenHands sends it as `X-API-Key`, and the launcher keeps it
/// from the sandbox.
#[derive(Clone, PartialEq, Eq)]
pub struct RuntimeKey(String);

/// What the action server of an attempt asks for as `X-Session-API-Key`. The agent can read it: it
/// proves nothing to us.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(String);

/// What a runtime key is recognised by; the key cannot be got back from it.
#[derive(Clone, Copy)]
pub(crate) struct KeyHash([u8; 32]);

impl RuntimeKey {
    /// A key from random bytes that the caller's source made.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(hex(&bytes))
    }

    /// The key itself, for the app's environment.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(&self.0).into())
    }
}

impl SessionKey {
    /// A key from random bytes that the caller's source made.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(hex(&bytes))
    }

    /// The key itself, for the sandbox's environment and the answer that tells it to the app.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl KeyHash {
    /// Whether this is the key, in a time that does not tell how much of it is right.
    pub(crate) fn is_of(&self, presented: &[u8]) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        let differing = self.0.iter().zip(presented);
        differing.fold(0, |seen, (own, other)| seen | (own ^ other)) == 0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for RuntimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RuntimeKey(***)")
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(***)")
    }
}

#[cfg(test)]
mod tests;
