//! The health of all routes of a process: asked and told by every session, read by whoever plans.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deckhands_model::{Cause, ModelId};
use deckhands_resilience::route_health::{
    BreakerPolicy, CallEnd, HealthSnapshot, Permit, Refused, RefusedWhy, RouteHealth,
};
use jiff::Timestamp;

use crate::route::{Route, Scope};
use crate::upstream::Account;

/// Tells the time of day. The gateway reads no clock of its own.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The breakers and rests of all routes. Clones are the same.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    now: Now,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    routes: RouteHealth,
    rests: Vec<Rest>,
    /// Who pays for the calls of each route that a session had.
    accounts: BTreeMap<ModelId, Account>,
}

/// A refusal that is about more than the route that met it.
#[derive(Debug)]
struct Rest {
    refused: ModelId,
    scope: Scope,
    since: Timestamp,
    until: Timestamp,
}

/// Rests that are kept at once; one account has a handful. The one that ends first goes for a new one.
const MOST_RESTS: usize = 64;

/// Routes whose account is known; a process has a handful. Of more than these a refusal of the account
/// closes all of the provider.
const MOST_ACCOUNTS: usize = 4096;

/// The right to make one call. Dropped without an end it is given back: a call that was dropped says
/// nothing of its route.
pub(crate) struct CallPermit {
    health: Health,
    permit: Option<Permit>,
}

impl Health {
    /// Every route is well.
    #[must_use]
    pub fn new(policy: BreakerPolicy, now: Now) -> Self {
        Self(Arc::new(Inner {
            now,
            state: Mutex::new(State {
                routes: RouteHealth::new(policy),
                rests: Vec::new(),
                accounts: BTreeMap::new(),
            }),
        }))
    }

    /// The time of day, as the breakers see it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0.now)()
    }

    /// Whether a call of this route would be let through now.
    #[must_use]
    pub fn is_usable(&self, route: &ModelId) -> bool {
        self.refused(route).is_none()
    }

    /// Why a call of this route would not be let through now.
    #[must_use]
    pub fn refused(&self, route: &ModelId) -> Option<Refused> {
        self.state().refused(route, self.now())
    }

    /// Books a success that no call of a session told, such as that of an agent which calls by itself.
    pub fn record_success(&self, route: &ModelId) {
        self.state().routes.record_success(route, self.now());
    }

    /// Books such a failure; `reset` is the time that the provider named.
    pub fn record_failure(&self, route: &ModelId, cause: Cause, reset: Option<Timestamp>) {
        let now = self.now();
        self.state().routes.record_failure(route, cause, reset, now);
    }

    /// Has a route left alone for the policy's cool-down.
    pub fn open_now(&self, route: &ModelId) {
        let now = self.now();
        self.state().routes.open_now(route, None, now);
    }

    /// All routes that were ever called.
    #[must_use]
    pub fn snapshot(&self) -> HealthSnapshot {
        self.state().routes.snapshot(self.now())
    }

    /// Asks for one call of the first of these routes that may be called and has not just failed again
    /// and again, else of the first that may be called: the place of the route in the list, and the
    /// permit.
    ///
    /// # Errors
    /// None of them may be called; the refusal that ends first, if there is any route.
    pub(crate) fn acquire_one_of(
        &self,
        routes: &[&ModelId],
    ) -> Result<(usize, CallPermit), Option<Refused>> {
        let now = self.now();
        let mut state = self.state();
        let refused = |route: &&ModelId| state.refused(route, now);
        let open = routes
            .iter()
            .copied()
            .filter(|route| refused(route).is_none());
        let Some(route) = state.routes.available(open, now) else {
            let refusals = routes.iter().filter_map(refused);
            return Err(refusals.min_by_key(|no| no.until));
        };
        let permit = state.routes.try_acquire(route, now).map_err(Some)?;
        drop(state);
        let place = routes.iter().position(|other| *other == route);
        let place = place.expect("invariant: the route is one of those that were given");
        let health = self.clone();
        let permit = Some(permit);
        Ok((place, CallPermit { health, permit }))
    }

    /// Remembers who pays for the calls of a route.
    pub(crate) fn know(&self, route: &Route) {
        let mut state = self.state();
        let room = state.accounts.len() < MOST_ACCOUNTS;
        if room || state.accounts.contains_key(&route.model) {
            let account = route.upstream.account();
            state.accounts.insert(route.model.clone(), account);
        }
    }

    /// Whether a refusal for one route closes another one, too.
    pub(crate) fn covers(&self, scope: Scope, refused: &ModelId, other: &ModelId) -> bool {
        self.state().covers(scope, refused, other)
    }

    /// Has everything left alone that a refusal is about, for so long.
    pub(crate) fn rest(&self, refused: &ModelId, scope: Scope, wait: Duration) {
        let since = self.now();
        let Ok(until) = since.saturating_add(wait) else {
            return;
        };
        let mut state = self.state();
        state.rests.retain(|rest| rest.lasts(since));
        if state.rests.len() >= MOST_RESTS {
            let first = (0..MOST_RESTS).min_by_key(|place| state.rests[*place].until);
            first.map(|place| state.rests.swap_remove(place));
        }
        state.rests.push(Rest {
            refused: refused.clone(),
            scope,
            since,
            until,
        });
    }

    /// A panic cannot leave the value half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Why a call may not be made: the refusal that lasts longest.
    fn refused(&self, route: &ModelId, now: Timestamp) -> Option<Refused> {
        let resting = self.rests.iter();
        let resting =
            resting.filter(|rest| rest.lasts(now) && self.covers(rest.scope, &rest.refused, route));
        let resting = resting.map(|rest| Refused {
            until: rest.until,
            why: RefusedWhy::Resting,
        });
        let own = self.routes.refused(route, now);
        resting.chain(own).max_by_key(|no| no.until)
    }

    /// Whether a refusal for one route closes another one, too. A route of which nobody said who pays for
    /// it may be of any account of its provider.
    fn covers(&self, scope: Scope, refused: &ModelId, other: &ModelId) -> bool {
        let account = |model: &ModelId| self.accounts.get(model);
        let differ = account(refused)
            .zip(account(other))
            .is_some_and(|(one, another)| one != another);
        scope.covers(refused, other) && (refused == other || !differ)
    }
}

impl Rest {
    /// Whether it is not over. A clock that stands before its begin was set back: then it is.
    fn lasts(&self, now: Timestamp) -> bool {
        (self.since..self.until).contains(&now)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Health").field(&*self.state()).finish()
    }
}

impl CallPermit {
    /// Books how the call ended: why it failed, and how long the provider wants no more of them.
    pub(crate) fn settle(self, failure: Option<Cause>, retry_after: Option<Duration>) {
        self.end(retry_after, |reset| match failure {
            None => CallEnd::Success,
            Some(cause) => CallEnd::Failure { cause, reset },
        });
    }

    /// Books that the route only wants fewer calls, or has too much to do.
    pub(crate) fn settle_busy(self, cause: Cause, retry_after: Option<Duration>) {
        self.end(retry_after, |reset| CallEnd::Busy { cause, reset });
    }

    fn end(
        mut self,
        retry_after: Option<Duration>,
        end: impl FnOnce(Option<Timestamp>) -> CallEnd,
    ) {
        let now = self.health.now();
        let reset = retry_after.and_then(|wait| now.saturating_add(wait).ok());
        if let Some(permit) = self.permit.take() {
            self.health.state().routes.settle(permit, end(reset), now);
        }
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.health.state().routes.release(permit);
        }
    }
}

#[cfg(test)]
mod tests;
