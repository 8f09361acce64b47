//! Money, on a store and on the model at once.

use jiff::civil::Date;

use super::Play;
use crate::conformance::fault::{Verdict, same};
use crate::conformance::model::money::Who;
use crate::conformance::model::op::DrawOp;
use crate::money::MoneyOfTask;

pub(super) const PAYERS: [&str; 2] = ["gateway", "run"];

pub(super) const BATCHES: [&str; 2] = ["batch 0", "batch 1"];

impl Play<'_> {
    pub(super) async fn draw_for(&mut self, payer: &str, op: DrawOp) -> Verdict {
        let (now, draw) = (self.now, op.draw());
        let who = Who::Payer(payer.to_owned());
        let wanted = self.world.purses.draw(&who, None, draw, now);
        let drawn = self.store.draw_for(payer, draw, now).await?;
        same("what a payer draws", drawn, wanted)
    }

    pub(super) async fn settle_for(&mut self, payer: &str, settled: (u8, u8)) -> Verdict {
        let (spent, back) = (u64::from(settled.0), u64::from(settled.1));
        let now = self.now;
        let who = Who::Payer(payer.to_owned());
        self.world.purses.settle(&who, None, (spent, back), now);
        Ok(self.store.settle_for(payer, spent, back, now).await?)
    }

    pub(super) async fn compare_money(&self) -> Verdict {
        let purses = &self.world.purses;
        for task in &self.world.tasks {
            let found = self.store.money(task.id).await?;
            let attempts = task
                .attempts()
                .map(|(attempt, over)| purses.attempt(attempt, over));
            let attempts = attempts.collect();
            same("money of a task", found, MoneyOfTask { attempts })?;
        }
        for batch in BATCHES {
            let found = self.store.money_of_batch(batch).await?;
            same("money of a batch", found, purses.of_batch(batch))?;
        }
        for payer in PAYERS {
            let found = self.store.money_of_payer(payer).await?;
            same("money of a payer", found, purses.of_payer(payer))?;
        }
        let found = self.store.open_payers().await?;
        same("payers", found, purses.open_payers())?;
        let found = self.store.money_of_days(Date::MIN).await?;
        same("money of days", found, purses.of_days())
    }
}
