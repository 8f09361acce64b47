//! Reads a file that somebody else writes, line by line, from where it stopped.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind};
use std::path::PathBuf;

/// A reader that goes on where it stopped. A file that is not there yet is an empty one.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// What was read of a line whose end is not written yet.
    begun: Vec<u8>,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            begun: Vec::new(),
        }
    }

    /// The next whole line with its end; `None` where there is none yet.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.file.is_none() {
            self.file = match File::open(&self.path) {
                Ok(file) => Some(BufReader::new(file)),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        }
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        file.read_until(b'\n', &mut self.begun)?;
        Ok(if self.begun.ends_with(b"\n") {
            Some(std::mem::take(&mut self.begun))
        } else {
            None
        })
    }

    /// The line that nobody will end.
    pub(super) fn rest(&mut self) -> Option<Vec<u8>> {
        (!self.begun.is_empty()).then(|| std::mem::take(&mut self.begun))
    }
}

#[cfg(test)]
mod tests;
