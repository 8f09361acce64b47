//! Jobs that share one transaction, and so one wait for the disk.
//!
//! A job that fails leaves nothing and concerns no other. None is answered before all of them are on the
//! disk; where that fails, each is done once more in a transaction of its own, so that it fails only for
//! those that it fails for.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot::Sender;

use super::classify::Done;
use crate::error::{StoreError, StoreResult};

#[cfg(test)]
mod tests;

/// How jobs are put together.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// How their transaction begins.
    pub(super) begin: TransactionBehavior,
    /// Most jobs that share one.
    pub(super) most: usize,
}

/// One job of a transaction.
pub(super) trait Member: Send {
    /// Whether anybody still waits for it.
    fn is_awaited(&self) -> bool;

    /// Does it, for the first time or again; `false` where it failed, so that nothing of it may stay.
    fn work(&mut self, tx: &Transaction<'_>) -> bool;

    /// Why it failed.
    fn failure(&self) -> Option<StoreError>;

    /// Answers, now that the transaction is over.
    fn answer(self: Box<Self>, committed: &StoreResult<()>);
}

/// A job and whoever waits for it.
struct Job<T, F> {
    work: F,
    /// What came of it the last time.
    done: StoreResult<T>,
    asker: Sender<StoreResult<T>>,
}

/// A job for a transaction.
pub(super) fn member<T, F>(work: F, asker: Sender<StoreResult<T>>) -> Box<dyn Member>
where
    F: Fn(&Transaction<'_>) -> Done<T> + Send + 'static,
    T: Send + 'static,
{
    Box::new(Job {
        work,
        done: Err(not_begun()),
        asker,
    })
}

impl<T, F> Member for Job<T, F>
where
    F: Fn(&Transaction<'_>) -> Done<T> + Send,
    T: Send,
{
    fn is_awaited(&self) -> bool {
        !self.asker.is_closed()
    }

    fn work(&mut self, tx: &Transaction<'_>) -> bool {
        self.done = (self.work)(tx).map_err(StoreError::from);
        self.done.is_ok()
    }

    fn failure(&self) -> Option<StoreError> {
        self.done.as_ref().err().cloned()
    }

    fn answer(self: Box<Self>, committed: &StoreResult<()>) {
        let answer = match committed {
            Ok(()) => self.done,
            // A refusal, too: it may rest on what another job of the same transaction did.
            Err(error) => Err(error.clone()),
        };
        let _gone = self.asker.send(answer);
    }
}

/// Does jobs in one transaction and answers them. Those for which nobody waits any more are not begun.
pub(super) fn carry_out(
    connection: &mut Connection,
    how: TransactionBehavior,
    members: Vec<Box<dyn Member>>,
) {
    let awaited = members.into_iter().filter(|member| member.is_awaited());
    let mut members: Vec<_> = awaited.collect();
    if members.len() > 1 {
        let committed = together(connection, how, &mut members).map_err(StoreError::from);
        // One that was busy did not begin, and each would wait for the others as long again.
        if matches!(committed, Ok(()) | Err(StoreError::Busy)) {
            for member in members {
                member.answer(&committed);
            }
            return;
        }
    }
    for mut member in members {
        let committed = by_itself(connection, how, member.as_mut());
        member.answer(&committed.map_err(StoreError::from));
    }
}

fn by_itself(
    connection: &mut Connection,
    how: TransactionBehavior,
    member: &mut dyn Member,
) -> Done<()> {
    let tx = connection.transaction_with_behavior(how)?;
    if member.work(&tx) {
        tx.commit()?;
    }
    Ok(())
}

fn together(
    connection: &mut Connection,
    how: TransactionBehavior,
    members: &mut [Box<dyn Member>],
) -> Done<()> {
    let tx = connection.transaction_with_behavior(how)?;
    for member in members {
        apart(&tx, member.as_mut())?;
    }
    tx.commit()?;
    Ok(())
}

/// Does a job so that it can be taken back without the others.
fn apart(tx: &Transaction<'_>, member: &mut dyn Member) -> Done<()> {
    tx.execute_batch("SAVEPOINT job")?;
    if !member.work(tx) {
        if tx.is_autocommit() {
            // After some failures, such as a full disk, SQLite itself takes everything back.
            return Err(member.failure().unwrap_or_else(not_begun).into());
        }
        tx.execute_batch("ROLLBACK TO job")?;
    }
    tx.execute_batch("RELEASE job")?;
    Ok(())
}

fn not_begun() -> StoreError {
    StoreError::Other("it was not begun".to_owned())
}
