//! The two keys of an attempt. Neither is ever shown.

use std::fmt;

use deckhands_model::SecretHash;

/// What only the app of an attempt has: OpenHands sends it as `X-API-Key`, and the launcher keeps it
/// from the sandbox.
#[derive(Clone, PartialEq, Eq)]
pub struct RuntimeKey(String);

/// What the action server of an attempt asks for as `X-Session-API-Key`. The agent can read it: it
/// proves nothing to us.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(String);

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

    /// What the key is recognised by: all that an API keeps of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl SessionKey {
    /// A key from random bytes that the caller's source made.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(hex(&bytes))
    }

    /// A key that was given out before, as [`expose`](Self::expose) told it.
    #[must_use]
    pub fn given_out(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key itself, for the sandbox's environment and the answer that tells it to the app.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
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
