//! A file of tasks: what stands in it, with the line of each word, not yet understood.

mod json;
mod toml;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::CliError;

/// Most bytes of a file of tasks.
pub(super) const MOST_BYTES: u64 = 16 << 20;

/// Most tasks of a file.
pub(super) const MOST_TASKS: usize = 10_000;

/// A file that was read.
#[derive(Debug)]
pub(super) struct BatchFile {
    /// Where it really is.
    pub(super) path: PathBuf,
    /// What stands in it.
    pub(super) text: String,
    /// Its tasks.
    pub(super) entries: Vec<Entry>,
}

/// One task as written.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) fields: Vec<Field>,
}

/// One key of a task as written.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: Written,
}

/// A value as written.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Written {
    Text(String),
    /// As its digits stand there.
    Number(String),
    Truth(bool),
    /// A list of texts only.
    Texts(Vec<String>),
    /// Anything else; nothing takes it.
    Other,
}

/// A fault at a place in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The usage error, with file and line.
    pub(super) fn in_file(self, path: &Path) -> CliError {
        let place = format!("{}:{}", path.display(), self.line);
        let usual = || "`deckhands batch --help`, docs/reference/cli.md has an example".to_owned();
        CliError::usage(
            format!("{place}: {}", self.message),
            self.hint.unwrap_or_else(usual),
        )
    }
}

/// How the tasks are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Toml,
    Json,
    Lines,
}

/// Reads a file of tasks.
pub(super) fn read(path: &Path) -> Result<BatchFile, CliError> {
    let form = form(path)?;
    let text = text(path)?;
    let entries = match form {
        Form::Toml => toml::entries(&text),
        Form::Json => json::array(&text),
        Form::Lines => json::lines(&text),
    };
    let entries = entries
        .and_then(bounded)
        .map_err(|fault| fault.in_file(path))?;
    let path = path
        .canonicalize()
        .map_err(|error| unreadable(path, &error))?;
    Ok(BatchFile {
        path,
        text,
        entries,
    })
}

fn form(path: &Path) -> Result<Form, CliError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("toml") => Ok(Form::Toml),
        Some("json") => Ok(Form::Json),
        Some("jsonl" | "ndjson") => Ok(Form::Lines),
        _ => Err(CliError::usage(
            format!(
                "`{}` does not tell how its tasks are written",
                path.display()
            ),
            "name the file `….toml` ([[task]]), `….json` (an array) or `….jsonl` (one a line)",
        )),
    }
}

fn text(path: &Path) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(CliError::usage(
            format!(
                "`{}` is larger than {} MiB",
                path.display(),
                MOST_BYTES >> 20
            ),
            "split it, or give long texts as files with `file = …`",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| unreadable(path, &error))?;
    // Some programs begin a file with the mark that it is UTF-8.
    let unmarked = text.strip_prefix('\u{feff}').map(str::to_owned);
    Ok(unmarked.unwrap_or(text))
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> CliError {
    let mut failed = CliError::usage(
        format!("the tasks cannot be read from `{}`", path.display()),
        "name a readable UTF-8 file",
    );
    failed.0.causes.push(error.to_string());
    failed
}

fn bounded(entries: Vec<Entry>) -> Result<Vec<Entry>, Fault> {
    match entries.get(MOST_TASKS) {
        None if entries.is_empty() => {
            Err(Fault::new(1, "there is no task in it").hint("write one, e.g. with `text = \"…\"`"))
        }
        None => Ok(entries),
        Some(first_too_many) => Err(Fault::new(
            first_too_many.line,
            format!("more than {MOST_TASKS} tasks"),
        )
        .hint("split the file")),
    }
}

#[cfg(test)]
mod tests;
