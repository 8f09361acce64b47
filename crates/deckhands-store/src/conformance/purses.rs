//! Cases of money that outlasts its day, its attempt or its task, and of payers that are none.

use std::time::Duration;

use deckhands_model::{MoneyLevel, TaskState};

use super::desk::{Desk, TERM, drawing, worker};
use super::fault::{Verdict, same, stale};
use super::money::{DAY, NO_CAP, draw, full, sum};
use crate::error::StoreResult;
use crate::money::{Booked, Drawn, MoneyCaps, MoneyOfDay, MoneyOfPayer, money_day};
use crate::task::{Claim, Retention};

impl Desk {
    /// The new holder of an attempt that was left.
    pub(super) async fn adopted(&mut self, claim: &Claim) -> StoreResult<Claim> {
        self.wait(60);
        let attempt = claim.fence.attempt;
        self.store.adopt(attempt, worker(2), TERM, self.now).await
    }
}

pub(super) async fn money_stays_with_the_day_on_which_it_was_drawn(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let first = money_day(desk.now);
    desk.draws(&claim, draw(50, 50, NO_CAP)).await?;
    desk.wait(DAY);
    let second = money_day(desk.now);
    desk.draws(&claim, draw(30, 30, NO_CAP)).await?;
    desk.settles(&claim, 20, 5).await?;
    let days = |one, other| {
        let (first, second) = ((first, one), (second, other));
        [first, second].map(|(day, sum)| MoneyOfDay { day, sum })
    };
    let found = desk.store.money_of_days(first).await?;
    let wanted = days(sum(25, 20, 0), sum(30, 0, 0));
    same("the earliest first", found, wanted.to_vec())?;
    desk.wait(DAY);
    desk.settles(&claim, 35, 20).await?;
    let found = desk.store.money_of_days(first).await?;
    let wanted = days(sum(0, 45, 0), sum(0, 10, 0));
    same("all of it", found, wanted.to_vec())?;
    // What was never drawn was not of any day before.
    desk.settles(&claim, 7, 0).await?;
    same("spent above", desk.today().await?, sum(0, 7, 0))
}

pub(super) async fn what_is_open_at_the_end_is_uncertain(desk: &mut Desk) -> Verdict {
    let first = desk.claimed_of("b").await?;
    desk.draws(&first, drawing(50, 100)).await?;
    desk.settles(&first, 10, 10).await?;
    desk.requeue(&first, None).await?;
    same("after one", desk.money(&first).await?, sum(30, 10, 30))?;
    stale("by then", desk.settles(&first, 1, 1).await)?;
    let second = desk.claim().await?;
    desk.draws(&second, drawing(20, 100)).await?;
    same("both", desk.money(&second).await?, sum(50, 10, 30))?;
    let drawn = desk.draws(&second, drawing(41, 100)).await?;
    same("it counts", drawn, full(MoneyLevel::Task, 100, 60))?;
    desk.finish(&second, TaskState::Completed).await?;
    let wanted = sum(50, 10, 50);
    same("the task's", desk.money(&second).await?, wanted)?;
    same("the day's", desk.today().await?, wanted)?;
    let batch = desk.store.money_of_batch("b").await?;
    same("the batch's", batch, wanted)
}

pub(super) async fn adoption_goes_on_with_what_is_open(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let caps = MoneyCaps {
        attempt: Some(100),
        ..NO_CAP
    };
    desk.draws(&claim, draw(70, 70, caps)).await?;
    let adopted = desk.adopted(&claim).await?;
    let late = desk.draws(&claim, draw(1, 1, caps)).await;
    stale("a draw of the one before", late)?;
    let late = desk.settles(&claim, 1, 1).await;
    stale("a settlement of the one before", late)?;
    same("still open", desk.money(&claim).await?, sum(70, 0, 0))?;
    let drawn = desk.draws(&adopted, draw(31, 31, caps)).await?;
    same("one cap", drawn, full(MoneyLevel::Attempt, 100, 70))?;
    desk.settles(&adopted, 50, 20).await?;
    same("one purse", desk.money(&claim).await?, sum(0, 50, 0))
}

pub(super) async fn payers_have_their_own_cap(desk: &mut Desk) -> Verdict {
    let (store, now) = (&desk.store, desk.now);
    let caps = MoneyCaps {
        attempt: Some(100),
        task: Some(0),
        batch: Some(0),
        day: None,
    };
    let drawn = store.draw_for("run 1", draw(1, 80, caps), now).await?;
    same("one", drawn, Drawn::Granted(80))?;
    store.settle_for("run 1", 50, 10, now).await?;
    let drawn = store.draw_for("run 1", draw(31, 31, caps), now).await?;
    same("too much", drawn, full(MoneyLevel::Attempt, 100, 70))?;
    let drawn = store.draw_for("run 2", draw(90, 90, caps), now).await?;
    same("another", drawn, Drawn::Granted(90))?;
    store.settle_for("run 2", 95, 0, now).await?;
    // Whom nobody knows: nothing to give back, and what was spent was spent.
    store.settle_for("run 3", 0, 9, now).await?;
    store.settle_for("run 4", 3, 9, now).await?;
    let booked = |open, spent| Booked { open, spent };
    let wanted = [booked(20, 50), booked(0, 95), booked(0, 0), booked(0, 3)];
    for (number, wanted) in (1..).zip(wanted) {
        let found = store.money_of_payer(&format!("run {number}")).await?;
        same("what is booked", found, wanted)?;
    }
    let open = MoneyOfPayer {
        payer: "run 1".to_owned(),
        at: now,
        booked: booked(20, 50),
    };
    same("who has open money", store.open_payers().await?, vec![open])?;
    same("the day's", desk.today().await?, sum(20, 148, 0))
}

pub(super) async fn retention_removes_payers(desk: &mut Desk) -> Verdict {
    let keep = Duration::from_secs(3600);
    let caps = MoneyCaps {
        attempt: Some(100),
        day: Some(250),
        ..NO_CAP
    };
    for payer in ["old", "young"] {
        let drawn = desk.store.draw_for(payer, draw(100, 100, caps), desk.now);
        same("drawn", drawn.await?, Drawn::Granted(100))?;
    }
    desk.wait(1);
    desk.store.settle_for("young", 10, 0, desk.now).await?;
    desk.wait(3599);
    desk.store.prune(Retention { keep }, desk.now).await?;
    let (old, young) = (
        desk.store.money_of_payer("old").await?,
        desk.store.money_of_payer("young").await?,
    );
    same("the old one", old, Booked::default())?;
    let (open, spent) = (90, 10);
    same("the young one", young, Booked { open, spent })?;
    // What it left open is nobody's, and counts for its day.
    same("the day's", desk.today().await?, sum(190, 10, 100))?;
    let drawn = desk.store.draw_for("old", draw(1, 100, caps), desk.now);
    same("a new one", drawn.await?, Drawn::Granted(50))?;
    let wanted = ["old", "young"].map(str::to_owned).to_vec();
    let open = desk.store.open_payers().await?;
    let open = open.into_iter().map(|one| one.payer).collect();
    same("who has open money", open, wanted)
}

pub(super) async fn removed_tasks_go_on_counting(desk: &mut Desk) -> Verdict {
    let keep = Duration::from_secs(60);
    let caps = MoneyCaps {
        batch: Some(100),
        day: Some(200),
        ..NO_CAP
    };
    let old = desk.claimed_of("b").await?;
    desk.draws(&old, draw(40, 40, caps)).await?;
    desk.settles(&old, 25, 5).await?;
    desk.finish(&old, TaskState::Failed).await?;
    desk.wait(60);
    let young = desk.claimed_of("b").await?;
    let gone = desk.store.prune(Retention { keep }, desk.now).await?;
    same("the old one is gone", gone, vec![old.task.id])?;
    let wanted = sum(10, 25, 10);
    same("the day's", desk.today().await?, wanted)?;
    let batch = desk.store.money_of_batch("b").await?;
    same("the batch's", batch, wanted)?;
    let drawn = desk.draws(&young, draw(1, 100, caps)).await?;
    same("what is left", drawn, Drawn::Granted(65))?;
    desk.settles(&young, 65, 0).await?;
    desk.finish(&young, TaskState::Failed).await?;
    desk.wait(60);
    desk.store.prune(Retention { keep }, desk.now).await?;
    // A batch without a task is forgotten; its name may be used again.
    let batch = desk.store.money_of_batch("b").await?;
    same("the batch's", batch, sum(0, 0, 0))?;
    same("the day's", desk.today().await?, sum(10, 90, 10))?;
    let day = money_day(desk.now);
    desk.wait(DAY);
    let days = desk.store.money_of_days(day).await?;
    same("the day after", days.len(), 1)?;
    desk.store.prune(Retention { keep }, desk.now).await?;
    let days = desk.store.money_of_days(day).await?;
    same("when it is as old", days, Vec::new())
}
