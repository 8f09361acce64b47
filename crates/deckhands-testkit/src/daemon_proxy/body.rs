//! Where a request's body ends, so that the next head is found after it. Bodies are passed on as they are.

use super::head::ProxiedRequest;

/// A line about a chunk is short; a longer one is taken as it is, but its end no more remembered.
const MAX_LINE: usize = 256;

/// What is still to come of a request's body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Sized(u64),
    /// Chunks, of which this is the next piece.
    Chunked(Piece, Vec<u8>),
    /// Everything: the connection belongs to both sides from now on.
    Hijacked,
}

/// A piece of a chunked body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// The line with a chunk's size.
    Size,
    /// So many bytes of a chunk, its line end included.
    Data(u64),
    /// Lines after the last chunk, up to an empty one.
    Trailer,
    /// Nothing more.
    End,
}

impl Body {
    /// The body that a head announces.
    pub(super) fn of(request: &ProxiedRequest) -> Self {
        if request.header("upgrade").is_some() {
            return Self::Hijacked;
        }
        let chunked = request
            .header("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        if chunked {
            return Self::Chunked(Piece::Size, Vec::new());
        }
        let length = request.header("content-length");
        Self::Sized(length.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Whether nothing more is to come.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Sized(0) | Self::Chunked(Piece::End, _))
    }

    /// Takes what belongs to the body from the beginning of the bytes; says how much that is.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Hijacked => bytes.len(),
            Self::Sized(left) => count_down(left, bytes.len()),
            Self::Chunked(piece, line) => {
                let mut taken = 0;
                while taken < bytes.len() && *piece != Piece::End {
                    taken += piece.take(line, &bytes[taken..]);
                }
                taken
            }
        }
    }
}

impl Piece {
    fn take(&mut self, line: &mut Vec<u8>, bytes: &[u8]) -> usize {
        if let Self::Data(left) = self {
            let taken = count_down(left, bytes.len());
            if *left == 0 {
                *self = Self::Size;
            }
            return taken;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |at| at + 1);
        let room = MAX_LINE.saturating_sub(line.len()).min(taken);
        line.extend_from_slice(&bytes[..room]);
        if end.is_some() {
            *self = self.next(&String::from_utf8_lossy(line));
            line.clear();
        }
        taken
    }

    /// What follows a line.
    fn next(&self, line: &str) -> Self {
        let line = line.trim();
        if *self == Self::Trailer {
            return if line.is_empty() {
                Self::End
            } else {
                Self::Trailer
            };
        }
        let digits = line.split(';').next().unwrap_or_default().trim();
        match u64::from_str_radix(digits, 16) {
            Ok(0) | Err(_) => Self::Trailer,
            Ok(size) => Self::Data(size.saturating_add(2)),
        }
    }
}

fn count_down(left: &mut u64, available: usize) -> usize {
    let taken = usize::try_from(*left).map_or(available, |left| left.min(available));
    *left -= taken as u64;
    taken
}

#[cfg(test)]
mod tests;
