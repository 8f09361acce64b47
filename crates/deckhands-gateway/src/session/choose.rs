//! Which route a call tries next, and how long it is held while there is none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deckhands_resilience::route_health::RefusedWhy;
use jiff::Timestamp;
use tokio::time::Instant;

use super::Inner;
use super::call::Call;
use crate::health::CallPermit;

/// Between two looks at a route whose probes are all under way: how they end is not told.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Shortest wait, so that a clock that stands still keeps nobody busy.
const SHORTEST: Duration = Duration::from_millis(10);

/// Least time that is left to a try.
const LEAST_TIME: Duration = Duration::from_secs(5);

/// What a call does next.
pub(super) enum Pick {
    /// It tries this route.
    Go(usize, CallPermit),
    /// No route is left that an answer could come from.
    NoneLeft,
    /// No route may be called for longer than the call may be held.
    NotInTime {
        /// The shortest wait for one.
        wait: Duration,
        /// When their providers allow calls again, where it is they who want none.
        reset: Option<Timestamp>,
    },
}

/// What can be said of the routes now.
enum Look {
    Pick(Pick),
    Wait(Duration),
}

/// Counts a call for as long as it is held.
pub(super) struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    pub(super) fn one_of(calls: &'a AtomicUsize) -> Self {
        calls.fetch_add(1, Ordering::Relaxed);
        Self(calls)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// Finds the route that a call tries next, holding it while there is none.
    pub(super) async fn choose(&self, call: &mut Call) -> Pick {
        loop {
            let wait = match self.look(call) {
                Look::Pick(pick) => return pick,
                Look::Wait(wait) => wait.max(SHORTEST),
            };
            let since = Instant::now();
            let held = Held::one_of(&self.held);
            tokio::time::sleep(wait).await;
            drop(held);
            call.held += since.elapsed();
        }
    }

    /// A try with less time than this is none: it would be cut, and paid for.
    fn least_time(&self) -> Duration {
        LEAST_TIME.min(self.limits.answer / 4)
    }

    /// The routes that a call may still try.
    fn left_for(&self, call: &Call) -> Vec<usize> {
        let mut left = self.standing.left();
        left.retain(|place| call.may_try(*place));
        left
    }

    /// Whether a call may still try any route.
    pub(super) fn is_any_left(&self, call: &Call) -> bool {
        !self.left_for(call).is_empty()
    }

    /// Looks at all routes.
    fn look(&self, call: &Call) -> Look {
        let left = self.left_for(call);
        if left.is_empty() {
            return Look::Pick(Pick::NoneLeft);
        }
        let whole = self.limits.whole.saturating_sub(call.arrived.elapsed());
        if call.has_begun() && whole < self.least_time() {
            let (wait, reset) = (SHORTEST, None);
            return Look::Pick(Pick::NotInTime { wait, reset });
        }
        let pause = |place: &usize| call.pause_before(*place);
        let ready = left.iter().copied().filter(|p| pause(p).is_zero());
        let mut ready: Vec<usize> = ready.collect();
        // Those that it has not tried go first; among alike ones the order stays.
        ready.sort_by_key(|place| call.tries_at(*place));
        let model = |place: &usize| &self.ways[*place].route.model;
        let models: Vec<_> = ready.iter().map(model).collect();
        let refused = match self.health.acquire_one_of(&models) {
            Ok((place, permit)) => return Look::Pick(Pick::Go(ready[place], permit)),
            Err(refused) => refused,
        };
        let pause = left
            .iter()
            .map(pause)
            .filter(|pause| !pause.is_zero())
            .min();
        let named = refused.map(|refused| match refused.why {
            RefusedWhy::ProbesOut => LOOK_AGAIN,
            _ => until(self.health.now(), refused.until),
        });
        let wait = pause.into_iter().chain(named).min().unwrap_or(LOOK_AGAIN);
        let hold = self.limits.hold.saturating_sub(call.held);
        if wait <= hold.min(whole.saturating_sub(self.least_time())) {
            return Look::Wait(wait);
        }
        // What is only too long for the rest of this call may be waited for by the next one.
        let asked = refused.filter(|no| no.why == RefusedWhy::Resting && pause.is_none());
        let reset = asked.filter(|_| wait > self.limits.hold).map(|no| no.until);
        Look::Pick(Pick::NotInTime { wait, reset })
    }
}

fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}
