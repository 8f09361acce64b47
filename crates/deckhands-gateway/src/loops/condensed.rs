//! Histories that are shortened over and over while nothing new comes in.

use std::collections::VecDeque;

use super::steps::Steps;

/// Steps that are remembered: far more than the few that such a loop goes through.
const REMEMBERED: usize = 256;

/// What is known of the histories so far.
#[derive(Clone, Default, Debug)]
pub(super) struct Condensed {
    /// Hashes of steps that were the last of a request.
    known: VecDeque<u64>,
    /// Messages of the request before.
    messages: u64,
    /// Shortenings since the last new result.
    times: u32,
    /// Whether a call was answered since the last shortening. Without one the history was too long
    /// still, and is shortened further.
    answered: bool,
}

impl Condensed {
    /// How many times the history was shortened since the last new result.
    pub(super) fn see(&mut self, steps: &Steps) -> u32 {
        // A request without results is no part of the work, such as one that has a history summed up.
        let Some(last) = steps.last() else { return 0 };
        let shorter = steps.messages() < self.messages;
        self.messages = steps.messages();
        if !self.known.contains(&last) {
            self.remember(last);
            self.times = 0;
        } else if shorter && self.answered {
            self.times = self.times.saturating_add(1);
            self.answered = false;
        }
        self.times
    }

    /// A call ended well.
    pub(super) fn answered(&mut self) {
        self.answered = true;
    }

    fn remember(&mut self, step: u64) {
        if self.known.len() == REMEMBERED {
            self.known.pop_front();
        }
        self.known.push_back(step);
    }
}
