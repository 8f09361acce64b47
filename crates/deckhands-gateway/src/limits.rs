//! How much one relay takes, waits and tries.

use std::time::Duration;

/// Bounds of one relay. [`Default`] has the figures that each field names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelayLimits {
    /// Longest request in bytes: 16 MiB. The first request of a run has about 36 kB, and the text of
    /// a window of two million tokens about 8 MB; what is longer fits no model.
    pub request_bytes: usize,
    /// Longest answer in bytes: 16 MiB. The longest outputs on offer, 128,000 tokens, have about
    /// 0.5 MB, as a stream of events about twenty times that.
    pub answer_bytes: usize,
    /// For the TCP connection: 10 s, three retransmissions of its first packet (1 + 2 + 4 s) and
    /// some more. Name resolution and the TLS handshake count to `answer`.
    pub connect: Duration,
    /// From sending on to the last byte of the answer: 120 s, a fifth of what the agent's own client
    /// waits (600 s), so that it is never the agent that breaks off. The request has as long to
    /// arrive.
    pub answer: Duration,
    /// Calls at the same time: 8. An agent makes one; with its client's hidden retries and a memory
    /// condenser it stays below this.
    pub concurrent: usize,
    /// After so many failed calls in a row no further one is made: 3, the attempts that OpenHands is
    /// told to make for one step. 0 counts as 1.
    pub give_up_after: u32,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            request_bytes: 16 << 20,
            answer_bytes: 16 << 20,
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(120),
            concurrent: 8,
            give_up_after: 3,
        }
    }
}
