//! What is known of money, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::ledger::Sum;
use super::row::{Row, Try};
use super::{MemoryStore, booking};
use crate::error::StoreResult;
use crate::money::{
    Booked, Draw, Drawn, MoneyOfAttempt, MoneyOfDay, MoneyOfPayer, MoneyOfTask, MoneySum,
};
use crate::port::Money;
use crate::records::AttemptState;

#[async_trait]
impl Money for MemoryStore {
    async fn draw_for(&self, payer: &str, draw: Draw, now: Timestamp) -> StoreResult<Drawn> {
        Ok(booking::draw_for(&mut self.lock(), payer, &draw, now))
    }

    async fn settle_for(
        &self,
        payer: &str,
        spent: u64,
        back: u64,
        now: Timestamp,
    ) -> StoreResult<()> {
        booking::settle_for(&mut self.lock(), payer, (spent, back), now);
        Ok(())
    }

    async fn money_of_payer(&self, payer: &str) -> StoreResult<Booked> {
        let state = self.lock();
        let known = state.ledger.payers.get(payer);
        Ok(known.map(|known| known.money.sum()).unwrap_or_default())
    }

    async fn open_payers(&self) -> StoreResult<Vec<MoneyOfPayer>> {
        let state = self.lock();
        let payers = state.ledger.payers.iter();
        let payers = payers.map(|(payer, known)| MoneyOfPayer {
            payer: payer.clone(),
            at: known.at,
            booked: known.money.sum(),
        });
        Ok(payers.filter(|payer| payer.booked.open > 0).collect())
    }

    async fn money_of_batch(&self, batch: &str) -> StoreResult<MoneySum> {
        let state = self.lock();
        let Some(of) = state.ledger.batches.get(batch) else {
            return Ok(MoneySum::default());
        };
        let own = |row: &&Row| row.record.batch.as_deref() == Some(batch);
        let tries = state.tasks.values().filter(own).flat_map(|row| &row.tries);
        let open = tries
            .filter(|one| is_over(one))
            .map(|one| one.money.sum().open);
        Ok(told(of.money, open.sum()))
    }

    async fn money_of_days(&self, since: Date) -> StoreResult<Vec<MoneyOfDay>> {
        let state = self.lock();
        let mut over = BTreeMap::<Date, u64>::new();
        let tries = state.tasks.values().flat_map(|row| &row.tries);
        for one in tries.filter(|one| is_over(one)) {
            for (day, open) in one.money.open() {
                *over.entry(day).or_default() += open;
            }
        }
        let days = state.ledger.days.range(since..);
        let days = days.map(|(day, sum)| MoneyOfDay {
            day: *day,
            sum: told(*sum, over.get(day).copied().unwrap_or(0)),
        });
        Ok(days.filter(|day| day.sum.used() > 0).collect())
    }
}

/// Money of the attempts of a task.
pub(super) fn of_task(row: &Row) -> MoneyOfTask {
    let attempts = row.tries.iter().map(|one| {
        let Booked { open, spent } = one.money.sum();
        MoneyOfAttempt {
            number: one.record.number,
            open,
            spent,
            over: is_over(one),
        }
    });
    MoneyOfTask {
        attempts: attempts.collect(),
    }
}

fn is_over(one: &Try) -> bool {
    one.record.state == AttemptState::Ended
}

fn told(sum: Sum, open_of_ended: u64) -> MoneySum {
    MoneySum {
        open: sum.all.open,
        spent: sum.all.spent,
        uncertain: sum.gone.open.saturating_add(open_of_ended),
    }
}
