//! A purse: when it draws, what it books, what it tells the ledger, and what it never gives back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use deckhands_model::{MoneyLevel, Usd};
use tokio::time::sleep;

use super::*;
use crate::money::booked::{Booked, BookedBy};
use crate::money::ledger::Draw;
use crate::money::memory::{Account, MemoryLedger};

mod crowd;
mod drawing;
mod ending;
mod property;
mod settling;

/// A ledger in memory that takes its time, remembers what it did, and fails when told to.
#[derive(Debug)]
struct Slow {
    inner: MemoryLedger,
    takes: Duration,
    failing: AtomicBool,
    done: Mutex<Vec<Done>>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Done {
    Drew { least: u64, wanted: u64, got: u64 },
    Refused(Refusal),
    Settled { spent: u64, back: u64 },
    Failed,
}

impl Slow {
    fn new(inner: MemoryLedger, takes: Duration) -> Arc<Self> {
        Arc::new(Self {
            inner,
            takes,
            failing: AtomicBool::new(false),
            done: Mutex::default(),
        })
    }

    /// One account with this cap in nanodollars; each call takes 1 ms.
    fn capped(nanos: u64) -> Arc<Self> {
        let caps = [(MoneyLevel::Task, Usd::nanos(nanos))];
        Self::new(MemoryLedger::new(&caps), Duration::from_millis(1))
    }

    fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    /// What it did since this was last asked.
    fn done(&self) -> Vec<Done> {
        std::mem::take(&mut *self.done.lock().unwrap())
    }

    fn note(&self, done: Done) {
        self.done.lock().unwrap().push(done);
    }

    /// Open and spent of its narrowest account.
    fn figures(&self) -> (u64, u64) {
        let account: Account = *self.inner.accounts().last().unwrap();
        (account.open.as_nanos(), account.spent.as_nanos())
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        sleep(self.takes).await;
        if self.failing.load(Ordering::SeqCst) {
            self.note(Done::Failed);
            return Err(LedgerError::new("the disk is full"));
        }
        Ok(())
    }
}

#[async_trait]
impl Ledger for Slow {
    async fn draw(&self, least: Usd, wanted: Usd) -> Result<Draw, LedgerError> {
        self.ready().await?;
        let drawn = self.inner.draw(least, wanted).await?;
        self.note(match drawn {
            Draw::Granted(got) => Done::Drew {
                least: least.as_nanos(),
                wanted: wanted.as_nanos(),
                got: got.as_nanos(),
            },
            Draw::Refused(refusal) => Done::Refused(refusal),
        });
        Ok(drawn)
    }

    async fn settle(&self, spent: Usd, back: Usd) -> Result<(), LedgerError> {
        self.ready().await?;
        self.inner.settle(spent, back).await?;
        self.note(Done::Settled {
            spent: spent.as_nanos(),
            back: back.as_nanos(),
        });
        Ok(())
    }
}

/// Draws for four requests more, never ahead, gives nothing back by itself.
const PLAIN: PursePolicy = PursePolicy {
    slice: 4,
    low: 0,
    idle: Duration::from_secs(3600),
};

fn purse(ledger: &Arc<Slow>, policy: PursePolicy) -> Purse {
    Purse::open(Arc::clone(ledger) as Arc<dyn Ledger>, policy)
}

fn purse_under(ledger: &Arc<Slow>, policy: PursePolicy, pressure: &Pressure) -> Purse {
    Purse::open_under(Arc::clone(ledger) as Arc<dyn Ledger>, policy, pressure)
}

async fn reserve(purse: &Purse, nanos: u64) -> Result<Reservation, Refused> {
    purse.reserve(Usd::nanos(nanos)).await
}

/// As the table's figure.
fn spent(nanos: u64) -> Booked {
    Booked {
        spent: Usd::nanos(nanos),
        by: BookedBy::Table,
        table: Some(Usd::nanos(nanos)),
        provider: None,
        over_reserved: None,
    }
}

/// Drawn, reserved, spent, uncertain.
fn state(purse: &Purse) -> [u64; 4] {
    let state = purse.state();
    [state.drawn, state.reserved, state.spent, state.uncertain].map(Usd::as_nanos)
}

async fn pass(millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}
