//! The bytes of an answer, and how they go out; what they say is `answer`'s and `stream`'s.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;

use crate::body::{CutOff, ServedBody};
use crate::script::{Break, Mishap, Place};

/// Bytes that a cut answer announces beyond what it sends, where it would be whole without.
const MISSING: usize = 1000;

/// An answer's body in parts, and the places in it that a script can name.
#[derive(Debug, Default)]
pub(super) struct Payload {
    parts: Vec<String>,
    len: usize,
    /// Bytes before the content, then those up to the end of its first chunk, of its second, and so on.
    places: Vec<usize>,
    /// Wait between two parts that go out by themselves; none sends all at once.
    every: Option<Duration>,
    stream: bool,
}

impl Payload {
    /// A document, whose middle stands for every place behind its first chunk.
    pub(super) fn document(text: String) -> Self {
        Self {
            len: text.len(),
            places: vec![0, text.len() / 2],
            parts: vec![text],
            ..Self::default()
        }
    }

    /// A stream without any event yet.
    pub(super) fn stream(every: Option<Duration>) -> Self {
        Self {
            every,
            stream: true,
            ..Self::default()
        }
    }

    /// Adds one event.
    pub(super) fn push(&mut self, event: String) {
        self.len += event.len();
        self.parts.push(event);
    }

    /// Notes that the content begins here, or that a chunk of it ends.
    pub(super) fn mark(&mut self) {
        self.places.push(self.len);
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes up to the end of each chunk of content.
    pub(super) fn chunk_ends(&self) -> &[usize] {
        self.places.get(1..).unwrap_or_default()
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        self.parts.concat()
    }

    /// What a cut document announces as its length, which is more than it sends.
    pub(super) fn announced(&self, broken: Option<Break>) -> Option<usize> {
        let cut = broken.filter(|broken| broken.by.ends_it() && !self.stream)?;
        let rest = self.len - self.offset(cut.at);
        Some(if rest == 0 {
            self.len + MISSING
        } else {
            self.len
        })
    }

    /// The body with its break.
    pub(super) fn body(self, broken: Option<Break>) -> ServedBody {
        let mut broken = broken.map(|broken| (self.offset(broken.at), broken.by));
        let mut body = ServedBody::empty();
        if self.stream {
            body = body.of_untold_length();
        }
        let parts = match self.every {
            Some(_) => self.parts,
            None => vec![self.parts.concat()],
        };
        let mut sent = 0;
        for (index, part) in parts.into_iter().enumerate() {
            if let Some(every) = self.every.filter(|_| index > 0) {
                body = body.then_pause(every);
            }
            let mut part = Bytes::from(part);
            let length = part.len();
            if let Some((at, by)) = broken.take_if(|(at, _)| *at <= sent + length) {
                body = body.then(part.split_to(at - sent));
                match by {
                    Mishap::Cut => return body.then_cut(CutOff::Close),
                    Mishap::Reset => return body.then_cut(CutOff::Reset),
                    Mishap::Stall(Some(time)) => body = body.then_pause(time),
                    Mishap::Stall(None) => body = body.then_wait(pending()),
                }
            }
            body = body.then(part);
            sent += length;
        }
        body
    }

    fn offset(&self, at: Place) -> usize {
        match at {
            Place::Bytes(bytes) => bytes.min(self.len),
            Place::Chunks(chunks) => {
                let last = self.places.len().saturating_sub(1);
                self.places.get(chunks.min(last)).copied().unwrap_or(0)
            }
        }
    }
}

#[cfg(test)]
mod tests;
