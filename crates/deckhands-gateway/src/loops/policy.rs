//! After how many repetitions a loop is told of, and after how many it is ended.

use super::watch::{LoopKind, Watch};

/// When a [`LoopDetector`](super::LoopDetector) speaks. [`Default`] has the figures that each field names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoopPolicy {
    /// Equal steps in a row, rounds of two steps in turn, and condensations without a new result
    /// between: warn at 4, end at 8. OpenHands ends at 4 equal steps, before it asks for the next one,
    /// and at 3 rounds; so in the normal case it is first, and the end has its words and cause.
    pub steps: LoopBound,
    /// The same whole request although it was answered, or refused for good: warn at 3, end at 5. OpenHands has no bound for
    /// these but its iterations; one repetition may be a client that lost an answer.
    pub prompts: LoopBound,
}

/// Two counts of repetitions; the first time counts as 1.
///
/// Both are at least 2 in effect: what happens once is no loop. [`u32::MAX`] is never reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoopBound {
    /// From so many on a warning is told.
    pub warn_after: u32,
    /// From so many on no further call should be made.
    pub end_after: u32,
}

impl LoopPolicy {
    /// Never speaks: for clients whose repetitions are their own affair.
    pub const NEVER: Self = {
        let never = LoopBound {
            warn_after: u32::MAX,
            end_after: u32::MAX,
        };
        Self {
            steps: never,
            prompts: never,
        }
    };
}

impl Default for LoopPolicy {
    fn default() -> Self {
        Self {
            steps: LoopBound {
                warn_after: 4,
                end_after: 8,
            },
            prompts: LoopBound {
                warn_after: 3,
                end_after: 5,
            },
        }
    }
}

impl LoopBound {
    /// What is to be made of so many repetitions.
    pub(super) fn judge(self, what: LoopKind, times: u32) -> Watch {
        if times >= self.end_after.max(2) {
            Watch::End { what, times }
        } else if times >= self.warn_after.max(2) {
            Watch::Warn { what, times }
        } else {
            Watch::Fine
        }
    }
}
