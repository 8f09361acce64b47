//! How much one session takes, waits and tries.

use std::time::Duration;

/// Bounds of one session. [`Default`] has the figures that each field names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionLimits {
    /// Longest request in bytes: 16 MiB. The first request of a run has about 36 kB, and the text of
    /// a window of two million tokens about 8 MB; what is longer fits no model.
    pub request_bytes: usize,
    /// Longest answer in bytes: 16 MiB. The longest outputs on offer, 128,000 tokens, have about
    /// 0.5 MB, as a stream of events about twenty times that.
    pub answer_bytes: usize,
    /// For the TCP connection: 10 s, three retransmissions of its first packet (1 + 2 + 4 s) and
    /// some more. Name resolution and the TLS handshake count to `answer`.
    pub connect: Duration,
    /// From sending on to the last byte of a whole answer: 120 s. Of a stream from sending on to the
    /// first content, and from each part to the next. The request has as long to arrive.
    pub answer: Duration,
    /// From sending on to the end of a stream: 2 h. The longest outputs on offer, 128,000 tokens, take
    /// 6,400 s at 20 tokens a second, which is slow. What goes on longer has no end.
    pub stream: Duration,
    /// From a call's arrival to its answer, all tries and waits of it together: 235 s, a little less
    /// than the agent's own client waits (240 s), so that it is never the agent that breaks off. A
    /// stream that has begun may go on.
    pub whole: Duration,
    /// How long one call is held while no route may be called: 60 s (`hold_max` of the design).
    pub hold: Duration,
    /// Before a route is tried again that failed without naming a time: 1 s, doubled with each
    /// failure in a row, at most 15 s.
    pub pause: Duration,
    /// By how many percent a pause may be shorter before a route that has too much to do: 25. Which part
    /// of it that is, is drawn by the token.
    pub jitter: u32,
    /// Calls at the same time: 8. An agent makes one; with its client's hidden retries and a memory
    /// condenser it stays below this.
    pub concurrent: usize,
    /// A route that failed so often in a row is not tried again before another one gave an answer:
    /// 3. Once none is left no further call is made. 0 counts as 1. A refusal for too many calls, or
    /// for too much to do, is no failure of its own, but a call that was held in vain for such a route
    /// is one.
    pub give_up_after: u32,
    /// Whether a request may have the provider search, read or run something by itself, which costs and acts
    /// beside the model: no. Without a cap it is the caller's to allow; under one it is refused in any
    /// case, for nobody can bound it.
    pub provider_tools: bool,
    /// Whether what one call met counts for those after it, so that all of them end where none can be
    /// served: so for an attempt, which is over then. Without it each call stands for itself.
    pub remembers: bool,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            request_bytes: 16 << 20,
            answer_bytes: 16 << 20,
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(120),
            stream: Duration::from_secs(2 * 60 * 60),
            whole: Duration::from_secs(235),
            hold: Duration::from_secs(60),
            pause: Duration::from_secs(1),
            jitter: 25,
            concurrent: 8,
            give_up_after: 3,
            provider_tools: false,
            remembers: true,
        }
    }
}
