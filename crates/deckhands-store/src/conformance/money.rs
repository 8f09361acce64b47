//! Cases of money: levels and caps, and settling.

use deckhands_model::MoneyLevel;

use super::desk::{Desk, drawing};
use super::fault::{Fault, Verdict, same};
use crate::error::StoreResult;
use crate::money::{Draw, Drawn, MoneyCaps, MoneyOfAttempt, MoneyOfDay, MoneySum, money_day};
use crate::task::Claim;

pub(super) const DAY: u64 = 24 * 3600;

pub(super) const NO_CAP: MoneyCaps = MoneyCaps {
    attempt: None,
    task: None,
    batch: None,
    day: None,
};

pub(super) fn draw(least: u64, wanted: u64, caps: MoneyCaps) -> Draw {
    Draw {
        least,
        wanted,
        caps,
    }
}

pub(super) fn sum(open: u64, spent: u64, uncertain: u64) -> MoneySum {
    MoneySum {
        open,
        spent,
        uncertain,
    }
}

pub(super) fn full(level: MoneyLevel, cap: u64, used: u64) -> Drawn {
    Drawn::Refused { level, cap, used }
}

impl Desk {
    pub(super) async fn draws(&self, claim: &Claim, draw: Draw) -> StoreResult<Drawn> {
        self.store.draw(claim.fence, draw, self.now).await
    }

    pub(super) async fn settles(&self, claim: &Claim, spent: u64, back: u64) -> StoreResult<()> {
        self.store.settle(claim.fence, spent, back, self.now).await
    }

    pub(super) async fn money(&self, claim: &Claim) -> StoreResult<MoneySum> {
        Ok(self.store.money(claim.task.id).await?.sum())
    }

    /// Today's, in UTC.
    pub(super) async fn today(&self) -> StoreResult<MoneySum> {
        let day = money_day(self.now);
        let mut days = self.store.money_of_days(day).await?.into_iter();
        let today = days.find(|one| one.day == day).map(|one| one.sum);
        Ok(today.unwrap_or_default())
    }

    /// A claimed task of a batch.
    pub(super) async fn claimed_of(&mut self, batch: &str) -> Result<Claim, Fault> {
        self.submit(|task| task.batch = Some(batch.to_owned()))
            .await?;
        self.claim().await
    }
}

pub(super) async fn grants_what_is_wanted_or_what_fits(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed_of("b").await?;
    let caps = MoneyCaps {
        attempt: Some(100),
        task: Some(110),
        batch: Some(120),
        day: Some(130),
    };
    let drawn = desk.draws(&claim, draw(1, 60, caps)).await?;
    same("what is wanted", drawn, Drawn::Granted(60))?;
    let drawn = desk.draws(&claim, draw(30, 60, caps)).await?;
    same("what fits", drawn, Drawn::Granted(40))?;
    same("what is open", desk.money(&claim).await?, sum(100, 0, 0))?;
    let drawn = desk.draws(&claim, draw(1, 60, caps)).await?;
    let wanted = full(MoneyLevel::Attempt, 100, 100);
    same("nothing fits", drawn, wanted)?;
    same(
        "nothing is drawn",
        desk.money(&claim).await?,
        sum(100, 0, 0),
    )?;
    let drawn = desk.draws(&claim, draw(0, 60, caps)).await?;
    same("nothing is enough", drawn, Drawn::Granted(0))?;
    for (level, at) in [
        (MoneyLevel::Task, 110),
        (MoneyLevel::Batch, 120),
        (MoneyLevel::Day, 130),
    ] {
        let caps = MoneyCaps {
            attempt: None,
            task: (level == MoneyLevel::Task).then_some(at),
            batch: (level == MoneyLevel::Batch).then_some(at),
            day: (level == MoneyLevel::Day).then_some(at),
        };
        let drawn = desk.draws(&claim, draw(11, 11, caps)).await?;
        same("one too much", drawn, full(level, at, at - 10))?;
        let drawn = desk.draws(&claim, draw(5, 99, caps)).await?;
        same("what is left", drawn, Drawn::Granted(10))?;
    }
    let wanted = sum(130, 0, 0);
    same("the task's", desk.money(&claim).await?, wanted)?;
    same("the day's", desk.today().await?, wanted)?;
    let batch = desk.store.money_of_batch("b").await?;
    same("the batch's", batch, wanted)
}

pub(super) async fn settles_what_was_drawn(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed_of("b").await?;
    desk.draws(&claim, drawing(100, 100)).await?;
    desk.settles(&claim, 10, 50).await?;
    same("part of it", desk.money(&claim).await?, sum(40, 10, 0))?;
    let drawn = desk.draws(&claim, drawing(50, 100)).await?;
    same("room again", drawn, Drawn::Granted(50))?;
    let drawn = desk.draws(&claim, drawing(1, 100)).await?;
    same("no more", drawn, full(MoneyLevel::Task, 100, 100))?;
    // More may have been spent than was drawn: it happened, so it is booked.
    desk.settles(&claim, 95, 7).await?;
    same("all of it", desk.money(&claim).await?, sum(0, 105, 0))?;
    let drawn = desk.draws(&claim, drawing(0, 100)).await?;
    same("above the cap", drawn, full(MoneyLevel::Task, 100, 105))?;
    desk.settles(&claim, 0, 5).await?;
    same("never below", desk.money(&claim).await?, sum(0, 105, 0))?;
    same("the day's", desk.today().await?, sum(0, 105, 0))?;
    let batch = desk.store.money_of_batch("b").await?;
    same("the batch's", batch, sum(0, 105, 0))
}

pub(super) async fn spends_without_having_drawn(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed_of("b").await?;
    desk.settles(&claim, 0, 9).await?;
    same("nothing", desk.money(&claim).await?, sum(0, 0, 0))?;
    desk.settles(&claim, 3, 9).await?;
    same("the task's", desk.money(&claim).await?, sum(0, 3, 0))?;
    same("the day's", desk.today().await?, sum(0, 3, 0))
}

pub(super) async fn attempts_share_the_cap_of_their_task(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let caps = MoneyCaps {
        attempt: Some(70),
        task: Some(100),
        ..NO_CAP
    };
    desk.draws(&first, draw(70, 70, caps)).await?;
    desk.settles(&first, 20, 20).await?;
    desk.requeue(&first, None).await?;
    let second = desk.claim().await?;
    let drawn = desk.draws(&second, draw(51, 51, caps)).await?;
    same("51 more", drawn, full(MoneyLevel::Task, 100, 50))?;
    let drawn = desk.draws(&second, draw(1, 70, caps)).await?;
    same("50 more", drawn, Drawn::Granted(50))?;
    let attempts = desk.store.money(first.task.id).await?.attempts;
    let one = |number, open, spent, over| MoneyOfAttempt {
        number,
        open,
        spent,
        over,
    };
    let wanted = vec![one(1, 30, 20, true), one(2, 50, 0, false)];
    same("each attempt's", attempts, wanted)?;
    let other = desk.claimed().await?;
    let drawn = desk.draws(&other, draw(70, 70, caps)).await?;
    same("another task has its own", drawn, Drawn::Granted(70))
}

pub(super) async fn tasks_share_the_cap_of_their_batch(desk: &mut Desk) -> Verdict {
    let (one, two) = (desk.claimed_of("b").await?, desk.claimed_of("b").await?);
    let (other, none) = (desk.claimed_of("c").await?, desk.claimed().await?);
    let caps = MoneyCaps {
        batch: Some(100),
        ..NO_CAP
    };
    desk.draws(&one, draw(60, 60, caps)).await?;
    desk.settles(&one, 30, 10).await?;
    let drawn = desk.draws(&two, draw(51, 51, caps)).await?;
    same("51 more", drawn, full(MoneyLevel::Batch, 100, 50))?;
    let drawn = desk.draws(&two, draw(1, 60, caps)).await?;
    same("50 more", drawn, Drawn::Granted(50))?;
    let drawn = desk.draws(&other, draw(90, 90, caps)).await?;
    same("another batch has its own", drawn, Drawn::Granted(90))?;
    let drawn = desk.draws(&none, draw(999, 999, caps)).await?;
    same("one of no batch", drawn, Drawn::Granted(999))?;
    let batch = desk.store.money_of_batch("b").await?;
    same("the batch's", batch, sum(70, 30, 0))?;
    let batch = desk.store.money_of_batch("none").await?;
    same("an unknown one's", batch, sum(0, 0, 0))
}

pub(super) async fn everything_shares_the_cap_of_the_day(desk: &mut Desk) -> Verdict {
    let (one, two) = (desk.claimed_of("b").await?, desk.claimed().await?);
    let caps = MoneyCaps {
        day: Some(100),
        ..NO_CAP
    };
    desk.draws(&one, draw(40, 40, caps)).await?;
    let drawn = desk.store.draw_for("run", draw(1, 50, caps), desk.now);
    same("a payer's", drawn.await?, Drawn::Granted(50))?;
    let drawn = desk.draws(&two, draw(1, 50, caps)).await?;
    same("what is left", drawn, Drawn::Granted(10))?;
    let wanted = full(MoneyLevel::Day, 100, 100);
    same("full", desk.draws(&two, draw(1, 1, caps)).await?, wanted)?;
    let drawn = desk.store.draw_for("other", draw(1, 1, caps), desk.now);
    same("for everybody", drawn.await?, wanted)?;
    // The case begins at midnight.
    desk.wait(DAY - 1);
    same(
        "until its end",
        desk.draws(&two, draw(1, 1, caps)).await?,
        wanted,
    )?;
    desk.wait(1);
    let drawn = desk.draws(&two, draw(1, 500, caps)).await?;
    same("the next day", drawn, Drawn::Granted(100))?;
    let days = desk.store.money_of_days(money_day(desk.now)).await?;
    let day = money_day(desk.now);
    let sum = sum(100, 0, 0);
    same("since today", days, vec![MoneyOfDay { day, sum }])
}

pub(super) async fn absurd_amounts_are_refused(desk: &mut Desk) -> Verdict {
    let most = i64::MAX.unsigned_abs();
    let claim = desk.claimed_of("b").await?;
    let everything = MoneyCaps {
        task: Some(u64::MAX),
        ..NO_CAP
    };
    let drawn = desk.draws(&claim, draw(10, 10, everything)).await?;
    same("no cap", drawn, Drawn::Granted(10))?;
    let absurd = draw(u64::MAX, u64::MAX, everything);
    let drawn = desk.draws(&claim, absurd).await?;
    same("too much", drawn, full(MoneyLevel::Attempt, most, 10))?;
    let drawn = desk.draws(&claim, draw(0, u64::MAX, everything)).await?;
    same("what there is", drawn, Drawn::Granted(most - 10))?;
    desk.settles(&claim, 0, most - 10).await?;
    // It cannot be; the day holds no more, so no other level does.
    desk.store.settle_for("run", 5, 0, desk.now).await?;
    desk.settles(&claim, u64::MAX, u64::MAX).await?;
    same("the day's", desk.today().await?, sum(0, most, 0))?;
    same("the task's", desk.money(&claim).await?, sum(0, most - 5, 0))
}
