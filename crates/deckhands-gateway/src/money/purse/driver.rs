//! The one task of a purse that talks to the ledger: draws for those who wait, tells what was spent in
//! batches, gives back what lies idle.

use std::sync::Arc;
use std::time::Duration;

use deckhands_model::Usd;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::state::{Life, Wish};
use crate::money::ledger::{Draw, Ledger, LedgerError};

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
    /// Since when nothing was reserved or ended.
    idle_since: Instant,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, ledger: Arc<dyn Ledger>) -> Self {
        Self {
            shared,
            ledger,
            due: None,
            held: None,
            idle_since: Instant::now(),
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
        let (life, touched) = {
            let mut state = self.shared.state();
            (state.life, state.was_touched())
        };
        if touched {
            self.idle_since = now;
        }
        if life == Life::Open {
            self.go_on(now)
        } else {
            self.close()
        }
    }

    fn go_on(&mut self, now: Instant) -> Step {
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
        let wish = state.serve(self.shared.policy.slice);
        if let Some(wish) = wish.filter(|wish| !wish.ahead || self.held.is_none()) {
            return Step::Draw(wish);
        }
        let idle = state
            .idle()
            .map(|_| self.idle_since + self.shared.policy.idle);
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

    async fn rest(&self, until: Option<Instant>) {
        let time = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.shared.wake.notified() => {}
            () = time => {}
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.state().die();
    }
}
