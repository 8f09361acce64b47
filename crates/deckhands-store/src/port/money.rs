//! The part of the port that is about money of more than one attempt, or of none.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::StoreResult;
use crate::money::{Booked, Draw, Drawn, MoneyOfDay, MoneyOfPayer, MoneySum};

/// Money of whoever pays without being a stored task, and sums over many. Amounts are nanodollars.
///
/// A payer is a name, e.g. `run <task id>`. Nothing is fenced: who uses a name is the only one who does.
/// It has the levels attempt (all that is booked under the name) and day; caps of a task or a batch do
/// not concern it. What it leaves open stays so, and counts, until [retention](crate::Upkeep::prune)
/// removes it.
#[async_trait]
pub trait Money: Send + Sync + fmt::Debug {
    /// As [`Work::draw`](crate::Work::draw), for a payer.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn draw_for(&self, payer: &str, draw: Draw, now: Timestamp) -> StoreResult<Drawn>;

    /// As [`Work::settle`](crate::Work::settle), for a payer.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn settle_for(
        &self,
        payer: &str,
        spent: u64,
        back: u64,
        now: Timestamp,
    ) -> StoreResult<()>;

    /// What is booked for a payer; nothing for one that is unknown.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn money_of_payer(&self, payer: &str) -> StoreResult<Booked>;

    /// The payers that have open money, by their names. Those that do not live any more will not settle it.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn open_payers(&self) -> StoreResult<Vec<MoneyOfPayer>>;

    /// What is booked for all tasks of a batch, also for those that were removed; nothing for one that is
    /// unknown.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn money_of_batch(&self, batch: &str) -> StoreResult<MoneySum>;

    /// The days since `since` (see [`money_day`](crate::money_day)) for which anything is booked, the
    /// earliest first. A day keeps what tasks had that were removed, for as long as they would have been
    /// kept if they had ended with it.
    ///
    /// # Errors
    /// A failure of the back end.
    async fn money_of_days(&self, since: Date) -> StoreResult<Vec<MoneyOfDay>>;
}
