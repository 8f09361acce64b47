//! As much of HTTP as a client needs that knows its servers.

use crate::Outcome;

/// The head of an answer.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) body: Body,
    /// How long it is itself.
    pub(crate) bytes: usize,
}

/// Where a body stands that is read part by part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Body {
    /// So many bytes are to come.
    Plain(usize),
    /// In the line before a chunk, whose length is this as far as it was read.
    Length(usize),
    /// So many bytes of a chunk are to come.
    Chunk(usize),
    /// In the end of the line after a chunk.
    ChunkEnd,
    /// After the last chunk; whether the line is empty so far.
    Trailer(bool),
    /// All is there.
    Whole,
}

/// The head at the begin of what was read; none while it is not whole.
pub(crate) fn head(input: &[u8]) -> Outcome<Option<Head>> {
    let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = std::str::from_utf8(&input[..end])?.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.ok_or("an answer without a status")?.parse()?;
    let mut body = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            body = Some(Body::plain(value.parse()?));
        } else if name.eq_ignore_ascii_case("transfer-encoding") && value == "chunked" {
            body = Some(Body::Length(0));
        }
    }
    Ok(Some(Head {
        status,
        body: body.ok_or("an answer of unknown length")?,
        bytes: end + 4,
    }))
}

impl Body {
    const fn plain(bytes: usize) -> Self {
        match bytes {
            0 => Self::Whole,
            bytes => Self::Plain(bytes),
        }
    }

    /// Adds what came to the text. True once it is whole.
    pub(crate) fn take(&mut self, mut input: &[u8], text: &mut Vec<u8>) -> Outcome<bool> {
        while !input.is_empty() {
            let length = match *self {
                Self::Plain(left) | Self::Chunk(left) => left.min(input.len()),
                _ => 1,
            };
            let (part, later) = input.split_at(length);
            if let Self::Plain(_) | Self::Chunk(_) = self {
                text.extend_from_slice(part);
            }
            *self = self.after(part)?;
            input = later;
        }
        Ok(*self == Self::Whole)
    }

    /// Where it stands after the next part: of a line one byte, else no more than was to come.
    fn after(self, part: &[u8]) -> Outcome<Self> {
        Ok(match self {
            Self::Plain(left) => Self::plain(left - part.len()),
            Self::Chunk(left) if left == part.len() => Self::ChunkEnd,
            Self::Chunk(left) => Self::Chunk(left - part.len()),
            Self::ChunkEnd if part == b"\n" => Self::Length(0),
            Self::ChunkEnd => Self::ChunkEnd,
            Self::Length(length) => match part {
                b"\r" => Self::Length(length),
                b"\n" if length == 0 => Self::Trailer(true),
                b"\n" => Self::Chunk(length),
                _ => Self::Length(length * 16 + digit(part)?),
            },
            Self::Trailer(empty) => match part {
                b"\r" => Self::Trailer(empty),
                b"\n" if empty => Self::Whole,
                b"\n" => Self::Trailer(true),
                _ => Self::Trailer(false),
            },
            Self::Whole => return Err("more came than the answer".into()),
        })
    }
}

fn digit(byte: &[u8]) -> Outcome<usize> {
    let digit = byte.first().and_then(|byte| char::from(*byte).to_digit(16));
    Ok(usize::try_from(digit.ok_or("a chunk without a length")?)?)
}
