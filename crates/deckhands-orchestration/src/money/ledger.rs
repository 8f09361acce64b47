//! The account of an attempt at a stored task: in the store, under the attempt's lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use deckhands_gateway::{Draw, Ledger, LedgerError, MemoryLedger, Refusal};
use deckhands_model::Usd;
use deckhands_store::{self as store, Booked, Drawn, MoneyCaps, StoreError};

use crate::engine::Lease;

/// The account that an attempt draws from, which knows what its task has cost.
#[async_trait]
pub trait TaskLedger: Ledger {
    /// What is booked for the task, all its attempts together. What is open while no attempt is at work
    /// is uncertain.
    ///
    /// # Errors
    /// Where it cannot be read.
    async fn booked(&self) -> Result<Booked, LedgerError>;
}

#[async_trait]
impl TaskLedger for MemoryLedger {
    /// As its narrowest account has it: that of the task.
    async fn booked(&self) -> Result<Booked, LedgerError> {
        let account = self.accounts().pop();
        let booked = account.map(|account| Booked {
            open: account.open.as_nanos(),
            spent: account.spent.as_nanos(),
        });
        Ok(booked.unwrap_or_default())
    }
}

/// Money of one attempt, drawn and settled in the store with the fence of its lease. Whoever has lost the
/// lease draws nothing: his calls are not made.
#[derive(Clone, Debug)]
pub struct LeaseLedger {
    lease: Arc<Lease>,
    caps: MoneyCaps,
    /// What was drawn here and is not settled. More than that may be open for the attempt: what a process
    /// before had drawn, of which nobody knows how much was spent.
    open: Arc<AtomicU64>,
}

impl LeaseLedger {
    /// The account of the attempt that is leased, under these caps.
    #[must_use]
    pub fn new(lease: Arc<Lease>, caps: MoneyCaps) -> Self {
        Self {
            lease,
            caps,
            open: Arc::default(),
        }
    }

    /// Books what a provider charged above all that was drawn here, as drawn. Otherwise the store would take
    /// it from what a process before had drawn.
    async fn draw_beyond_caps(&self, amount: u64) -> Result<(), LedgerError> {
        let (store, now) = self.lease.store();
        let wish = store::Draw {
            least: amount,
            wanted: amount,
            caps: MoneyCaps::default(),
        };
        let drawn = store.draw(self.lease.fence(), wish, now).await;
        // Refused is only what no store can hold.
        if let Drawn::Granted(nanos) = drawn.map_err(|error| self.failed(error))? {
            self.open.fetch_add(nanos, Ordering::Relaxed);
        }
        Ok(())
    }

    /// A lease that the store knows as lost is lost.
    fn failed(&self, error: StoreError) -> LedgerError {
        if matches!(error, StoreError::Stale) {
            self.lease.lost().cancel();
        }
        LedgerError::new(error)
    }
}

#[async_trait]
impl Ledger for LeaseLedger {
    async fn draw(&self, least: Usd, wanted: Usd) -> Result<Draw, LedgerError> {
        self.lease.check().map_err(LedgerError::new)?;
        let (store, now) = self.lease.store();
        let wish = wish(least, wanted, self.caps);
        let drawn = store.draw(self.lease.fence(), wish, now).await;
        let drawn = drawn.map_err(|error| self.failed(error))?;
        if let Drawn::Granted(nanos) = drawn {
            self.open.fetch_add(nanos, Ordering::Relaxed);
        }
        Ok(answer(drawn))
    }

    /// The store alone decides whether the lease still holds: what was spent is told as long as it can be.
    async fn settle(&self, spent: Usd, back: Usd) -> Result<(), LedgerError> {
        let (spent, back) = (spent.as_nanos(), back.as_nanos());
        let over = spent.saturating_sub(self.open.load(Ordering::Relaxed));
        if over > 0 {
            self.draw_beyond_caps(over).await?;
        }
        let open = self.open.load(Ordering::Relaxed);
        let back = back.min(open.saturating_sub(spent));
        let (store, now) = self.lease.store();
        let settled = store.settle(self.lease.fence(), spent, back, now).await;
        settled.map_err(|error| self.failed(error))?;
        let closed = spent.saturating_add(back).min(open);
        self.open.fetch_sub(closed, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl TaskLedger for LeaseLedger {
    async fn booked(&self) -> Result<Booked, LedgerError> {
        let (store, _now) = self.lease.store();
        let task = self.lease.fence().attempt.task;
        let sum = store.money(task).await.map_err(LedgerError::new)?.sum();
        Ok(Booked {
            open: sum.open,
            spent: sum.spent,
        })
    }
}

/// A wish for money in the store's words.
pub(super) fn wish(least: Usd, wanted: Usd, caps: MoneyCaps) -> store::Draw {
    store::Draw {
        least: least.as_nanos(),
        wanted: wanted.as_nanos(),
        caps,
    }
}

/// The store's answer in the gateway's words.
pub(super) fn answer(drawn: Drawn) -> Draw {
    match drawn {
        Drawn::Granted(nanos) => Draw::Granted(Usd::nanos(nanos)),
        Drawn::Refused { level, cap, used } => Draw::Refused(Refusal {
            level,
            cap: Usd::nanos(cap),
            used: Usd::nanos(used),
        }),
    }
}
