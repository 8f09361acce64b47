//! Writing to stdout and stderr; a closed stream makes a command fail, never the program panic.

use std::io::{self, BufWriter, StdoutLock, Write as _};

/// Writes a line on stdout; status 1 if that fails.
pub(crate) fn line(text: &str) -> u8 {
    let mut lines = Lines::new();
    lines.write(text.as_bytes());
    lines.write(b"\n");
    lines.finish()
}

/// Writes a line on stderr; status 1 if that fails.
pub(crate) fn err_line(text: &str) -> u8 {
    u8::from(
        io::stderr()
            .write_all(format!("{text}\n").as_bytes())
            .is_err(),
    )
}

/// Says on stderr why a command failed and gives its status, 1.
pub(crate) fn complain(text: &str) -> u8 {
    err_line(&format!("tiny-agent: {text}"));
    1
}

/// Stdout with a buffer of its own: `spew` writes gigabytes.
pub(crate) struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    failed: bool,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self {
            out: BufWriter::with_capacity(64 << 10, io::stdout().lock()),
            failed: false,
        }
    }

    /// Whether the bytes were taken; after a failure nothing more is.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        self.failed = self.failed || self.out.write_all(bytes).is_err();
        !self.failed
    }

    /// Sends what is left; status 1 if anything failed.
    pub(crate) fn finish(mut self) -> u8 {
        u8::from(self.failed || self.out.flush().is_err() || self.out.get_mut().flush().is_err())
    }
}

/// The text as a JSON string.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
