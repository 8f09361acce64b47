//! Image references and digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A reference to an image as a person writes it: `name:tag`, `name@sha256:…` or an image id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef(String);

/// The content address of an image on a daemon: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageDigest(String);

/// Why a text names no image.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not an image {what}")]
pub struct ImageError {
    /// The refused text.
    pub text: String,
    /// `reference` or `digest`.
    pub what: &'static str,
}

impl ImageRef {
    /// The reference as written; never without a tag or digest (`:latest` is added).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ImageDigest {
    /// The digest with its `sha256:` prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageRef {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
        let last = text.rsplit('/').next().unwrap_or_default();
        if last.is_empty() || text.starts_with(['-', '/', ':', '@']) || !text.chars().all(allowed) {
            return Err(ImageError {
                text: text.to_owned(),
                what: "reference",
            });
        }
        let tagged = last.contains(':') || text.contains('@');
        Ok(Self(if tagged {
            text.to_owned()
        } else {
            format!("{text}:latest")
        }))
    }
}

impl FromStr for ImageDigest {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(ImageError {
            text: text.to_owned(),
            what: "digest",
        })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ImageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ImageRef {
    type Error = ImageError;

    fn try_from(text: String) -> Result<Self, ImageError> {
        text.parse()
    }
}

impl TryFrom<String> for ImageDigest {
    type Error = ImageError;

    fn try_from(text: String) -> Result<Self, ImageError> {
        text.parse()
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> Self {
        image.0
    }
}

impl From<ImageDigest> for String {
    fn from(digest: ImageDigest) -> Self {
        digest.0
    }
}

#[cfg(test)]
mod tests;
