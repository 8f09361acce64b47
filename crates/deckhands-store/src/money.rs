//! Money: what is drawn before it is spent, and what it has to fit.
//!
//! Every amount is in nanodollars (1e-9 USD). What was drawn is *open* until it is settled, and may have
//! been spent; open and spent money counts against the caps of its attempt, its task, its batch and the
//! day on which it was drawn. Open money of an attempt that is over is *uncertain*: nobody settles it,
//! and it goes on counting.

use deckhands_model::MoneyLevel;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

pub(crate) use parts::parts;

mod parts;

#[cfg(test)]
mod tests;

/// The most that any level can hold: what is above is not booked.
pub(crate) const MOST: u64 = i64::MAX.unsigned_abs();

/// Money that is wanted before it is spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Draw {
    /// Less is of no use.
    pub least: u64,
    /// What is drawn where there is room for it; `least` where that is more.
    pub wanted: u64,
    /// What it has to fit.
    pub caps: MoneyCaps,
}

/// The most that may be open and spent together; `None` is without a cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MoneyCaps {
    /// By the attempt, or by the payer that is no stored task.
    pub attempt: Option<u64>,
    /// By all attempts of the task.
    pub task: Option<u64>,
    /// By all tasks of the batch, where the task has one.
    pub batch: Option<u64>,
    /// By everything on the day, in UTC.
    pub day: Option<u64>,
}

/// The answer to a [`Draw`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drawn {
    /// So much is open now: what was wanted, or as much as fits and is enough.
    Granted(u64),
    /// Not even the least fits. Nothing is changed.
    Refused {
        /// The narrowest level that has no room for it.
        level: MoneyLevel,
        /// Its cap.
        cap: u64,
        /// What is open and spent there; above the cap where more was spent than drawn.
        used: u64,
    },
}

/// What is booked for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Booked {
    /// Drawn and not settled: what may have been spent.
    pub open: u64,
    /// Known to be spent.
    pub spent: u64,
}

/// What is booked where attempts may be over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MoneySum {
    /// Drawn and not settled, the uncertain included.
    pub open: u64,
    /// Known to be spent.
    pub spent: u64,
    /// The part of `open` that nobody will settle: the attempt is over, or was removed with its task.
    pub uncertain: u64,
}

/// Money of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MoneyOfAttempt {
    /// Number of the attempt.
    pub number: u32,
    /// Drawn and not settled; uncertain where the attempt is over.
    pub open: u64,
    /// Known to be spent.
    pub spent: u64,
    /// The attempt is over.
    pub over: bool,
}

/// Money of a task.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MoneyOfTask {
    /// Each attempt, the first one first.
    pub attempts: Vec<MoneyOfAttempt>,
}

/// Money of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MoneyOfDay {
    /// The day, in UTC.
    pub day: Date,
    /// What was drawn on it, or spent above what was drawn.
    pub sum: MoneySum,
}

/// Money of a payer that is no stored task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MoneyOfPayer {
    /// Who pays.
    pub payer: String,
    /// When it drew or settled last. The store does not know whether it still lives.
    pub at: Timestamp,
    /// What is booked for it.
    pub booked: Booked,
}

/// The day to which money belongs that is drawn now.
#[must_use]
pub fn money_day(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

impl Booked {
    /// What counts against a cap.
    #[must_use]
    pub const fn used(self) -> u64 {
        self.open.saturating_add(self.spent)
    }

    /// Both together.
    #[must_use]
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            open: self.open.saturating_add(other.open),
            spent: self.spent.saturating_add(other.spent),
        }
    }
}

impl MoneySum {
    /// What counts against a cap.
    #[must_use]
    pub const fn used(self) -> u64 {
        self.open.saturating_add(self.spent)
    }
}

impl MoneyOfTask {
    /// What all attempts have together.
    #[must_use]
    pub fn sum(&self) -> MoneySum {
        let mut sum = MoneySum::default();
        for one in &self.attempts {
            let uncertain = if one.over { one.open } else { 0 };
            sum.open = sum.open.saturating_add(one.open);
            sum.spent = sum.spent.saturating_add(one.spent);
            sum.uncertain = sum.uncertain.saturating_add(uncertain);
        }
        sum
    }
}

/// What is open and spent where money is drawn; `None` where there is no such level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    pub(crate) attempt: u64,
    pub(crate) task: Option<u64>,
    pub(crate) batch: Option<u64>,
    pub(crate) day: u64,
}

impl Used {
    /// What of it fits.
    pub(crate) fn answer(&self, draw: &Draw) -> Drawn {
        let caps = draw.caps;
        let levels = [
            (MoneyLevel::Attempt, Some(self.attempt), caps.attempt),
            (MoneyLevel::Task, self.task, caps.task),
            (MoneyLevel::Batch, self.batch, caps.batch),
            (MoneyLevel::Day, Some(self.day), caps.day),
        ];
        let mut granted = draw.wanted.max(draw.least);
        for (level, used, cap) in levels {
            let Some(used) = used else { continue };
            let cap = cap.map_or(MOST, |cap| cap.min(MOST));
            if used.saturating_add(draw.least) > cap {
                return Drawn::Refused { level, cap, used };
            }
            granted = granted.min(cap - used);
        }
        Drawn::Granted(granted)
    }

    /// How much more can be booked at all.
    pub(crate) fn room(&self) -> u64 {
        let levels = [Some(self.attempt), self.task, self.batch, Some(self.day)];
        let fullest = levels.into_iter().flatten().max();
        MOST.saturating_sub(fullest.unwrap_or(0))
    }
}
