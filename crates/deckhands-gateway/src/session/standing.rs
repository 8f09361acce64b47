//! How an attempt stands with its routes: failures in a row, and the end of all calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::answer::Answer;

/// Counts, and remembers that it gave up.
pub(crate) struct Standing {
    give_up_after: u32,
    state: Mutex<State>,
}

struct State {
    ways: Vec<Way>,
    /// What every later call is answered with.
    given_up: Option<GivenUp>,
}

struct GivenUp {
    answer: Answer,
    /// Whether an answer to a call that was under way then takes it back.
    passing: bool,
}

/// How one route stands, by its place in the session's list.
#[derive(Clone, Default)]
struct Way {
    failures: u32,
    closed: bool,
}

impl Standing {
    pub(crate) fn new(routes: usize, give_up_after: u32) -> Self {
        Self {
            give_up_after: give_up_after.max(1),
            state: Mutex::new(State {
                ways: vec![Way::default(); routes],
                given_up: None,
            }),
        }
    }

    /// The answer to every call from now on, if no more are made.
    pub(crate) fn given_up(&self) -> Option<Answer> {
        let state = self.state();
        state
            .given_up
            .as_ref()
            .map(|given_up| given_up.answer.clone())
    }

    /// From now on no call is made; where it is `passing` until one is served that was under way then.
    /// True where that was not so before.
    pub(crate) fn give_up(&self, answer: Answer, passing: bool) -> bool {
        let mut state = self.state();
        let first = state.given_up.is_none();
        let given_up = state.given_up.get_or_insert(GivenUp { answer, passing });
        // What lasts is not taken back for what would have passed.
        given_up.passing &= passing;
        first
    }

    /// A call was served: whatever failed before in a row may be tried again, also where all calls were given
    /// up for that. Whether calls are made.
    pub(crate) fn served(&self) -> bool {
        let mut state = self.state();
        for way in &mut state.ways {
            way.failures = 0;
        }
        state.given_up.take_if(|given_up| given_up.passing);
        state.given_up.is_none()
    }

    /// A try failed. The number of them in a row, this one included.
    pub(crate) fn failed(&self, place: usize) -> u32 {
        let mut state = self.state();
        let Some(way) = state.ways.get_mut(place) else {
            return 0;
        };
        way.failures = way.failures.saturating_add(1);
        way.failures
    }

    /// No call of this route can succeed.
    pub(crate) fn close(&self, place: usize) {
        if let Some(way) = self.state().ways.get_mut(place) {
            way.closed = true;
        }
    }

    /// The routes that are left.
    pub(crate) fn left(&self) -> Vec<usize> {
        let state = self.state();
        let open = |place: &usize| {
            let way = &state.ways[*place];
            !way.closed && way.failures < self.give_up_after
        };
        (0..state.ways.len()).filter(open).collect()
    }

    /// A panic cannot leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
