//! Finds calls that lead nowhere: an agent that does the same over and over.
//!
//! A [`LoopDetector`] sees each chat request of one attempt as it arrives and hears how its call ended.
//! Most of what it looks for stands in the request itself, since an agent sends its whole history each
//! time; only what is lost from a history is remembered, as a bounded number of hashes.
//!
//! A step is an assistant's message and all that follows until the next one. Ids, thoughts beside a
//! call and marks for a provider's cache do not count, and native tool calls and OpenHands' text form
//! (`<function=…`) are alike. Only where a result says that a command is still at work do thoughts count.
//!
//! OpenHands has a detector of its own, which ends an attempt at 4 equal steps, at 3 with errors and at 3
//! rounds of two. It is the one that should speak first; but thoughts make steps differ for it, it does
//! not see answers that are no call, and it takes a history that is condensed over and over for work.

use std::hash::{DefaultHasher, Hash, Hasher};

mod condensed;
mod message;
mod policy;
mod steps;
mod watch;

use condensed::Condensed;
use steps::Steps;

pub use policy::{LoopBound, LoopPolicy};
pub use watch::{LoopKind, Watch};

/// Watches the requests of one attempt. It is a value: no clock, no I/O, a few KiB of memory.
///
/// What a tool gives resets it, as does a new message of the user: it counts only what is the same in
/// call *and* result.
#[derive(Clone, Debug)]
pub struct LoopDetector {
    policy: LoopPolicy,
    prompt: Prompt,
    condensed: Condensed,
}

/// A request that was seen, for telling later how its call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sighting {
    /// What is to be made of it.
    pub watch: Watch,
    prompt: Option<u64>,
}

/// How a call ended, as far as it tells whether the same request has a reason to come again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallEnd {
    /// With a usable answer.
    Good,
    /// Without one, for no fault of the request: the client may try again, which is no loop.
    Failed,
    /// The request itself was refused, for instance as too long: the same one is refused again.
    Refused,
}

/// The last whole prompt.
#[derive(Clone, Copy, Default, Debug)]
struct Prompt {
    hash: u64,
    times: u32,
    /// Whether it has come to an end that leaves no reason to repeat it.
    done: bool,
    /// Whether that was a refusal.
    refused: bool,
}

impl LoopDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new(policy: LoopPolicy) -> Self {
        Self {
            policy,
            prompt: Prompt::default(),
            condensed: Condensed::default(),
        }
    }

    /// Sees a request as it arrives, before anything is spent on it.
    ///
    /// It reads the body in a few passes without copying it: some milliseconds for a megabyte. What is
    /// no chat request is [`Watch::Fine`] and changes nothing; by [`LoopPolicy::NEVER`] nothing is read. As long as a pattern goes on, every
    /// request of it warns or ends, with its growing count.
    pub fn see(&mut self, body: &[u8]) -> Sighting {
        let speaks = self.policy != LoopPolicy::NEVER;
        let Some(steps) = speaks.then(|| Steps::of_request(body)).flatten() else {
            return Sighting {
                watch: Watch::Fine,
                prompt: None,
            };
        };
        let prompts = self.prompt.see(steps.whole());
        let prompt = if self.prompt.refused {
            LoopKind::RefusedPrompt
        } else {
            LoopKind::SamePrompt
        };
        let condensed = self.condensed.see(&steps);
        let LoopPolicy { steps: per, .. } = self.policy;
        let watch = [
            self.policy.prompts.judge(prompt, prompts),
            per.judge(LoopKind::SameStep, steps.same()),
            per.judge(LoopKind::Alternating, steps.rounds()),
            per.judge(LoopKind::Condensing, condensed),
        ];
        Sighting {
            watch: watch
                .into_iter()
                .max_by_key(Watch::gravity)
                .unwrap_or(Watch::Fine),
            prompt: Some(steps.whole()),
        }
    }

    /// Hears how the call of a request ended. One that is never told of counts as failed.
    pub fn ended(&mut self, seen: &Sighting, end: CallEnd) {
        let again = match end {
            CallEnd::Good | CallEnd::Refused => false,
            CallEnd::Failed => true,
        };
        if seen.prompt == Some(self.prompt.hash) && !again {
            self.prompt.done = true;
            self.prompt.refused = end == CallEnd::Refused;
        }
        if seen.prompt.is_some() && end == CallEnd::Good {
            self.condensed.answered();
        }
    }
}

impl Prompt {
    /// How many times this prompt has now come in a row, retries of the client not counted.
    fn see(&mut self, hash: u64) -> u32 {
        if self.times == 0 || self.hash != hash {
            *self = Self {
                hash,
                times: 1,
                done: false,
                refused: false,
            };
        } else if self.done {
            self.times = self.times.saturating_add(1);
            self.done = false;
        }
        self.times
    }
}

/// One hash of several parts. It is stable within a process, and never stored.
fn hash_of(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
