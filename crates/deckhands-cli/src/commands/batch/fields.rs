//! What the fields of a task mean.

use std::str::FromStr;

use deckhands_model::{Category, Priority};

use super::file::{Entry, Fault, Field, Written};

/// The fields that a task may have.
const KNOWN: [&str; 14] = [
    "text",
    "file",
    "workspace",
    "model",
    "priority",
    "timeout",
    "max_iterations",
    "max_cost",
    "memory",
    "checks",
    "allow_no_change",
    "name",
    "category",
    "no_apply",
];

/// Likeness from which a name is suggested.
const NEAR: f64 = 0.6;

/// Longest name that is compared with the known ones, in bytes.
const MOST_NAME: usize = 100;

/// A task as its file describes it. Values that are settings are checked with all others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Described {
    pub(super) line: usize,
    pub(super) text: Option<String>,
    pub(super) file: Option<String>,
    pub(super) workspace: Option<String>,
    pub(super) model: Option<String>,
    pub(super) priority: Priority,
    pub(super) timeout: Option<String>,
    pub(super) max_iterations: Option<String>,
    pub(super) max_cost: Option<String>,
    pub(super) memory: Option<String>,
    pub(super) checks: Option<Vec<String>>,
    pub(super) allow_no_change: bool,
    pub(super) name: Option<String>,
    pub(super) category: Option<Category>,
    pub(super) no_apply: bool,
}

/// Reads the fields of a task.
pub(super) fn described(entry: &Entry) -> Result<Described, Fault> {
    let mut task = Described {
        line: entry.line,
        ..Described::default()
    };
    for (place, field) in entry.fields.iter().enumerate() {
        if entry.fields[..place]
            .iter()
            .any(|other| other.name == field.name)
        {
            return Err(Fault::new(
                field.line,
                format!("`{}` stands there twice", field.name),
            ));
        }
        take(&mut task, field)?;
    }
    match (&task.text, &task.file) {
        (Some(_), Some(_)) => Err(Fault::new(
            entry.line,
            "a task has `text` or `file`, not both",
        )),
        (None, None) => Err(
            Fault::new(entry.line, "the task has neither `text` nor `file`")
                .hint("say what is to be done, e.g. `text = \"fix the failing test\"`"),
        ),
        _ => Ok(task),
    }
}

fn take(task: &mut Described, field: &Field) -> Result<(), Fault> {
    match field.name.as_str() {
        "text" => task.text = Some(text(field)?),
        "file" => task.file = Some(text(field)?),
        "workspace" => task.workspace = Some(text(field)?),
        "model" => task.model = Some(text(field)?),
        "priority" => task.priority = word(field)?,
        "timeout" => task.timeout = Some(figure(field)?),
        "max_iterations" => task.max_iterations = Some(figure(field)?),
        "max_cost" => task.max_cost = Some(figure(field)?),
        "memory" => task.memory = Some(figure(field)?),
        "checks" => task.checks = Some(texts(field)?),
        "allow_no_change" => task.allow_no_change = truth(field)?,
        "name" => task.name = Some(text(field)?),
        "category" => task.category = Some(word(field)?),
        "no_apply" => task.no_apply = truth(field)?,
        unknown => return Err(suggestion(field.line, unknown)),
    }
    Ok(())
}

fn text(field: &Field) -> Result<String, Fault> {
    match &field.value {
        Written::Text(text) => Ok(text.clone()),
        _ => Err(expected(field, "a text")),
    }
}

/// A value that may be written with or without quotes.
fn figure(field: &Field) -> Result<String, Fault> {
    match &field.value {
        Written::Text(text) | Written::Number(text) => Ok(text.clone()),
        _ => Err(expected(field, "a number, or a text with a unit")),
    }
}

/// A number stands for itself, as priorities have them.
fn word<T: FromStr<Err: ToString>>(field: &Field) -> Result<T, Fault> {
    let text = figure(field)?;
    text.parse()
        .map_err(|error: T::Err| Fault::new(field.line, error.to_string()))
}

fn texts(field: &Field) -> Result<Vec<String>, Fault> {
    match &field.value {
        Written::Text(text) => Ok(vec![text.clone()]),
        Written::Texts(texts) => Ok(texts.clone()),
        _ => Err(expected(field, "a list of texts")),
    }
}

fn truth(field: &Field) -> Result<bool, Fault> {
    match &field.value {
        Written::Truth(truth) => Ok(*truth),
        _ => Err(expected(field, "`true` or `false`")),
    }
}

fn expected(field: &Field, what: &str) -> Fault {
    Fault::new(field.line, format!("`{}` takes {what}", field.name))
}

fn suggestion(line: usize, unknown: &str) -> Fault {
    let fault = Fault::new(line, format!("`{unknown}` is no field of a task"));
    let likeness = |known: &str| {
        if unknown.len() > MOST_NAME {
            return 0.0;
        }
        strsim::normalized_damerau_levenshtein(unknown, known)
    };
    let best = KNOWN
        .into_iter()
        .map(|known| (likeness(known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((likeness, known)) if likeness >= NEAR => {
            fault.hint(format!("did you mean `{known}`?"))
        }
        _ => fault.hint(format!("a task has: {}", KNOWN.join(", "))),
    }
}

#[cfg(test)]
mod tests;
