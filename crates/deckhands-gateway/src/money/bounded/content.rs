//! The content of a message: text, or parts of which each says what it is.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::{CacheControl, Unbounded, is_dear, none_of};

/// Kinds of parts that are text.
const TEXTS: [&str; 3] = ["text", "refusal", "thinking"];

/// What is remembered of a content: the first part of it that is not bounded by its bytes.
#[derive(Default)]
pub(super) struct Content(Option<Part>);

#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    cache_control: Option<CacheControl>,
}

impl Content {
    pub(super) fn check(&self) -> Result<(), Unbounded> {
        self.0.as_ref().map_or(Ok(()), Part::check)
    }
}

impl Part {
    fn check(&self) -> Result<(), Unbounded> {
        if !TEXTS.contains(&self.kind.as_str()) {
            return Err(Unbounded::Part {
                kind: self.kind.chars().take(100).collect(),
            });
        }
        none_of(&[("cache_control", is_dear(self.cache_control.as_ref()))])
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts).map(Content)
    }
}

/// Walks through the parts and keeps at most one.
struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Option<Part>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text, or a list of parts with their type")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(part) = parts.next_element::<Part>()? {
            if found.is_none() && part.check().is_err() {
                found = Some(part);
            }
        }
        Ok(found)
    }
}
