//! Where the task's text comes from: an argument, a file or stdin.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use deckhands_model::TaskText;

use crate::error::CliError;

/// Where the text of a task is.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Source<'a> {
    /// The command, for hints.
    pub(in crate::commands) command: &'static str,
    /// A file that holds it.
    pub(in crate::commands) file: Option<&'a Path>,
    /// The text itself; `-` is stdin.
    pub(in crate::commands) text: Option<&'a str>,
}

impl Source<'_> {
    /// Reads the task's text.
    pub(in crate::commands) fn text(&self) -> Result<TaskText, CliError> {
        let (source, text) = match (self.file, self.text) {
            (Some(path), _) => (
                format!("`{}`", path.display()),
                File::open(path).and_then(read_bounded),
            ),
            (None, Some("-")) if io::stdin().is_terminal() => {
                return Err(CliError::usage(
                    "`-` reads the task from stdin, which is a terminal",
                    format!("echo \"the task\" | deckhands {} -", self.command),
                ));
            }
            (None, Some("-")) => ("stdin".to_owned(), read_bounded(io::stdin())),
            (None, text) => return self.checked(text.unwrap_or_default().to_owned()),
        };
        let text = text.map_err(|error| {
            let mut failed = CliError::usage(
                format!("the task cannot be read from {source}"),
                "name a readable UTF-8 text file with -f FILE",
            );
            failed.0.causes.push(error.to_string());
            failed
        })?;
        self.checked(text)
    }

    /// A task text, or the usage error that says what is wrong with it.
    fn checked(&self, text: String) -> Result<TaskText, CliError> {
        let help = || format!("deckhands {} --help", self.command);
        TaskText::try_new(text).map_err(|error| CliError::usage(error.to_string(), help()))
    }
}

/// Reads a little more than a task may have, so that too much is seen and not read.
fn read_bounded(source: impl Read) -> io::Result<String> {
    let bound = TaskText::MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    source.take(bound).read_to_end(&mut bytes)?;
    let too_long = bytes.len() > TaskText::MAX_BYTES;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // Cut within a character or not: it is refused for its length.
        Err(error) if too_long => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    }
}

#[cfg(test)]
mod tests;
