//! How an answer goes out: what its stream looks like and where it breaks; what it says is the step's matter.

use std::time::Duration;

/// Characters in one chunk of content, unless told otherwise.
const CHUNK_CHARS: usize = 256;

/// How a completion looks as a stream of events; where no stream is asked for nothing of it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventForm {
    /// Characters of text or of arguments in one content chunk, at least 1; 256 unless told otherwise.
    pub chunk_chars: usize,
    /// Comments `: OPENROUTER PROCESSING` before the first event.
    pub keepalives: u32,
    /// Each event and comment goes out by itself, with this wait between two; none sends all of them at once.
    pub every: Option<Duration>,
    /// Lines end with CR LF instead of LF.
    pub crlf: bool,
    /// The end mark `data: [DONE]` is left out.
    pub no_done: bool,
    /// The completion comes in one document although a stream is asked for.
    pub unstreamed: bool,
}

impl Default for EventForm {
    fn default() -> Self {
        Self {
            chunk_chars: CHUNK_CHARS,
            keepalives: 0,
            every: None,
            crlf: false,
            no_done: false,
            unstreamed: false,
        }
    }
}

/// A place within an answer's body and what happens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// Where.
    pub at: Place,
    /// What.
    pub by: Mishap,
}

/// A place within an answer's body; one beyond its end is the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After so many bytes of the body; 0 is right after the head.
    Bytes(usize),
    /// After so many chunks of content, so that 0 is after the comments and the chunk that tells the role only.
    ///
    /// A chunk of content is one that has text, a refusal, or something of a tool call. In an answer that is no
    /// stream 0 is right after the head, and anything else the middle of the body.
    Chunks(usize),
}

/// What happens in the middle of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The connection closes.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing comes for this time, after which the answer goes on; none lasts until the client leaves.
    Stall(Option<Duration>),
}

impl Mishap {
    /// Whether nothing can come after it.
    pub(crate) fn ends_it(self) -> bool {
        match self {
            Self::Cut | Self::Reset => true,
            Self::Stall(_) => false,
        }
    }
}
