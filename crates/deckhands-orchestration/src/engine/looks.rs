//! How long an engine goes on looking for a task that may be begun.

use std::time::Duration;

use tokio::time::Instant;

use super::worker::Done;

/// So many claims in a row are given back before the engine rests.
const MOST: u32 = 100;

/// How long it rests.
const REST: Duration = Duration::from_secs(5);

/// Keeps an engine from going round and round in a long queue while all routes are left alone: a claim
/// that is given back costs two durable writes. Those that it has not seen yet go first, so that it
/// comes past all of them, however many there are.
#[derive(Debug, Default)]
pub(super) struct Looks {
    in_a_row: u32,
    rests_until: Option<Instant>,
}

impl Looks {
    /// Takes in what came of a claim.
    pub(super) fn done(&mut self, done: Done, now: Instant) {
        if done != Done::GivenBack {
            self.in_a_row = 0;
            return;
        }
        self.in_a_row += 1;
        if self.in_a_row >= MOST {
            self.in_a_row = 0;
            self.rests_until = Some(now + REST);
        }
    }

    /// Whether nothing is claimed now.
    pub(super) fn are_over(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }
}
