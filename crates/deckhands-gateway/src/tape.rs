//! A tape of an attempt's model traffic: what the agent was answered, for playing it again without a
//! provider.
//!
//! A tape is a file of JSON lines, for its owner alone. The first line is `{"tape":{"version":1}}`. Each
//! further one is a call, in the order in which the calls ended:
//!
//! ```json
//! {"call":{"number":1,"asked":{"model":"deepseek/deepseek-chat","messages":3,"messages_sha256":"…",
//!  "tools":false,"streamed":false},"answer":{"status":200,"content_type":"application/json",
//!  "cost":"0.00042","body":"…"},"served":"deepseek/deepseek-chat-v3.1","usage":{"input_tokens":812,
//!  "output_tokens":40,"cost_usd":0.00042}}}
//! ```
//!
//! Of a request it has marks only: which model was asked, how many messages there were, the SHA-256 of
//! the JSON text of all of them, and whether tools and a stream were asked for. Of the answer it has what
//! the agent got: status, content type, the text of `x-litellm-response-cost`, and the body as text,
//! which for a stream is all its events. No header of a request is ever written, and a veil goes over
//! all that is. A recorder that has reached its bound writes `{"full":{"bytes":…}}` as its last line.
//!
//! A reader takes fields it does not know, but no version above its own; it does without a last line
//! that was cut off by the death of its writer.

mod error;
mod line;
mod mark;
mod read;
mod record;
mod replay;

use bytes::Bytes;
use deckhands_model::Usage;

pub use error::TapeError;
pub use read::{Tape, TapeEnd};
pub use record::{Recorded, Recorder};
pub use replay::{Divergence, Replay, Replayed};

/// One call, as it is handed to a [`Recorder`].
#[derive(Clone, PartialEq, Debug)]
pub struct TapedCall {
    /// The body of the agent's request, as it came.
    pub request: Bytes,
    /// What the agent was answered.
    pub answer: TapedAnswer,
    /// The model that answered, in the provider's words.
    pub served: Option<String>,
    /// What the call spent, as far as the provider told.
    pub usage: Usage,
}

/// An answer as the agent gets it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TapedAnswer {
    /// HTTP status.
    pub status: u16,
    /// Text of the header `content-type`.
    pub content_type: Option<String>,
    /// Text of the header `x-litellm-response-cost`: US dollars.
    pub cost: Option<String>,
    /// The whole body; of a stream all its events. What is no UTF-8 in it is lost on a tape.
    pub body: Bytes,
}
