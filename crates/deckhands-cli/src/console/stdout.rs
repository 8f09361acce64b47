//! Whether everything that was printed got where it should.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::CliError;
use crate::exit_code;

/// What went wrong first with the output of a process, and whether anybody still reads it.
#[derive(Debug)]
pub(super) struct Stdout {
    failure: OnceLock<io::Error>,
    closed: AtomicBool,
}

impl Stdout {
    pub(super) const fn new() -> Self {
        Self {
            failure: OnceLock::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// Writes and remembers a failure.
    pub(super) fn write(&self, mut out: impl Write, bytes: &[u8]) {
        self.keep(out.write_all(bytes).and_then(|()| out.flush()));
    }

    /// Remembers a failure. A reader that went away is none.
    pub(super) fn keep(&self, written: io::Result<()>) {
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed.store(true, Ordering::Relaxed);
            }
            Err(error) => {
                let _ = self.failure.set(error);
            }
        }
    }

    /// Whether there is nobody to print for any more: the reader of `out` went away, also if nothing
    /// was printed since, or writing failed.
    pub(super) fn is_closed(&self, out: impl AsFd) -> bool {
        self.closed.load(Ordering::Relaxed) || self.failure.get().is_some() || is_broken(&out)
    }

    /// The exit code in place of `code`, and what is to be told.
    pub(super) fn settled(&self, code: u8) -> (u8, Option<CliError>) {
        let Some(error) = self.failure.get() else {
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

/// Whether this is a pipe that nobody reads.
fn is_broken(out: &impl AsFd) -> bool {
    // Errors are told without being asked for.
    let mut fds = [PollFd::new(out, PollFlags::empty())];
    let now = Timespec::default();
    poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().contains(PollFlags::ERR)
}

#[cfg(test)]
mod tests;
