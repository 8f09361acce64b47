//! Whether everything that was printed got where it should.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use crate::error::CliError;
use crate::exit_code;

/// What went wrong first with the output of a process.
#[derive(Debug)]
pub(super) struct Stdout(OnceLock<io::Error>);

impl Stdout {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Writes and remembers a failure.
    pub(super) fn write(&self, mut out: impl Write, bytes: &[u8]) {
        self.keep(out.write_all(bytes).and_then(|()| out.flush()));
    }

    /// Remembers a failure. A reader that went away is none.
    pub(super) fn keep(&self, written: io::Result<()>) {
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            let _ = self.0.set(error);
        }
    }

    /// The exit code in place of `code`, and what is to be told.
    pub(super) fn settled(&self, code: u8) -> (u8, Option<CliError>) {
        let Some(error) = self.0.get() else {
            return (code, None);
        };
        let message = format!("cannot write to stdout: {error}");
        let hint = "make room where the output goes, or send it elsewhere".to_owned();
        let lost = CliError::new(exit_code::ENVIRONMENT, message, Some(hint));
        let code = if code == exit_code::OK {
            exit_code::ENVIRONMENT
        } else {
            code
        };
        (code, Some(lost))
    }
}

#[cfg(test)]
mod tests;
