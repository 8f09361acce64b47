//! What an attempt printed and stored, written down in bounded files with secrets removed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use deckhands_agent::redact;
use deckhands_model::{AgentEvent, ByteSize};
use deckhands_runtime::OutputSource;

use crate::attempt_dir::AttemptDir;

/// The two files of evidence of an attempt.
///
/// A write that fails (full disk) ends the writing, not the attempt; it is told by `failed`.
#[derive(Debug)]
pub(super) struct Transcript {
    output: Capped,
    events: Capped,
    secrets: Vec<String>,
}

/// A file that takes no more than so many bytes.
#[derive(Debug)]
struct Capped {
    file: Option<BufWriter<File>>,
    room: u64,
    error: Option<io::Error>,
}

impl Transcript {
    /// Opens both files.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn open(
        dir: &AttemptDir,
        bound: ByteSize,
        secrets: Vec<String>,
    ) -> io::Result<Self> {
        Ok(Self {
            output: Capped::open(&dir.transcript(), bound)?,
            events: Capped::open(&dir.events(), bound)?,
            secrets,
        })
    }

    /// Writes one line of output.
    pub(super) fn line(&mut self, source: OutputSource, line: &[u8]) {
        let mark = match source {
            OutputSource::Stdout => "o ",
            OutputSource::Stderr => "e ",
        };
        let text = redact(&String::from_utf8_lossy(line), &self.known());
        self.output
            .write(&[mark.as_bytes(), text.as_bytes(), b"\n"].concat());
    }

    /// Writes one event.
    pub(super) fn event(&mut self, event: &AgentEvent) {
        if let Ok(text) = serde_json::to_string(event) {
            self.events
                .write(format!("{}\n", redact(&text, &self.known())).as_bytes());
        }
    }

    fn known(&self) -> Vec<&str> {
        self.secrets.iter().map(String::as_str).collect()
    }

    /// Writes what is buffered. An error shows at the next writing.
    pub(super) fn flush(&mut self) {
        for capped in [&mut self.output, &mut self.events] {
            if let Some(file) = &mut capped.file {
                let _ = file.flush();
            }
        }
    }

    /// Writes what is buffered. Returns the first error of all the writing.
    pub(super) fn close(self) -> Option<io::Error> {
        self.output.close().or(self.events.close())
    }
}

impl Capped {
    fn open(path: &Path, bound: ByteSize) -> io::Result<Self> {
        let file = File::options()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self {
            file: Some(BufWriter::new(file)),
            room: bound.as_u64(),
            error: None,
        })
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        let fits = usize::try_from(self.room)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        match file.write_all(&bytes[..fits]) {
            Ok(()) => self.room -= fits as u64,
            Err(error) => {
                self.error = Some(error);
                self.file = None;
            }
        }
    }

    fn close(self) -> Option<io::Error> {
        self.error
            .or_else(|| self.file.and_then(|mut file| file.flush().err()))
    }
}

#[cfg(test)]
mod tests;
