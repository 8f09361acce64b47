//! The account of a task that is not stored: it runs in the foreground, and nobody goes on with it.

use std::sync::Arc;

use async_trait::async_trait;
use deckhands_gateway::{Draw, Ledger, LedgerError, MemoryLedger, Refusal};
use deckhands_model::{MoneyLevel, Usd};
use deckhands_store::{Booked, Money, MoneyCaps};

use super::ledger::{TaskLedger, answer, wish};
use crate::clock::Clock;
use crate::request::TaskRequest;

/// Money of a task that is not stored, booked in the home's store all the same: what it spends counts for
/// the day's cap of everybody, also after its death.
#[derive(Clone, Debug)]
pub struct RunLedger {
    book: Arc<dyn Money>,
    payer: String,
    caps: MoneyCaps,
    clock: Arc<dyn Clock>,
}

impl RunLedger {
    /// The account of a payer, e.g. `run <task id>`, under its own cap and the day's. Nobody else has it.
    #[must_use]
    pub fn new(
        book: Arc<dyn Money>,
        payer: String,
        (own, per_day): (Option<Usd>, Option<Usd>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            book,
            payer,
            // Such a task has one attempt.
            caps: MoneyCaps {
                attempt: own.map(Usd::as_nanos),
                day: per_day.map(Usd::as_nanos),
                ..MoneyCaps::default()
            },
            clock,
        }
    }
}

#[async_trait]
impl Ledger for RunLedger {
    async fn draw(&self, least: Usd, wanted: Usd) -> Result<Draw, LedgerError> {
        let wish = wish(least, wanted, self.caps);
        let drawn = self
            .book
            .draw_for(&self.payer, wish, self.clock.now())
            .await;
        Ok(match drawn.map(answer).map_err(LedgerError::new)? {
            // To its user it is the task's.
            Draw::Refused(refusal) if refusal.level == MoneyLevel::Attempt => {
                Draw::Refused(Refusal {
                    level: MoneyLevel::Task,
                    ..refusal
                })
            }
            other => other,
        })
    }

    async fn settle(&self, spent: Usd, back: Usd) -> Result<(), LedgerError> {
        let (spent, back) = (spent.as_nanos(), back.as_nanos());
        let settled = self
            .book
            .settle_for(&self.payer, spent, back, self.clock.now());
        settled.await.map_err(LedgerError::new)
    }
}

#[async_trait]
impl TaskLedger for RunLedger {
    async fn booked(&self) -> Result<Booked, LedgerError> {
        let booked = self.book.money_of_payer(&self.payer).await;
        booked.map_err(LedgerError::new)
    }
}

/// The account of a task that is run at once, or of clients of ours, by its name; none where nothing bounds its money, or the day's cap has
/// no book.
#[must_use]
pub fn ledger_of_run(
    request: &TaskRequest,
    payer: String,
    clock: &Arc<dyn Clock>,
) -> Option<Arc<dyn TaskLedger>> {
    if !request.is_capped() {
        return None;
    }
    let (own, per_day) = (request.max_cost, request.money.per_day);
    if per_day.is_some() {
        let book = request.money.book.clone()?;
        let ledger = RunLedger::new(book, payer, (own, per_day), clock.clone());
        return Some(Arc::new(ledger));
    }
    let levels = [
        (MoneyLevel::Batch, request.max_batch_cost),
        (MoneyLevel::Task, own),
    ];
    let caps = levels
        .into_iter()
        .filter_map(|(level, cap)| Some((level, cap?)));
    Some(Arc::new(MemoryLedger::new(&caps.collect::<Vec<_>>())))
}
