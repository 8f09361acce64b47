//! What a secret is recognised by when the secret itself is not kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of a secret. Shown as 64 lowercase hexadecimal digits.
///
/// It stands for a random secret of at least 64 bits: one that can be guessed can be found from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash([u8; 32]);

/// A text that is no hash.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a hash (64 hexadecimal digits)")]
pub struct SecretHashError;

impl SecretHash {
    /// The hash of a secret.
    #[must_use]
    pub fn of(secret: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether this is the secret. Takes a time that tells nothing of where two of them differ.
    #[must_use]
    pub fn is_of(&self, presented: impl AsRef<[u8]>) -> bool {
        let other = Self::of(presented);
        let differing = self.0.iter().zip(other.0);
        std::hint::black_box(differing.fold(0, |seen, (own, other)| seen | (own ^ other))) == 0
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(***)")
    }
}

impl FromStr for SecretHash {
    type Err = SecretHashError;

    fn from_str(text: &str) -> Result<Self, SecretHashError> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(SecretHashError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_not_ascii| SecretHashError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_not_hex| SecretHashError)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for SecretHash {
    type Error = SecretHashError;

    fn try_from(text: String) -> Result<Self, SecretHashError> {
        text.parse()
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests;
