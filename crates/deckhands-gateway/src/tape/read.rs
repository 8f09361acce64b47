//! Reads a tape.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::error::TapeError;
use super::line::{CallLine, Line, VERSION};

/// The longest tape that is read into memory: 1 GiB, sixteen times what a recorder writes unless it is
/// told otherwise.
const LONGEST_READ: u64 = 1 << 30;

/// A tape in memory.
pub struct Tape {
    pub(super) calls: Vec<CallLine>,
    end: TapeEnd,
}

/// How a tape ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TapeEnd {
    /// With the line of a call.
    Whole,
    /// Its recorder reached its bound: calls may have been made that are not on it.
    Full,
    /// In the midst of a line, as its recorder died.
    Cut,
}

/// What comes next in a file.
pub(super) enum Next {
    /// The end of the file.
    End,
    /// A line.
    Line(Line),
    /// The last line, cut off.
    Cut,
}

/// Goes through a tape line by line.
pub(super) struct Lines<R> {
    source: R,
    line: u64,
    /// Bytes of all whole lines so far.
    pub(super) whole: u64,
    /// Whether the last of them has its line end.
    pub(super) ended: bool,
}

impl Tape {
    /// Reads a tape. It blocks, for as long as the file takes.
    ///
    /// A last line that was cut off is left out; [`end`](Self::end) tells. Lines may end as on Windows.
    ///
    /// # Errors
    /// [`TapeError::NotFound`], [`Read`](TapeError::Read), [`Empty`](TapeError::Empty),
    /// [`NotATape`](TapeError::NotATape), [`Newer`](TapeError::Newer), [`Damaged`](TapeError::Damaged)
    /// or [`TooLarge`](TapeError::TooLarge).
    pub fn read(path: impl AsRef<Path>) -> Result<Self, TapeError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => TapeError::NotFound,
            _ => TapeError::Read { source },
        })?;
        let bytes = file.metadata().map_err(unread)?.len();
        if bytes > LONGEST_READ {
            return Err(TapeError::TooLarge {
                bytes,
                most: LONGEST_READ,
            });
        }
        Self::of(BufReader::new(file))
    }

    /// Reads it from anywhere.
    fn of(source: impl BufRead) -> Result<Self, TapeError> {
        let mut lines = Lines::begin(source)?;
        let mut calls = Vec::new();
        let mut end = TapeEnd::Whole;
        loop {
            match lines.next()? {
                Next::Line(Line::Call(call)) => calls.push(*call),
                Next::Line(Line::Full { .. }) => end = TapeEnd::Full,
                Next::Line(Line::Tape { .. }) => return Err(lines.damaged("a second first line")),
                Next::Cut => end = TapeEnd::Cut,
                Next::End => break,
            }
        }
        if calls.is_empty() {
            return Err(TapeError::Empty);
        }
        Ok(Self { calls, end })
    }

    /// How many calls are on it.
    #[must_use]
    pub fn calls(&self) -> u64 {
        u64::try_from(self.calls.len()).unwrap_or(u64::MAX)
    }

    /// How it ends.
    #[must_use]
    pub fn end(&self) -> TapeEnd {
        self.end
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape")
            .field("calls", &self.calls.len())
            .field("end", &self.end)
            .finish()
    }
}

impl<R: BufRead> Lines<R> {
    /// Reads the first line, which says that this is a tape.
    pub(super) fn begin(source: R) -> Result<Self, TapeError> {
        let mut lines = Self {
            source,
            line: 0,
            whole: 0,
            ended: true,
        };
        match lines.next() {
            Ok(Next::Line(Line::Tape { version })) if version > VERSION => Err(TapeError::Newer {
                version,
                known: VERSION,
            }),
            Ok(Next::Line(Line::Tape { version: VERSION })) => Ok(lines),
            Ok(Next::End | Next::Cut) => Err(TapeError::Empty),
            Ok(Next::Line(_)) | Err(TapeError::Damaged { .. }) => Err(TapeError::NotATape),
            Err(error) => Err(error),
        }
    }

    /// The next line; empty ones are passed over.
    pub(super) fn next(&mut self) -> Result<Next, TapeError> {
        let mut text = Vec::new();
        loop {
            text.clear();
            if self.source.read_until(b'\n', &mut text).map_err(unread)? == 0 {
                return Ok(Next::End);
            }
            self.line += 1;
            let ended = text.last() == Some(&b'\n');
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            if text.trim_ascii().is_empty() {
                self.whole += if ended { length } else { 0 };
                continue;
            }
            return match serde_json::from_slice(&text) {
                Ok(line) => {
                    self.whole += length;
                    self.ended = ended;
                    Ok(Next::Line(line))
                }
                Err(_) if !ended && self.may_be_cut(&text) => Ok(Next::Cut),
                Err(error) => Err(TapeError::Damaged {
                    line: self.line,
                    source: error.into(),
                }),
            };
        }
    }

    /// Whether an unfinished line is the beginning of one of ours; the first line of any other file that
    /// has but one may well be without an end.
    fn may_be_cut(&self, text: &[u8]) -> bool {
        self.line > 1 || Line::Tape { version: VERSION }.bytes().starts_with(text)
    }

    fn damaged(&self, why: &str) -> TapeError {
        TapeError::Damaged {
            line: self.line,
            source: io::Error::new(io::ErrorKind::InvalidData, why),
        }
    }
}

pub(super) fn unread(source: io::Error) -> TapeError {
    TapeError::Read { source }
}

#[cfg(test)]
mod tests;
