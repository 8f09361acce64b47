//! The breaker of one route.

use deckhands_model::{Cause, ErrorType};
use jiff::Timestamp;

use super::permit::{Refused, RefusedWhy};
use super::policy::BreakerPolicy;
use super::snapshot::{BreakerState, RouteCounts};
use super::span::Span;

/// State and counts of one route.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    state: State,
    failures: u32,
    /// The rest that the provider asked for.
    asked: Option<Span>,
    /// While it lasts, other routes go first.
    strained: Option<Span>,
    /// Probes under way. They outlive a change of state: a call that is still on its way counts.
    probes: Vec<Probe>,
    counts: RouteCounts,
    used: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open(Span),
    HalfOpen { successes: u32 },
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    id: u64,
    lapse: Span,
}

/// A failure that the route is to blame for.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    cause: Cause,
    reset: Option<Timestamp>,
    /// It opens nothing.
    busy: bool,
}

impl Fault {
    pub(super) const fn new(cause: Cause, reset: Option<Timestamp>) -> Self {
        Self {
            cause,
            reset,
            busy: false,
        }
    }

    /// The same of a route that only has too much to do.
    pub(super) const fn busy(self) -> Self {
        Self { busy: true, ..self }
    }
}

impl Breaker {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            state: State::Closed,
            failures: 0,
            asked: None,
            strained: None,
            probes: Vec::new(),
            counts: RouteCounts::default(),
            used: now,
        }
    }

    /// Books what time has changed, before anything else happens.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.used = now;
        self.probes.retain(|probe| probe.lapse.end(now).is_some());
        self.asked = self.asked.filter(|span| span.end(now).is_some());
        self.strained = self.strained.filter(|span| span.end(now).is_some());
        if let State::Open(span) = self.state
            && span.end(now).is_none()
        {
            self.change(State::HalfOpen { successes: 0 });
        }
    }

    /// Lets a call pass, as a probe where the breaker is half-open; its answer says which.
    pub(super) fn acquire(
        &mut self,
        policy: &BreakerPolicy,
        id: u64,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        if let Some(refused) = self.refused(policy, now) {
            self.counts.refused = self.counts.refused.saturating_add(1);
            return Err(refused);
        }
        let probe = matches!(self.state, State::HalfOpen { .. });
        if probe {
            let lapse = Span::new(now, policy.lapses(now));
            self.probes.push(Probe { id, lapse });
        }
        self.counts.permitted = self.counts.permitted.saturating_add(1);
        Ok(probe)
    }

    /// Why no call may pass, where none may.
    pub(super) fn refused(&self, policy: &BreakerPolicy, now: Timestamp) -> Option<Refused> {
        let resting = self.asked.and_then(|span| span.end(now));
        let open = match self.state {
            State::Open(span) => span.end(now),
            State::Closed | State::HalfOpen { .. } => None,
        };
        if let Some(until) = resting.max(open) {
            let why = if resting >= open {
                RefusedWhy::Resting
            } else {
                RefusedWhy::Open
            };
            return Some(Refused { until, why });
        }
        let closed = matches!(self.state, State::Closed);
        if closed || self.probes_out(now) < policy.parts().probes {
            return None;
        }
        let until = self.lapses(now).min()?;
        let why = RefusedWhy::ProbesOut;
        Some(Refused { until, why })
    }

    /// Gives the place of a probe back.
    pub(super) fn free(&mut self, id: u64) {
        self.probes.retain(|probe| probe.id != id);
    }

    /// A call has succeeded; a `stale` one only counts.
    pub(super) fn succeeded(&mut self, policy: &BreakerPolicy, stale: bool) {
        self.counts.succeeded = self.counts.succeeded.saturating_add(1);
        if stale {
            return;
        }
        match self.state {
            State::Closed => self.recover(),
            State::Open(_) => {}
            State::HalfOpen { successes } => {
                let successes = successes.saturating_add(1);
                self.state = State::HalfOpen { successes };
                if successes >= policy.parts().successes {
                    self.recover();
                    self.change(State::Closed);
                }
            }
        }
    }

    /// A call has failed; of a `stale` one only the time counts that the provider named.
    pub(super) fn failed(
        &mut self,
        policy: &BreakerPolicy,
        fault: Fault,
        stale: bool,
        now: Timestamp,
    ) {
        self.counts.failed = self.counts.failed.saturating_add(1);
        if fault.cause.error_type() == ErrorType::RateLimit {
            self.counts.rate_limited = self.counts.rate_limited.saturating_add(1);
        }
        if let Some(reset) = fault.reset {
            self.rest(policy.bounded(reset, now), now);
        }
        if stale {
            return;
        }
        let parts = policy.parts();
        self.failures = self.failures.saturating_add(1);
        if self.failures >= parts.rotate_after {
            self.strained = Some(Span::new(now, policy.cooled(now)));
        }
        let opens = match self.state {
            State::Closed => !fault.busy && self.failures >= parts.failures,
            State::HalfOpen { .. } => !fault.busy,
            State::Open(_) => false,
        };
        if opens {
            self.open(policy, policy.cooled(now), now);
        }
    }

    /// Opens up to a time, or to the later one that was named before.
    pub(super) fn open(&mut self, policy: &BreakerPolicy, until: Timestamp, now: Timestamp) {
        if !policy.parts().enabled || until <= now {
            return;
        }
        match self.state {
            State::Open(span) => {
                self.state = State::Open(Span::prolonged(Some(span), until, now));
            }
            State::Closed | State::HalfOpen { .. } => {
                self.change(State::Open(Span::prolonged(self.asked, until, now)));
            }
        }
    }

    /// Whether it may be forgotten: nothing would be known of it but counts.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        let rests = self.asked.is_some_and(|span| span.end(now).is_some());
        matches!(self.state, State::Closed) && !rests && self.probes_out(now) == 0
    }

    /// Whether other routes go first for a while.
    pub(super) fn is_strained(&self, now: Timestamp) -> bool {
        self.strained.is_some_and(|span| span.end(now).is_some())
    }

    /// The state as it is at a time.
    pub(super) fn state(&self, now: Timestamp) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open(span) if span.end(now).is_some() => BreakerState::Open,
            State::Open(_) | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    pub(super) fn probes_out(&self, now: Timestamp) -> u32 {
        u32::try_from(self.lapses(now).count()).unwrap_or(u32::MAX)
    }

    pub(super) const fn counts(&self) -> RouteCounts {
        self.counts
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) const fn used(&self) -> Timestamp {
        self.used
    }

    fn lapses(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.probes.iter().filter_map(move |p| p.lapse.end(now))
    }

    /// Rests up to a time, or to the later one that was named before.
    fn rest(&mut self, until: Timestamp, now: Timestamp) {
        if until <= now {
            return;
        }
        self.asked = Some(Span::prolonged(self.asked, until, now));
        if let State::Open(span) = self.state {
            self.state = State::Open(Span::prolonged(Some(span), until, now));
        }
    }

    fn recover(&mut self) {
        self.failures = 0;
        self.strained = None;
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.counts.state_changes = self.counts.state_changes.saturating_add(1);
    }
}
