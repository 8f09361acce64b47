//! How an attempt stands with its upstream: failures in a row, and the end of all calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::answer::Answer;
use crate::verdict::{Verdict, Weight};

/// Counts, and remembers that it gave up.
pub(crate) struct Standing {
    give_up_after: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    /// What every later call is answered with.
    given_up: Option<Answer>,
}

impl Standing {
    pub(crate) fn new(give_up_after: u32) -> Self {
        Self {
            give_up_after: give_up_after.max(1),
            state: Mutex::default(),
        }
    }

    /// The answer to every call from now on, if no more are made.
    pub(crate) fn given_up(&self) -> Option<Answer> {
        self.state().given_up.clone()
    }

    /// Counts a call that has ended. True for the one that ends all calls.
    pub(crate) fn count(&self, verdict: &Verdict) -> bool {
        let mut state = self.state();
        if state.given_up.is_some() {
            return false;
        }
        match verdict.weight {
            Weight::Good => state.failures = 0,
            Weight::Refused => {}
            Weight::Failed => state.failures += 1,
            Weight::Final => state.given_up = Some(verdict.answer.clone()),
        }
        if state.failures >= self.give_up_after {
            // Not 503: OpenHands tries again after that. 402 ends it at once.
            let message = format!("the gateway gave up: {}", verdict.words);
            state.given_up = Some(Answer::error(402, &message));
        }
        state.given_up.is_some()
    }

    /// A panic cannot leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
