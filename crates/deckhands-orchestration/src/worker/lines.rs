//! Splits output into lines, each stream on its own, in bounded memory.

use deckhands_runtime::OutputSource;

/// Longest line that is kept whole; the rest of a longer one is dropped.
const MAX_LINE: usize = 1 << 20;

/// Puts chunks together to lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Lines {
    /// Takes a chunk and hands out each line that it completes, without its end.
    pub(super) fn push(
        &mut self,
        source: OutputSource,
        bytes: &[u8],
        mut line: impl FnMut(OutputSource, &[u8]),
    ) {
        let pending = match source {
            OutputSource::Stdout => &mut self.stdout,
            OutputSource::Stderr => &mut self.stderr,
        };
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            keep(pending, &rest[..end]);
            line(source, pending.strip_suffix(b"\r").unwrap_or(pending));
            pending.clear();
            rest = &rest[end + 1..];
        }
        keep(pending, rest);
    }

    /// Hands out what is left without a line end.
    pub(super) fn finish(&mut self, mut line: impl FnMut(OutputSource, &[u8])) {
        for (source, pending) in [
            (OutputSource::Stdout, &mut self.stdout),
            (OutputSource::Stderr, &mut self.stderr),
        ] {
            if !pending.is_empty() {
                line(source, pending);
                pending.clear();
            }
        }
    }
}

fn keep(pending: &mut Vec<u8>, bytes: &[u8]) {
    let room = MAX_LINE.saturating_sub(pending.len());
    pending.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

#[cfg(test)]
mod tests;
