//! The one task of a purse that talks to the ledger: draws for those who wait, tells what was spent in
//! batches, gives back what lies idle.

use std::sync::Arc;
use std::time::Duration;

use deckhands_model::Usd;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::state::{Life, Wish};
use crate::money::ledger::{Draw, Ledger, LedgerError};
use crate::money::pressure::{Felt, Pressure};

/// How long the first settlement of a batch waits for others.
const BATCH: Duration = Duration::from_millis(50);

/// After a ledger has failed to take a settlement it is tried again after so long.
const RETRY: Duration = Duration::from_secs(1);

/// What is done next.
enum Step {
    Draw(Wish),
    Settle { spent: Usd, back: Usd },
    Rest(Option<Instant>),
    End,
}

pub(super) struct Driver {
    shared: Arc<Shared>,
    ledger: Arc<dyn Ledger>,
    /// When the batch is told.
    due: Option<Instant>,
    /// No settlement and no slice ahead before that: the ledger has failed.
    held: Option<Instant>,
    /// For how many calls more than the one that needs it is drawn now.
    slice: u32,
    /// Since when more is here than calls need.
    free_since: Option<Instant>,
    pressure: Felt,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, ledger: Arc<dyn Ledger>, pressure: &Pressure) -> Self {
        Self {
            slice: shared.policy.slice,
            shared,
            ledger,
            due: None,
            held: None,
            free_since: None,
            pressure: pressure.felt(),
        }
    }

    /// Until the purse is closed.
    pub(super) async fn run(mut self) {
        loop {
            match self.next() {
                Step::Draw(wish) => self.draw(wish).await,
                Step::Settle { spent, back } => self.settle(spent, back).await,
                Step::Rest(until) => self.rest(until).await,
                Step::End => return,
            }
        }
    }

    fn next(&mut self) -> Step {
        let now = Instant::now();
        self.held = self.held.filter(|until| now < *until);
        let life = self.shared.state().life;
        if life == Life::Open {
            self.go_on(now)
        } else {
            self.close()
        }
    }

    fn go_on(&mut self, now: Instant) -> Step {
        let awaited = self.pressure.is_on(now);
        let slice = if awaited { 0 } else { self.slice };
        let mut state = self.shared.state();
        let unsettled = state.unsettled();
        self.due = (!unsettled.is_zero()).then(|| self.due.unwrap_or(now + BATCH));
        let due = self.due.max(self.due.and(self.held));
        if due.is_some_and(|due| due <= now) {
            return Step::Settle {
                spent: unsettled,
                back: Usd::ZERO,
            };
        }
        let wish = state.serve(slice);
        if let Some(wish) = wish.filter(|wish| !wish.ahead || self.held.is_none()) {
            return Step::Draw(wish);
        }
        self.free_since = state.has_free().then(|| self.free_since.unwrap_or(now));
        let kept = if awaited {
            Duration::ZERO
        } else {
            self.shared.policy.idle
        };
        let idle = self.free_since.map(|since| since + kept);
        let idle = idle.max(idle.and(self.held));
        if idle.is_some_and(|idle| idle <= now) {
            return Step::Settle {
                spent: unsettled,
                back: state.take_free(),
            };
        }
        Step::Rest(due.into_iter().chain(idle).min())
    }

    /// Everything is told, and all that is left given back. Whoever has come to wait for that need
    /// not wait for a ledger that has failed before.
    fn close(&mut self) -> Step {
        let mut state = self.shared.state();
        if state.is_empty() {
            state.life = Life::Closed;
            state.tell_closers(&Ok(()));
            return Step::End;
        }
        if self.held.is_some() && !state.is_awaited() {
            return Step::Rest(self.held);
        }
        Step::Settle {
            spent: state.unsettled(),
            back: state.take_free(),
        }
    }

    async fn draw(&mut self, wish: Wish) {
        let drawn = self.ledger.draw(wish.least, wish.wanted).await;
        let room = matches!(drawn, Ok(Draw::Granted(amount)) if amount >= wish.wanted);
        if room {
            let most = self.shared.policy.slice;
            self.slice = self.slice.saturating_add(1).min(most);
        } else if drawn.is_ok() {
            self.slice /= 2;
        }
        let mut state = self.shared.state();
        match drawn {
            Ok(Draw::Granted(amount)) => {
                state.granted(amount);
                if amount < wish.least {
                    let error = LedgerError::new("it granted less than the least");
                    state.failed(wish, error);
                }
            }
            Ok(Draw::Refused(refusal)) => state.refused(wish, refusal),
            Err(error) => state.failed(wish, error),
        }
    }

    async fn settle(&mut self, spent: Usd, back: Usd) {
        self.due = None;
        let told = self.ledger.settle(spent, back).await;
        let mut state = self.shared.state();
        if told.is_ok() {
            self.held = None;
            state.settled(spent, back);
            return;
        }
        self.held = Some(Instant::now() + RETRY);
        state.kept(back);
        if state.life == Life::Closing {
            state.tell_closers(&told);
        }
        if let Err(error) = told {
            tracing::warn!(%spent, error = &error as &dyn std::error::Error, "what was spent is not booked yet");
        }
    }

    async fn rest(&mut self, until: Option<Instant>) {
        let time = async move {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.shared.wake.notified() => {}
            () = self.pressure.raised() => {}
            () = time => {}
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.state().die();
    }
}
