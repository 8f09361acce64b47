//! Tasks as TOML: an array of tables named `task`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Fault, Field, Written};

pub(super) fn entries(text: &str) -> Result<Vec<Entry>, Fault> {
    let lines = Lines(text);
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Fault::new(lines.of(at), error.message())
    })?;
    let mut entries = Vec::new();
    for (name, value) in document.get_ref() {
        if name.get_ref() != "task" {
            let line = lines.of(name.span().start);
            let unknown = format!("`{}` is nothing a file of tasks has", name.get_ref());
            return Err(Fault::new(line, unknown).hint("each task is a table `[[task]]`"));
        }
        let DeValue::Array(tasks) = value.get_ref() else {
            let line = lines.of(name.span().start);
            return Err(Fault::new(line, "`task` is one table").hint("write `[[task]]`"));
        };
        for task in tasks {
            entries.push(entry(task, lines)?);
        }
    }
    Ok(entries)
}

/// The text whose lines are counted.
#[derive(Clone, Copy)]
struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// The line of a place, from 1.
    fn of(self, at: usize) -> usize {
        let before = self.0.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}

fn entry(task: &Spanned<DeValue<'_>>, lines: Lines<'_>) -> Result<Entry, Fault> {
    let line = lines.of(task.span().start);
    let DeValue::Table(fields) = task.get_ref() else {
        return Err(Fault::new(line, "a task is a table").hint("write `[[task]]`"));
    };
    let mut fields: Vec<Field> = fields
        .iter()
        .map(|(name, value)| Field {
            name: name.get_ref().to_string(),
            line: lines.of(name.span().start),
            value: written(value.get_ref()),
        })
        .collect();
    fields.sort_by_key(|field| field.line);
    Ok(Entry { line, fields })
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => {
            Written::Number(number.as_str().to_owned())
        }
        DeValue::Float(number) => Written::Number(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Written::Truth(*truth),
        DeValue::Array(items) => {
            let text = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            };
            let texts: Option<Vec<_>> = items.iter().map(text).collect();
            texts.map_or(Written::Other, Written::Texts)
        }
        DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Table(_) => Written::Other,
    }
}
