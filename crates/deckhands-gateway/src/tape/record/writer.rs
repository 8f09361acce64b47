//! The file behind a recorder. It blocks.

use std::fs::{File, Permissions};
use std::io::{self, BufReader, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::Recorded;
use crate::secret::Veil;
use crate::tape::TapedCall;
use crate::tape::error::TapeError;
use crate::tape::line::{CallLine, Line, VERSION};
use crate::tape::read::{Lines, Next};

/// Its owner alone: a tape has the user's code in it.
const MODE: u32 = 0o600;

/// Appends lines within a bound.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    most: u64,
    written: Recorded,
    state: State,
}

#[derive(Debug)]
enum State {
    Open,
    /// The bound was reached.
    Full,
    /// Writing failed, and nobody was told yet.
    Failed(io::Error),
    Closed,
}

impl Writer {
    pub(super) fn open(path: &Path, most: u64) -> Result<Self, TapeError> {
        let mut options = File::options();
        let options = options.read(true).append(true).create(true).mode(MODE);
        let file = options.open(path).map_err(unwritten)?;
        let there = match Found::on(&file) {
            Err(TapeError::Empty) => Found::default(),
            found => found?,
        };
        file.set_permissions(Permissions::from_mode(MODE))
            .map_err(unwritten)?;
        // Lines are appended, so the rest of a cut one must go.
        file.set_len(there.bytes).map_err(unwritten)?;
        let mut writer = Self {
            file,
            most,
            written: Recorded {
                calls: there.calls,
                bytes: there.bytes,
                left_out: 0,
            },
            state: if there.full { State::Full } else { State::Open },
        };
        if there.bytes == 0 {
            let first = Line::Tape { version: VERSION };
            writer.append(&first.bytes()).map_err(unwritten)?;
        } else if there.unended {
            writer.append(b"\n").map_err(unwritten)?;
        }
        Ok(writer)
    }

    /// Writes a call, unless the tape has come to its end.
    pub(super) fn write(&mut self, call: TapedCall, veil: &Veil) {
        match self.state {
            State::Open => {}
            State::Full | State::Failed(_) => {
                self.written.left_out += 1;
                return;
            }
            State::Closed => return,
        }
        let line = CallLine::of(self.written.calls + 1, call, veil);
        let line = Line::Call(Box::new(line)).bytes();
        let last = Line::Full { bytes: self.most }.bytes();
        let fits = self.written.bytes + length(&line) + length(&last) <= self.most;
        let done = self.append(if fits { &line } else { &last });
        if fits && done.is_ok() {
            self.written.calls += 1;
            return;
        }
        self.written.left_out += 1;
        self.state = match done {
            Ok(()) => {
                tracing::warn!(bytes = self.most, "the recording of model calls is full");
                State::Full
            }
            Err(error) => {
                tracing::warn!(%error, "the recording of model calls can't be written");
                State::Failed(error)
            }
        };
    }

    /// Ends the tape.
    pub(super) fn close(&mut self) -> Result<Recorded, TapeError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Failed(source) => return Err(TapeError::Write { source }),
            State::Open | State::Full => self.file.sync_data().map_err(unwritten)?,
            State::Closed => {}
        }
        Ok(self.written)
    }

    /// Writes a whole line, or takes away what was written of it.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(line) {
            // A reader does without what is left if this fails, too.
            let _ = self.file.set_len(self.written.bytes);
            return Err(error);
        }
        self.written.bytes += length(line);
        Ok(())
    }
}

/// What is on a tape already.
#[derive(Default)]
struct Found {
    calls: u64,
    /// Of whole lines.
    bytes: u64,
    full: bool,
    /// Whether the last line is whole but for its line end.
    unended: bool,
}

impl Found {
    fn on(file: &File) -> Result<Self, TapeError> {
        let mut lines = Lines::begin(BufReader::new(file))?;
        let mut found = Self::default();
        loop {
            match lines.next()? {
                Next::Line(Line::Call(_)) => found.calls += 1,
                Next::Line(Line::Full { .. }) => found.full = true,
                Next::Line(Line::Tape { .. }) => {}
                Next::Cut | Next::End => break,
            }
        }
        found.bytes = lines.whole;
        found.unended = !lines.ended;
        Ok(found)
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn unwritten(source: io::Error) -> TapeError {
    TapeError::Write { source }
}

#[cfg(test)]
mod tests;
