//! One budget of a task over all levels: attempts, wall time, work time and money.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backoff::later;

/// What all attempts of a task may use together. There is no second count on another level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskBudget {
    /// Attempts, the first included.
    pub attempts: u32,
    /// From the start of the first attempt to the start of the last, waits included.
    pub wall: Duration,
    /// Work of all agents, waits left out.
    pub work: Duration,
    /// Money in millionths of a dollar, where it is bounded.
    pub micro_dollars: Option<u64>,
}

/// What the attempts of a task have used so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Attempts that have ended.
    pub attempts: u32,
    /// When the first attempt started.
    pub since: Option<Timestamp>,
    /// Work of all agents.
    pub work: Duration,
    /// Money in millionths of a dollar.
    pub micro_dollars: u64,
}

/// The part of a budget that is used up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// No attempt is left.
    Attempts,
    /// Too much time has passed, or would have by the next start.
    WallTime,
    /// The agents have worked long enough.
    WorkTime,
    /// The money is spent.
    Money,
}

impl Default for TaskBudget {
    /// Three retries, a day of wall time, four hours of work, money unbounded.
    fn default() -> Self {
        Self {
            attempts: 4,
            wall: Duration::from_secs(24 * 3600),
            work: Duration::from_secs(4 * 3600),
            micro_dollars: None,
        }
    }
}

impl Spent {
    /// Books one attempt that has ended. Sums stop at the largest number instead of wrapping.
    #[must_use]
    pub fn with(self, started: Timestamp, work: Duration, micro_dollars: u64) -> Self {
        Self {
            attempts: self.attempts.saturating_add(1),
            since: Some(self.since.map_or(started, |since| since.min(started))),
            work: self.work.saturating_add(work),
            micro_dollars: self.micro_dollars.saturating_add(micro_dollars),
        }
    }
}

impl TaskBudget {
    /// What forbids another attempt that starts at `start`; nothing where it fits.
    #[must_use]
    pub fn exhausted(&self, spent: &Spent, start: Timestamp) -> Option<Exhausted> {
        if spent.attempts >= self.attempts {
            return Some(Exhausted::Attempts);
        }
        if spent
            .since
            .is_some_and(|since| start >= later(since, self.wall))
        {
            return Some(Exhausted::WallTime);
        }
        if spent.work >= self.work {
            return Some(Exhausted::WorkTime);
        }
        let money = self
            .micro_dollars
            .is_some_and(|most| spent.micro_dollars >= most);
        money.then_some(Exhausted::Money)
    }
}

#[cfg(test)]
mod tests;
