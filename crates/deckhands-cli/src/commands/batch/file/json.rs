//! Tasks as JSON: an array of objects, or one object a line.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Value};

use super::{Entry, Fault, Field, Written};

/// One array.
pub(super) fn array(text: &str) -> Result<Vec<Entry>, Fault> {
    let tasks: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        // Its own text ends with line and column.
        Fault::new(error.line(), format!("not an array of tasks: {error}"))
    })?;
    let mut place = Place::new(text);
    tasks
        .into_iter()
        .map(|task| {
            let line = place.line_of(task);
            entry(task.get(), line)
        })
        .collect()
}

/// One object a line; empty lines are passed over.
pub(super) fn lines(text: &str) -> Result<Vec<Entry>, Fault> {
    let lines = text.lines().enumerate();
    let told = lines.filter(|(_, line)| !line.trim().is_empty());
    told.map(|(n, line)| entry(line, n + 1)).collect()
}

/// Counts lines up to places that only go forward.
struct Place<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Place<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The line on which a part of the text begins.
    fn line_of(&mut self, part: &RawValue) -> usize {
        let start = part.get().as_ptr().addr() - self.text.as_ptr().addr();
        let between = self.text.as_bytes().get(self.at..start).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.at = start;
        self.line
    }
}

/// A task that begins on `line`.
fn entry(text: &str, line: usize) -> Result<Entry, Fault> {
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|error: Error| {
        let line = line + error.line().saturating_sub(1);
        Fault::new(line, format!("not a task: {error}"))
    })?;
    let mut place = Place { text, at: 0, line };
    let fields = fields.0.into_iter().map(|(name, value)| Field {
        name,
        line: place.line_of(value),
        value: written(value),
    });
    Ok(Entry {
        line,
        fields: fields.collect(),
    })
}

/// The fields of an object in their order, those that stand there twice, too.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the task's fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn written(raw: &RawValue) -> Written {
    match serde_json::from_str(raw.get()) {
        Ok(Value::String(text)) => Written::Text(text),
        Ok(Value::Number(_)) => Written::Number(raw.get().to_owned()),
        Ok(Value::Bool(truth)) => Written::Truth(truth),
        Ok(Value::Array(items)) => {
            let text = |item: Value| match item {
                Value::String(text) => Some(text),
                _ => None,
            };
            let texts: Option<Vec<_>> = items.into_iter().map(text).collect();
            texts.map_or(Written::Other, Written::Texts)
        }
        Ok(Value::Null | Value::Object(_)) | Err(_) => Written::Other,
    }
}
