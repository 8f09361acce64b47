//! A purse: lets calls go out only inside money that is already drawn, and seldom makes them wait for it.
//!
//! Admission is a few additions in memory. Slices are drawn from the [`Ledger`] and settlements told
//! to it by one task that the purse owns (`driver`); what it decides by is `state`.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deckhands_model::Usd;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use self::driver::Driver;
use self::reservation::Waiting;
use self::state::{Life, State};
use super::ledger::{Ledger, LedgerError, Refusal};
use super::pressure::Pressure;

pub use self::reservation::Reservation;

mod driver;
mod line;
mod reservation;
mod state;

/// How large slices are. [`Default`] has the figures that each field names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PursePolicy {
    /// A request for which money must be drawn draws for so many more like it: 4, which is half of that after
    /// each draw for which a cap had no room, and one more again after each for which it had. What a
    /// call really costs is a fifth or less of its worst case, so that a slice lasts for some 20 calls; at
    /// worst it keeps five worst cases from others for as long as `idle`.
    pub slice: u32,
    /// When less is left than for so many requests like the last one, a slice is drawn ahead, beside the
    /// calls: 1. 0 never draws ahead.
    pub low: u32,
    /// What no call needs is given back after so long, also beside calls that are under way: 5 s. Calls take
    /// longer, as do the commands between them, and the money may be what another agent is refused for.
    pub idle: Duration,
}

impl Default for PursePolicy {
    fn default() -> Self {
        Self {
            slice: 4,
            low: 1,
            idle: Duration::from_secs(5),
        }
    }
}

/// What is in a purse. All of one moment, for displays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PurseState {
    /// Drawn from the ledger, without what was given back.
    pub drawn: Usd,
    /// Held for calls that have not ended.
    pub reserved: Usd,
    /// Booked for calls that have ended.
    pub spent: Usd,
    /// Of what is spent, the worst cases of calls that ended without anybody saying what they cost.
    pub uncertain: Usd,
}

/// Why a call may not go out.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A cap is reached, by the ledger's own figures.
    #[error(transparent)]
    Cap(#[from] Refusal),
    /// No money could be drawn for it because the ledger failed.
    #[error("no money can be drawn for the call")]
    Ledger(#[source] LedgerError),
    /// The purse is closed.
    #[error("the purse is closed")]
    Closed,
}

/// Money for the calls of one attempt.
///
/// Dropping it without [`close`](Self::close) is like a crash: what it has drawn and not told the
/// ledger as spent stays open there.
pub struct Purse {
    shared: Arc<Shared>,
    /// The one that talks to the ledger; dropped with the purse.
    _driver: JoinSet<()>,
}

/// What the purse, its reservations and its task have in common.
struct Shared {
    policy: PursePolicy,
    state: Mutex<State>,
    /// Something changed that the task must look at.
    wake: Notify,
}

impl Shared {
    /// A panic cannot leave the state half changed. Never held while anything is waited for.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a reservation of `worst`.
    fn finish(&self, worst: Usd, spent: Usd, certain: bool) {
        let wake = self.state().finish(worst, spent, certain);
        if wake {
            self.wake.notify_one();
        }
    }
}

impl Purse {
    /// An empty purse over a ledger's account, which nobody else waits for. Must be called within a tokio
    /// runtime.
    #[must_use]
    pub fn open(ledger: Arc<dyn Ledger>, policy: PursePolicy) -> Self {
        Self::open_under(ledger, policy, &Pressure::new())
    }

    /// The same of an account under caps that others share: it keeps nothing from who waits for money.
    #[must_use]
    pub fn open_under(ledger: Arc<dyn Ledger>, policy: PursePolicy, pressure: &Pressure) -> Self {
        let shared = Arc::new(Shared {
            policy,
            state: Mutex::default(),
            wake: Notify::new(),
        });
        let mut driver = JoinSet::new();
        driver.spawn(Driver::new(Arc::clone(&shared), ledger, pressure).run());
        Self {
            shared,
            _driver: driver,
        }
    }

    /// Reserves the most that a call can cost. At once where what is drawn covers it and nobody waits
    /// before it; else when the ledger has granted more. What costs nothing needs no money.
    ///
    /// Dropping the future gives back what it had got.
    ///
    /// # Errors
    /// [`Refused`]; nothing is reserved then.
    pub async fn reserve(&self, worst: Usd) -> Result<Reservation, Refused> {
        let waiting = {
            let mut state = self.shared.state();
            if state.life != Life::Open {
                return Err(Refused::Closed);
            }
            if state.admit(worst) {
                if state.wants_ahead(worst, self.shared.policy.low) {
                    self.shared.wake.notify_one();
                }
                drop(state);
                return Ok(Reservation::new(&self.shared, worst));
            }
            Waiting::new(&self.shared, worst, state.queue(worst))
        };
        self.shared.wake.notify_one();
        waiting.granted().await
    }

    /// What is in it.
    #[must_use]
    pub fn state(&self) -> PurseState {
        self.shared.state().shown()
    }

    /// Tells the ledger everything and gives back what is left. Calls that have not ended are booked with
    /// their worst case, and what is heard of them later is not; nothing can be reserved any more.
    /// Can be called again, by several at once, and its future be dropped: the purse goes on closing.
    ///
    /// # Errors
    /// Where the ledger failed. It is tried again once a second for as long as the purse lives, and at once when
    /// this is called again.
    pub async fn close(&self) -> Result<(), LedgerError> {
        let (tell, told) = oneshot::channel();
        match self.shared.state().close(tell) {
            Life::Closed => return Ok(()),
            Life::Open | Life::Closing | Life::Dead => self.shared.wake.notify_one(),
        }
        let gone = |_| Err(LedgerError::new("the task of the purse is gone"));
        told.await.unwrap_or_else(gone)
    }
}

impl fmt::Debug for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purse")
            .field("policy", &self.shared.policy)
            .field("state", &self.state())
            .finish()
    }
}

#[cfg(test)]
mod tests;
