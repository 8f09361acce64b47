//! The form of an attempt's `calls.jsonl`: a line for each call, and maybe one over those for which there
//! was no room.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use deckhands_model::{CallRecord, CallsReport};
use serde::{Deserialize, Serialize};

/// The last line of a full file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// How many calls have no line of their own.
    pub(crate) left_out: u64,
    /// The greatest number among them.
    pub(crate) last_call: u64,
    /// What they came to.
    pub(crate) calls: CallsReport,
}

/// A line.
pub(crate) enum CallLine {
    Call(Box<CallRecord>),
    Rest(Box<Rest>),
}

/// The calls of an attempt that have a line of their own, and how many have none.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct KeptCalls {
    /// In the order in which they ended.
    pub records: Vec<CallRecord>,
    /// How many more there were.
    pub left_out: u64,
}

impl Rest {
    pub(crate) fn add(&mut self, call: &CallRecord) {
        self.left_out += 1;
        self.calls.add(call);
        // It is written again and again.
        self.calls.list.clear();
        self.calls.left_out = self.left_out;
    }
}

impl CallLine {
    /// Reads a whole line with its end; nothing for one that was torn.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n")?;
        if let Ok(call) = serde_json::from_slice(line) {
            return Some(Self::Call(Box::new(call)));
        }
        let rest = serde_json::from_slice(line).ok()?;
        Some(Self::Rest(Box::new(rest)))
    }
}

/// Reads the file of an attempt, which may be under way; nothing of one that saw no call.
///
/// # Errors
/// The system's error.
pub(crate) fn read(path: &Path) -> io::Result<KeptCalls> {
    let mut kept = KeptCalls::default();
    each(path, |line| match line {
        CallLine::Call(call) => kept.records.push(*call),
        CallLine::Rest(rest) => kept.left_out = rest.left_out,
    })?;
    Ok(kept)
}

/// What the calls of an attempt came to; nothing for one that saw none.
///
/// # Errors
/// The system's error.
pub(crate) fn sums(path: &Path) -> io::Result<Option<CallsReport>> {
    let mut sums = CallsReport::default();
    each(path, |line| match line {
        CallLine::Call(call) => sums.add(&call),
        CallLine::Rest(rest) => sums.merge(&rest.calls),
    })?;
    Ok((sums.count > 0).then_some(sums))
}

/// Takes the whole lines of a file, which need not be there.
fn each(path: &Path, mut take: impl FnMut(CallLine)) -> io::Result<()> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        match CallLine::read(&line) {
            Some(read) => take(read),
            None => return Ok(()),
        }
    }
}
