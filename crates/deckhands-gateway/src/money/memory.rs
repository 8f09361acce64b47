//! A ledger in memory: for programs without a store, and for tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deckhands_model::{MoneyLevel, Usd};

use super::ledger::{Draw, Ledger, LedgerError, Refusal};

/// Accounts with caps, shared by all ledgers that were made from the same [`MemoryLedger::new`].
/// What it keeps is gone with the process.
///
/// Invariant: at each account what is open is at least the sum of what the ledgers below it have open.
#[derive(Debug)]
pub struct MemoryLedger {
    book: Arc<Mutex<Vec<Account>>>,
    /// Places in the book, the widest level first.
    accounts: Vec<usize>,
    /// What was drawn here and is not settled.
    open: Mutex<Usd>,
}

/// One cap and what is used of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// Where the cap holds.
    pub level: MoneyLevel,
    /// How much it allows.
    pub cap: Usd,
    /// Drawn and not yet settled.
    pub open: Usd,
    /// Spent.
    pub spent: Usd,
}

impl Account {
    /// Spent and open together.
    #[must_use]
    pub const fn used(&self) -> Usd {
        self.spent.saturating_add(self.open)
    }

    const fn left(&self) -> Usd {
        self.cap.saturating_sub(self.used())
    }
}

impl MemoryLedger {
    /// A ledger with these caps; without any it grants everything.
    #[must_use]
    pub fn new(caps: &[(MoneyLevel, Usd)]) -> Self {
        Self {
            book: Arc::default(),
            accounts: Vec::new(),
            open: Mutex::default(),
        }
        .below(caps)
    }

    /// Another ledger under the same caps and these besides, which are its own: what it draws and spends
    /// counts in both.
    #[must_use]
    pub fn below(&self, caps: &[(MoneyLevel, Usd)]) -> Self {
        let mut book = self.book();
        let mut accounts = self.accounts.clone();
        for (level, cap) in caps {
            accounts.push(book.len());
            book.push(Account {
                level: *level,
                cap: *cap,
                open: Usd::ZERO,
                spent: Usd::ZERO,
            });
        }
        Self {
            book: Arc::clone(&self.book),
            accounts,
            open: Mutex::default(),
        }
    }

    /// Its accounts as they are now, the widest first; all at one moment.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let book = self.book();
        self.accounts.iter().map(|place| book[*place]).collect()
    }

    /// A panic cannot leave the book half changed.
    fn book(&self) -> MutexGuard<'_, Vec<Account>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken after the book only.
    fn open(&self) -> MutexGuard<'_, Usd> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn draw(&self, least: Usd, wanted: Usd) -> Result<Draw, LedgerError> {
        let mut book = self.book();
        let tightest = self.accounts.iter().map(|place| book[*place]);
        let tightest = tightest.min_by_key(Account::left);
        let left = tightest.as_ref().map_or(Usd::MAX, Account::left);
        let amount = if wanted <= left { wanted } else { least };
        if let Some(account) = tightest.filter(|_| amount > left) {
            return Ok(Draw::Refused(Refusal {
                level: account.level,
                cap: account.cap,
                used: account.used(),
            }));
        }
        for place in &self.accounts {
            let account = &mut book[*place];
            account.open = account.open.saturating_add(amount);
        }
        let mut open = self.open();
        *open = open.saturating_add(amount);
        Ok(Draw::Granted(amount))
    }

    async fn settle(&self, spent: Usd, back: Usd) -> Result<(), LedgerError> {
        let mut book = self.book();
        let mut open = self.open();
        let closed = spent.saturating_add(back).min(*open);
        *open = open.saturating_sub(closed);
        for place in &self.accounts {
            let account = &mut book[*place];
            account.open = account.open.saturating_sub(closed);
            account.spent = account.spent.saturating_add(spent);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
