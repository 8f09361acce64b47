//! What is decided after a failed attempt, and every rung that led there.

use std::fmt;
use std::time::Duration;

use deckhands_model::{Cause, Strategy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::Exhausted;

/// An attempt that has ended without success.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// Why.
    pub cause: Cause,
    /// When it started; unknown counts as now.
    pub started: Option<Timestamp>,
    /// The time the provider named, not before which the same route is of use.
    pub reset_at: Option<Timestamp>,
    /// The wait the provider asked for, from now on.
    pub retry_after: Option<Duration>,
    /// How long the agent worked, waits left out.
    pub work: Duration,
    /// What it cost in millionths of a dollar; who does not know books the worst.
    pub micro_dollars: u64,
}

/// One rung of a ladder that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rung {
    /// Which.
    pub strategy: Strategy,
    /// Whether it acted.
    pub taken: bool,
    /// Why, or why not: one line for people.
    pub reason: String,
}

/// What comes next for the task.
///
/// Every further attempt gets the memory of [`RecoveryState::memory_factor`], not that of
/// [`Self::Bigger`] only.
///
/// [`RecoveryState::memory_factor`]: super::RecoveryState::memory_factor
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "next")]
pub enum Next {
    /// Another attempt on the same route.
    Retry {
        /// Not before.
        at: Timestamp,
    },
    /// Another attempt on another route.
    OtherRoute {
        /// Not before.
        at: Timestamp,
    },
    /// Another attempt with more memory.
    Bigger {
        /// Times the memory of the first attempt; the state after this decision has the same.
        memory_factor: u32,
        /// Not before.
        at: Timestamp,
    },
    /// Another attempt after a long wait that holds nothing.
    Park {
        /// Not before.
        until: Timestamp,
    },
    /// A stand-in result, never a success; only under `--simulate`.
    Degrade,
    /// The task has failed.
    GiveUp {
        /// Why no further attempt is made.
        reason: GiveUp,
    },
}

/// Why no further attempt is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUp {
    /// Only a person can change it.
    Permanent,
    /// The same attempt again would end the same way.
    SameAgain,
    /// Every rung was tried or passed over.
    LadderEnded,
    /// No attempt is left.
    Attempts,
    /// Too much time has passed, or would have by the next start.
    WallTime,
    /// The agents have worked long enough.
    WorkTime,
    /// The money is spent.
    Money,
}

/// The answer of `step`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// The rungs that were looked at, in order; each is an event of the task.
    pub rungs: Vec<Rung>,
    /// What comes next.
    pub next: Next,
    /// The breaker of the failed route is to be opened.
    pub open_route: bool,
}

impl FailedAttempt {
    /// An attempt of which nothing but the cause is known.
    #[must_use]
    pub const fn of(cause: Cause) -> Self {
        Self {
            cause,
            started: None,
            reset_at: None,
            retry_after: None,
            work: Duration::ZERO,
            micro_dollars: 0,
        }
    }
}

impl Next {
    /// When another attempt may start; nothing where the task has ended.
    #[must_use]
    pub const fn at(&self) -> Option<Timestamp> {
        match *self {
            Self::Retry { at } | Self::OtherRoute { at } | Self::Bigger { at, .. } => Some(at),
            Self::Park { until } => Some(until),
            Self::Degrade | Self::GiveUp { .. } => None,
        }
    }
}

impl From<Exhausted> for GiveUp {
    fn from(part: Exhausted) -> Self {
        match part {
            Exhausted::Attempts => Self::Attempts,
            Exhausted::WallTime => Self::WallTime,
            Exhausted::WorkTime => Self::WorkTime,
            Exhausted::Money => Self::Money,
        }
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permanent => "only a person can change this",
            Self::SameAgain => "the same attempt again would end the same way",
            Self::LadderEnded => "every step of the recovery was tried",
            Self::Attempts => "no attempt is left in the task's budget",
            Self::WallTime => "the next attempt would start after the task's wall time",
            Self::WorkTime => "the task's work time is used up",
            Self::Money => "the task's money is spent",
        })
    }
}
