//! Reads a few parts of a JSON text without building the rest of it.
//!
//! A provider may send megabytes; as a tree of values they would take a hundred times as much.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::text::beginning;

/// Longest part that is built as a value; an error has a few hundred bytes.
const LONGEST_VALUE: usize = 64 << 10;

/// A part of a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a>(&'a RawValue);

/// The text as one part; none if it is no JSON, or nested too deeply to be any good.
pub(crate) fn whole(text: &[u8]) -> Option<Part<'_>> {
    serde_json::from_slice::<Sound>(text).ok()?;
    serde_json::from_slice(text).ok().map(Part)
}

impl<'a> Part<'a> {
    /// The named fields of an object, the last of each name; none of anything else.
    pub(crate) fn fields<const N: usize>(self, names: [&str; N]) -> [Option<Part<'a>>; N] {
        let found = Deserializer::deserialize_any(self.0, Fields(names));
        found.unwrap_or([None; N])
    }

    /// The first item of a list.
    pub(crate) fn first(self) -> Option<Part<'a>> {
        Deserializer::deserialize_any(self.0, First).ok().flatten()
    }

    /// Whether it is an object.
    pub(crate) fn is_object(self) -> bool {
        self.0.get().starts_with('{')
    }

    /// Whether it is a list.
    pub(crate) fn is_list(self) -> bool {
        self.0.get().starts_with('[')
    }

    /// Whether nothing is in it: `null`, or an empty text or list.
    pub(crate) fn is_nothing(self) -> bool {
        matches!(self.0.get(), "null" | "\"\"" | "[]")
    }

    /// It as a value. Of a longer one the beginning of its text is the value.
    pub(crate) fn value(self) -> Value {
        let text = self.0.get();
        if text.len() > LONGEST_VALUE {
            return Value::from(beginning(text, LONGEST_VALUE));
        }
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// Any JSON, looked at as closely as if it were kept.
struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// Picks fields out of an object.
struct Fields<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> Visitor<'de> for Fields<'_, N> {
    type Value = [Option<Part<'de>>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(name) = object.next_key::<String>()? {
            match self.0.iter().position(|wanted| *wanted == name) {
                Some(place) => found[place] = Some(Part(object.next_value()?)),
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Picks the first item out of a list.
struct First;

impl<'de> Visitor<'de> for First {
    type Value = Option<Part<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let first = list.next_element()?.map(Part);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }
}

#[cfg(test)]
mod tests;
