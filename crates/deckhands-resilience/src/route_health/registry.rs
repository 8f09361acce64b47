//! The breakers of all routes.

use std::collections::BTreeMap;

use deckhands_model::{Cause, ModelId};
use jiff::Timestamp;

use super::breaker::{Breaker, Fault};
use super::permit::{CallEnd, Permit, Refused};
use super::policy::BreakerPolicy;
use super::snapshot::{BreakerState, HealthSnapshot, RouteSnapshot};
use crate::recovery::route_to_blame;

/// The health of every route that was ever called, up to the policy's number of routes.
///
/// A new route takes the place of the one that was left unused longest, of those whose breaker is
/// closed. Where there is none, the new one is not kept track of: it may be called.
#[derive(Clone, Debug, Default)]
pub struct RouteHealth {
    policy: BreakerPolicy,
    routes: BTreeMap<ModelId, Breaker>,
    next_id: u64,
    untracked: u64,
}

impl RouteHealth {
    /// All routes healthy.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Asks for one call on a route. Give the permit back with [`Self::settle`], or with
    /// [`Self::release`].
    ///
    /// # Errors
    /// The route must not be called now; it says until when.
    pub fn try_acquire(&mut self, route: &ModelId, now: Timestamp) -> Result<Permit, Refused> {
        let policy = self.policy;
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        let (epoch, probe) = match self.touched(route, now) {
            Some(breaker) => {
                let probe = breaker.acquire(&policy, id, now)?;
                (breaker.counts().state_changes, probe)
            }
            None => {
                self.untracked = self.untracked.saturating_add(1);
                (0, false)
            }
        };
        Ok(Permit {
            route: route.clone(),
            id,
            epoch,
            probe,
        })
    }

    /// Books how a permitted call ended, and gives its permit back.
    ///
    /// A call that began before the breaker last changed its state neither opens nor closes it; the
    /// time that a provider named counts nevertheless.
    pub fn settle(&mut self, permit: Permit, end: CallEnd, now: Timestamp) {
        let (policy, route) = (self.policy, permit.route.clone());
        let epoch = permit.epoch;
        self.release(permit);
        let Some(breaker) = self.touched(&route, now) else {
            return;
        };
        let stale = breaker.counts().state_changes != epoch;
        match end {
            CallEnd::Success => breaker.succeeded(&policy, stale),
            CallEnd::Failure { cause, reset } if route_to_blame(cause) => {
                breaker.failed(&policy, Fault::new(cause, reset), stale, now);
            }
            CallEnd::Busy { cause, reset } if route_to_blame(cause) => {
                breaker.failed(&policy, Fault::new(cause, reset).busy(), stale, now);
            }
            CallEnd::Failure { .. } | CallEnd::Busy { .. } | CallEnd::Abandoned => {}
        }
    }

    /// Gives a permit back whose call was dropped, or whose end was recorded by the route's name.
    pub fn release(&mut self, permit: Permit) {
        if let Some(breaker) = self.routes.get_mut(&permit.route) {
            breaker.free(permit.id);
        }
    }

    /// Books a success on a route: ends a row of failures, and closes a half-open breaker when it is
    /// the last that was missing.
    pub fn record_success(&mut self, route: &ModelId, now: Timestamp) {
        let policy = self.policy;
        if let Some(breaker) = self.touched(route, now) {
            breaker.succeeded(&policy, false);
        }
    }

    /// Books a failure on a route, where the route is to blame for its cause. `reset` is the time
    /// that the provider named: the route rests until then, whatever the number of failures.
    pub fn record_failure(
        &mut self,
        route: &ModelId,
        cause: Cause,
        reset: Option<Timestamp>,
        now: Timestamp,
    ) {
        let policy = self.policy;
        if !route_to_blame(cause) {
            return;
        }
        if let Some(breaker) = self.touched(route, now) {
            breaker.failed(&policy, Fault::new(cause, reset), false, now);
        }
    }

    /// Opens a route's breaker at once, until a time or for the policy's cool-down. One that is open
    /// is never shortened. Without effect where breakers are off.
    pub fn open_now(&mut self, route: &ModelId, until: Option<Timestamp>, now: Timestamp) {
        let policy = self.policy;
        let until = until.map_or(policy.cooled(now), |until| policy.bounded(until, now));
        if let Some(breaker) = self.touched(route, now) {
            breaker.open(&policy, until, now);
        }
    }

    /// Whether a call on the route would be permitted now. Takes no permit.
    #[must_use]
    pub fn is_usable(&self, route: &ModelId, now: Timestamp) -> bool {
        self.refused(route, now).is_none()
    }

    /// Whether the route has not just failed several times in a row: else others go first.
    fn is_calm(&self, route: &ModelId, now: Timestamp) -> bool {
        let breaker = self.routes.get(route);
        breaker.is_none_or(|breaker| !breaker.is_strained(now))
    }

    /// Why a call on the route would be refused now, where it would be. Takes no permit.
    #[must_use]
    pub fn refused(&self, route: &ModelId, now: Timestamp) -> Option<Refused> {
        self.routes.get(route)?.refused(&self.policy, now)
    }

    /// The state of a route's breaker; of an unknown route it is closed.
    #[must_use]
    pub fn state(&self, route: &ModelId, now: Timestamp) -> BreakerState {
        self.routes
            .get(route)
            .map_or(BreakerState::Closed, |breaker| breaker.state(now))
    }

    /// The route to take now: the first usable one in order of preference. One that has just failed
    /// several times in a row is passed over for a cool-down, if there is a better one.
    #[must_use]
    pub fn available<'a>(
        &self,
        routes: impl IntoIterator<Item = &'a ModelId, IntoIter: Clone>,
        now: Timestamp,
    ) -> Option<&'a ModelId> {
        let mut usable = routes
            .into_iter()
            .filter(|route| self.is_usable(route, now));
        let first = usable.clone().next();
        usable.find(|route| self.is_calm(route, now)).or(first)
    }

    /// The health of all routes at a time.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> HealthSnapshot {
        let routes = self.routes.iter().map(|(route, breaker)| RouteSnapshot {
            route: route.clone(),
            state: breaker.state(now),
            refused_until: breaker.refused(&self.policy, now).map(|no| no.until),
            failures_in_a_row: breaker.failures(),
            probes_out: breaker.probes_out(now),
            last_used: breaker.used(),
            counts: breaker.counts(),
        });
        HealthSnapshot {
            routes: routes.collect(),
            untracked: self.untracked,
        }
    }

    /// The route's breaker as it is now; a new one where there is room.
    fn touched(&mut self, route: &ModelId, now: Timestamp) -> Option<&mut Breaker> {
        if !self.routes.contains_key(route) {
            self.make_room(now)?;
            self.routes.insert(route.clone(), Breaker::new(now));
        }
        let breaker = self.routes.get_mut(route)?;
        breaker.touch(now);
        Some(breaker)
    }

    fn make_room(&mut self, now: Timestamp) -> Option<()> {
        let most = usize::try_from(self.policy.parts().routes).unwrap_or(usize::MAX);
        if self.routes.len() < most {
            return Some(());
        }
        let idle = self.routes.iter().filter(|(_, b)| b.is_idle(now));
        let oldest = idle.min_by_key(|(_, b)| b.used())?.0.clone();
        self.routes.remove(&oldest).map(|_forgotten| ())
    }
}
