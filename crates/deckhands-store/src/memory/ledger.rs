//! Money in memory that is no single attempt's: sums of batches and days, and payers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::{Booked, money_day};

/// Money by the day on which it was drawn.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Slices(pub(super) BTreeMap<Date, Booked>);

/// A sum. What was removed is in it, too, and is the `gone` part, which nobody settles.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) all: Booked,
    pub(super) gone: Booked,
}

/// Who is no stored task.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Payer {
    /// When it booked something last.
    pub(super) at: Timestamp,
    pub(super) money: Slices,
}

/// A batch that has tasks.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Batch {
    /// Number of its tasks.
    pub(super) tasks: u64,
    pub(super) money: Sum,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Ledger {
    pub(super) batches: BTreeMap<String, Batch>,
    pub(super) days: BTreeMap<Date, Sum>,
    pub(super) payers: BTreeMap<String, Payer>,
}

/// What becomes of the money of one day.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) day: Date,
    pub(super) drawn: u64,
    pub(super) closed: u64,
    pub(super) spent: u64,
}

impl Change {
    pub(super) fn apply(self, booked: &mut Booked) {
        booked.open = booked.open + self.drawn - self.closed;
        booked.spent += self.spent;
    }
}

impl Slices {
    pub(super) fn sum(&self) -> Booked {
        let all = self.0.values().copied();
        all.fold(Booked::default(), Booked::plus)
    }

    /// What is open, the earliest first.
    pub(super) fn open(&self) -> Vec<(Date, u64)> {
        let all = self.0.iter().map(|(day, booked)| (*day, booked.open));
        all.filter(|(_, open)| *open > 0).collect()
    }

    pub(super) fn change(&mut self, change: Change) {
        change.apply(self.0.entry(change.day).or_default());
    }
}

impl Ledger {
    /// What is used on a day.
    pub(super) fn of_day(&self, day: Date) -> u64 {
        self.days.get(&day).map_or(0, |sum| sum.all.used())
    }

    /// What is used in a batch.
    pub(super) fn of_batch(&self, batch: &str) -> u64 {
        self.batches.get(batch).map_or(0, |of| of.money.all.used())
    }

    /// Counts a change of somebody's money.
    pub(super) fn count(&mut self, batch: Option<&str>, change: Change) {
        change.apply(&mut self.days.entry(change.day).or_default().all);
        if let Some(of) = batch.and_then(|batch| self.batches.get_mut(batch)) {
            change.apply(&mut of.money.all);
        }
    }

    /// A task has come into the batch.
    pub(super) fn enter(&mut self, batch: &str) {
        self.batches.entry(batch.to_owned()).or_default().tasks += 1;
    }

    /// A task with this money was removed from the batch, which goes on counting it if it has others.
    pub(super) fn exit(&mut self, batch: &str, money: Booked) {
        let Some(of) = self.batches.get_mut(batch) else {
            return;
        };
        of.tasks = of.tasks.saturating_sub(1);
        of.money.gone = of.money.gone.plus(money);
        if of.tasks == 0 {
            self.batches.remove(batch);
        }
    }

    /// Nobody settles this any more; it goes on counting for its days.
    pub(super) fn leave(&mut self, money: &Slices) {
        for (day, booked) in &money.0 {
            if let Some(sum) = self.days.get_mut(day) {
                sum.gone = sum.gone.plus(*booked);
            }
        }
    }

    /// Removes payers that booked last until then, and days that were over by then and are left with
    /// nothing but what is gone.
    pub(super) fn prune(&mut self, until: Timestamp) {
        let mut old = Vec::new();
        self.payers.retain(|_, payer| {
            let stays = payer.at > until;
            if !stays {
                old.push(std::mem::take(&mut payer.money));
            }
            stays
        });
        for money in old {
            self.leave(&money);
        }
        let day = money_day(until);
        self.days
            .retain(|of, sum| *of >= day || sum.all != sum.gone);
    }
}
