//! What was found, in words.

use std::fmt;

/// What is to be made of a request. Shown as a sentence for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watch {
    /// Nothing repeats itself, or not often enough to tell.
    Fine,
    /// It looks like a loop; the call should be made.
    Warn {
        /// What repeats itself.
        what: LoopKind,
        /// How often by now, from 1.
        times: u32,
    },
    /// It is a loop; the call would be money for nothing.
    End {
        /// What repeats itself.
        what: LoopKind,
        /// How often by now, from 1.
        times: u32,
    },
}

/// What repeats itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoopKind {
    /// The whole request, although it was answered.
    SamePrompt,
    /// The whole request, although it was refused for good.
    RefusedPrompt,
    /// One call with one result, or one answer that earns one reply.
    SameStep,
    /// Two such steps in turn.
    Alternating,
    /// The history is shortened, and what follows is known from before.
    Condensing,
}

impl Watch {
    /// An end is graver than a warning, and more repetitions than fewer.
    pub(super) fn gravity(&self) -> (u8, u32) {
        match *self {
            Self::Fine => (0, 0),
            Self::Warn { times, .. } => (1, times),
            Self::End { times, .. } => (2, times),
        }
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine => f.write_str("nothing repeats itself"),
            Self::Warn { what, times } | Self::End { what, times } => {
                write!(f, "{what}, {times} times in a row")
            }
        }
    }
}

impl fmt::Display for LoopKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SamePrompt => "the agent sent the same request although it had its answer",
            Self::RefusedPrompt => {
                "the agent sent the same request although it was refused for good"
            }
            Self::SameStep => "the agent made the same step with the same result",
            Self::Alternating => "the agent made the same two steps in turn with the same results",
            Self::Condensing => {
                "the agent shortened its history and did again what it had done before"
            }
        })
    }
}
