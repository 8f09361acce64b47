//! Those who wait for money, in the order in which they came.

use std::collections::VecDeque;

use deckhands_model::Usd;
use tokio::sync::oneshot;

use super::Refused;

/// What one who waits is told: that his money is reserved, or why not.
pub(super) type Answer = Result<(), Refused>;

/// As long as calls are made at once, which their maker bounds.
#[derive(Default)]
pub(super) struct Line(VecDeque<Waiter>);

struct Waiter {
    worst: Usd,
    answer: oneshot::Sender<Answer>,
}

impl Line {
    pub(super) fn join(&mut self, worst: Usd) -> oneshot::Receiver<Answer> {
        let (answer, told) = oneshot::channel();
        self.0.push_back(Waiter { worst, answer });
        told
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the first one needs who still waits.
    pub(super) fn first(&mut self) -> Option<Usd> {
        while self.0.front()?.answer.is_closed() {
            self.0.pop_front();
        }
        self.0.front().map(|waiter| waiter.worst)
    }

    /// Answers the first one. Whether he hears it.
    pub(super) fn answer(&mut self, answer: Answer) -> bool {
        let waiter = self.0.pop_front();
        waiter.is_some_and(|waiter| waiter.answer.send(answer).is_ok())
    }

    /// Sends everybody away.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
