//! The model of money: every slice that was ever drawn in a list, every sum by looking at all of them,
//! every amount found one nanodollar at a time.

use deckhands_model::{AttemptId, MoneyLevel, TaskId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::money::{
    Booked, Draw, Drawn, MoneyOfAttempt, MoneyOfDay, MoneyOfPayer, MoneySum, money_day,
};

/// Who pays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Who {
    Attempt(AttemptId),
    Payer(String),
}

/// Money of somebody on a day.
struct Slice {
    who: Who,
    batch: Option<String>,
    /// `None` once it counts for no day any more.
    day: Option<Date>,
    booked: Booked,
    /// Its attempt is over.
    over: bool,
    /// Whoever had it was removed.
    gone: bool,
}

#[derive(Default)]
pub(super) struct Purses {
    slices: Vec<Slice>,
    payers: Vec<(String, Timestamp)>,
}

impl Purses {
    fn sum(&self, which: impl Fn(&Slice) -> bool) -> Booked {
        let mut sum = Booked::default();
        for slice in self.slices.iter().filter(|slice| which(slice)) {
            sum.open += slice.booked.open;
            sum.spent += slice.booked.spent;
        }
        sum
    }

    fn own(&self, who: &Who) -> Booked {
        self.sum(|slice| slice.who == *who && !slice.gone)
    }

    pub(super) fn of_attempt(&self, attempt: AttemptId) -> Booked {
        self.own(&Who::Attempt(attempt))
    }

    pub(super) fn of_payer(&self, payer: &str) -> Booked {
        self.own(&Who::Payer(payer.to_owned()))
    }

    /// The answer to a draw, which is booked.
    pub(super) fn draw(
        &mut self,
        who: &Who,
        batch: Option<&str>,
        draw: Draw,
        now: Timestamp,
    ) -> Drawn {
        let day = money_day(now);
        let task = |slice: &Slice| match (&slice.who, who) {
            (Who::Attempt(one), Who::Attempt(other)) => one.task == other.task && !slice.gone,
            _ => false,
        };
        let of_batch = |slice: &Slice| batch.is_some() && slice.batch.as_deref() == batch;
        let stored = matches!(who, Who::Attempt(_));
        let caps = draw.caps;
        let levels = [
            (MoneyLevel::Attempt, caps.attempt, self.own(who)),
            (
                MoneyLevel::Task,
                caps.task.filter(|_| stored),
                self.sum(task),
            ),
            (
                MoneyLevel::Batch,
                caps.batch.filter(|_| batch.is_some()),
                self.sum(of_batch),
            ),
            (
                MoneyLevel::Day,
                caps.day,
                self.sum(|slice| slice.day == Some(day)),
            ),
        ];
        let mut granted = None;
        for amount in draw.least..=draw.wanted.max(draw.least) {
            let fits = levels
                .iter()
                .all(|(_, cap, used)| cap.is_none_or(|cap| used.open + used.spent + amount <= cap));
            if fits {
                granted = Some(amount);
            }
        }
        let Some(amount) = granted else {
            for (level, cap, used) in levels {
                let used = used.open + used.spent;
                if let Some(cap) = cap.filter(|cap| used + draw.least > *cap) {
                    return Drawn::Refused { level, cap, used };
                }
            }
            return Drawn::Granted(0);
        };
        if amount > 0 {
            self.slice(who, batch, day).booked.open += amount;
            self.touch(who, now);
        }
        Drawn::Granted(amount)
    }

    pub(super) fn settle(
        &mut self,
        who: &Who,
        batch: Option<&str>,
        (spent, back): (u64, u64),
        now: Timestamp,
    ) {
        for _ in 0..spent {
            let slice = match self.earliest(who) {
                Some(slice) => {
                    slice.booked.open -= 1;
                    slice
                }
                None => self.slice(who, batch, money_day(now)),
            };
            slice.booked.spent += 1;
        }
        for _ in 0..back {
            if let Some(slice) = self.earliest(who) {
                slice.booked.open -= 1;
            }
        }
        if self
            .slices
            .iter()
            .any(|slice| slice.who == *who && !slice.gone)
        {
            self.touch(who, now);
        }
    }

    /// The earliest slice that has open money.
    fn earliest(&mut self, who: &Who) -> Option<&mut Slice> {
        let own = self.slices.iter_mut();
        let own = own.filter(|slice| slice.who == *who && !slice.gone && slice.booked.open > 0);
        own.min_by_key(|slice| slice.day)
    }

    fn slice(&mut self, who: &Who, batch: Option<&str>, day: Date) -> &mut Slice {
        let own = |slice: &Slice| {
            slice.who == *who && !slice.gone && !slice.over && slice.day == Some(day)
        };
        let index = self.slices.iter().position(own).unwrap_or_else(|| {
            self.slices.push(Slice {
                who: who.clone(),
                batch: batch.map(str::to_owned),
                day: Some(day),
                booked: Booked::default(),
                over: false,
                gone: false,
            });
            self.slices.len() - 1
        });
        &mut self.slices[index]
    }

    fn touch(&mut self, who: &Who, now: Timestamp) {
        if let Who::Payer(payer) = who {
            self.payers.retain(|(known, _)| known != payer);
            self.payers.push((payer.clone(), now));
        }
    }

    /// The attempt is over.
    pub(super) fn end(&mut self, attempt: AttemptId) {
        let own = |slice: &&mut Slice| slice.who == Who::Attempt(attempt) && !slice.gone;
        self.slices
            .iter_mut()
            .filter(own)
            .for_each(|slice| slice.over = true);
    }

    pub(super) fn attempt(&self, attempt: AttemptId, over: bool) -> MoneyOfAttempt {
        let Booked { open, spent } = self.of_attempt(attempt);
        let number = attempt.number.get();
        MoneyOfAttempt {
            number,
            open,
            spent,
            over,
        }
    }

    fn told(&self, which: impl Fn(&Slice) -> bool) -> MoneySum {
        let Booked { open, spent } = self.sum(&which);
        let uncertain = self.sum(|slice| which(slice) && (slice.over || slice.gone));
        MoneySum {
            open,
            spent,
            uncertain: uncertain.open,
        }
    }

    pub(super) fn of_batch(&self, batch: &str) -> MoneySum {
        self.told(|slice| slice.batch.as_deref() == Some(batch))
    }

    pub(super) fn of_days(&self) -> Vec<MoneyOfDay> {
        let mut days: Vec<Date> = self.slices.iter().filter_map(|slice| slice.day).collect();
        days.sort();
        days.dedup();
        let days = days.into_iter().map(|day| MoneyOfDay {
            day,
            sum: self.told(|slice| slice.day == Some(day)),
        });
        days.filter(|day| day.sum.open + day.sum.spent > 0)
            .collect()
    }

    pub(super) fn open_payers(&self) -> Vec<MoneyOfPayer> {
        let payers = self.payers.iter().map(|(payer, at)| MoneyOfPayer {
            payer: payer.clone(),
            at: *at,
            booked: self.of_payer(payer),
        });
        let mut payers: Vec<_> = payers.filter(|one| one.booked.open > 0).collect();
        payers.sort_by(|one, other| one.payer.cmp(&other.payer));
        payers
    }

    /// A task was removed, `last` where its batch has no other.
    pub(super) fn remove(&mut self, task: TaskId, batch: Option<&str>, last: bool) {
        for slice in &mut self.slices {
            if matches!(&slice.who, Who::Attempt(one) if one.task == task) {
                slice.gone = true;
            }
            if last && batch.is_some() && slice.batch.as_deref() == batch {
                slice.batch = None;
            }
        }
    }

    /// What retention removes, tasks apart.
    pub(super) fn prune(&mut self, until: Timestamp) {
        let old = self.payers.extract_if(.., |(_, at)| *at <= until);
        let old: Vec<Who> = old.map(|(payer, _)| Who::Payer(payer)).collect();
        for slice in &mut self.slices {
            slice.gone |= old.contains(&slice.who);
        }
        let over = |day: Option<Date>| day.is_some_and(|day| day < money_day(until));
        let kept = |slice: &Slice| !slice.gone && slice.booked != Booked::default();
        let kept: Vec<_> = self.slices.iter().filter(|slice| kept(slice)).collect();
        let kept: Vec<Option<Date>> = kept.into_iter().map(|slice| slice.day).collect();
        for slice in &mut self.slices {
            if over(slice.day) && !kept.contains(&slice.day) {
                slice.day = None;
            }
        }
    }
}
