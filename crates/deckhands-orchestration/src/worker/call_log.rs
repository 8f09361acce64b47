//! The calls of an attempt, written down one by one as they end, and added up.
//!
//! A line is written in one piece, so that the death of our process leaves whole lines only; what a death
//! of the machine tears is cut off by whoever goes on. A bound keeps the file small: calls beyond it are
//! added up in its last line, which is written again with each of them.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use deckhands_agent::redact;
use deckhands_model::{CallRecord, CallsReport, GatewayFact, Usd};
use jiff::Timestamp;
use serde::Serialize;

use crate::call_file::{CallLine, Rest};

/// Most bytes of calls that are written one by one: several thousand of them.
pub(super) const BYTES: u64 = 4 << 20;

/// Most bytes that are read of a file that another process began: the calls, and the line over the rest.
const READ: u64 = BYTES + (4 << 20);

/// The file of an attempt's calls, and their sums.
#[derive(Debug)]
pub(super) struct CallLog {
    file: Option<File>,
    /// Where the next line goes.
    end: u64,
    bound: u64,
    rest: Rest,
    report: CallsReport,
    /// Number of the last call before this process.
    before: u64,
    secrets: Vec<String>,
    error: Option<io::Error>,
}

impl CallLog {
    /// Opens the file, and goes on with what another process wrote.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn open(path: &Path, bound: u64, secrets: Vec<String>) -> io::Result<Self> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        let mut log = Self {
            file: None,
            end: 0,
            bound,
            rest: Rest::default(),
            report: CallsReport::default(),
            before: 0,
            secrets,
            error: None,
        };
        let whole = log.take_up(&file)?;
        file.set_len(whole)?;
        log.file = Some(file);
        Ok(log)
    }

    /// Takes what was written up to here. Returns how many bytes of it are whole lines: the one over the
    /// rest stays until it is written again.
    fn take_up(&mut self, file: &File) -> io::Result<u64> {
        let mut lines = BufReader::new(file.take(READ));
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = lines.read_until(b'\n', &mut line)?;
            match CallLine::read(&line) {
                Some(CallLine::Call(call)) => {
                    self.before = self.before.max(call.call);
                    self.report.add(&call);
                    self.end += length as u64;
                }
                Some(CallLine::Rest(rest)) => {
                    self.before = self.before.max(rest.last_call);
                    self.report.merge(&rest.calls);
                    self.rest = *rest;
                    return Ok(self.end + length as u64);
                }
                None => return Ok(self.end),
            }
        }
    }

    /// Writes down a call that ended; `now` is when that is.
    pub(super) fn add(&mut self, fact: &GatewayFact, now: Timestamp) {
        let began = fact.account.began.map(Timestamp::try_from);
        let began = began.and_then(Result::ok).unwrap_or(now);
        let mut call = CallRecord::of(fact, self.before + fact.call, began.to_string());
        let known: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        call.model = call.model.map(|model| redact(&model, &known));
        self.report.add(&call);
        let full = self.rest.left_out > 0;
        let written = line_of(&call).is_some_and(|line| !full && self.append(&line));
        if !written {
            self.rest.last_call = self.rest.last_call.max(call.call);
            self.rest.add(&call);
            self.write_rest();
        }
    }

    /// What is known to have been spent so far; `None` before the first call whose cost is known.
    pub(super) fn cost_so_far(&self) -> Option<Usd> {
        let any = self.report.models.iter().any(|one| one.cost_usd.is_some());
        any.then(|| self.report.known_cost())
    }

    /// The sums, and the first error of all the writing.
    pub(super) fn close(self) -> (CallsReport, Option<io::Error>) {
        (self.report, self.error)
    }

    /// Whether there was room for it.
    fn append(&mut self, line: &[u8]) -> bool {
        let length = line.len() as u64;
        if self.end + length > self.bound {
            return false;
        }
        self.write(line);
        self.end += length;
        true
    }

    fn write_rest(&mut self) {
        if let Some(line) = line_of(&self.rest) {
            self.write(&line);
        }
    }

    /// Writes the last line, in one piece.
    fn write(&mut self, line: &[u8]) {
        let Some(file) = &self.file else { return };
        let written = file.write_all_at(line, self.end);
        let written = written.and_then(|()| file.set_len(self.end + line.len() as u64));
        if let Err(error) = written {
            self.error = Some(error);
            self.file = None;
        }
    }
}

fn line_of(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(value).ok()?;
    line.push(b'\n');
    Some(line)
}

#[cfg(test)]
mod tests;
