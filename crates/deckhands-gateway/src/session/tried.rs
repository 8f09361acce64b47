//! The end of one try: what it cost, and what it means for its route, for those like it and for its call.
//! The same for an answer that is whole and for a stream.

use deckhands_model::{CallCost, CallFailure, Cause, Try};
use deckhands_resilience::recovery::route_to_blame;
use tokio::time::Instant;

use super::Inner;
use super::charge::Charge;
use crate::health::CallPermit;
use crate::route::Scope;
use crate::verdict::{Verdict, Weight};

/// One try at a route, under way.
pub(super) struct Trying {
    pub(super) place: usize,
    pub(super) permit: CallPermit,
    pub(super) charge: Charge,
    pub(super) started: Instant,
    /// Whether the agent has some of its answer: then nothing is tried in its place.
    pub(super) begun: bool,
}

/// One that is over.
pub(super) struct Tried {
    /// What it cost, unless that is nothing, or nobody knows.
    pub(super) cost: Option<CallCost>,
    /// Whether it was served when no further call was made any more.
    pub(super) too_late: bool,
    /// How it failed, if it did, and what follows for its call.
    pub(super) failed: Option<(Try, Then)>,
}

/// What a failed try means for its call.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Then {
    /// The request is at fault, and would be anywhere.
    Over,
    /// These routes cannot serve it.
    Closed(Vec<usize>),
    /// Its route may be tried again, having failed so often in a row.
    Again(u32),
    /// So, too, however often that was: it has too much to do, and nobody knows for how long.
    Busy,
}

impl Inner {
    /// Books the end of a try: its money, the health of its route and what shares its account, and the
    /// failures in a row.
    pub(super) fn conclude(&self, trying: Trying, verdict: &mut Verdict) -> Tried {
        let (place, begun) = (trying.place, trying.begun);
        let cost = trying.charge.settle(verdict);
        let Some(tried) = self.failed_try(verdict, place, trying.started) else {
            trying.permit.settle(None, None);
            return Tried {
                cost,
                too_late: !self.standing.served(),
                failed: None,
            };
        };
        if matches!(tried.cause, Cause::BadKey | Cause::OutOfCredit) {
            // Whatever status it came with.
            (verdict.weight, verdict.scope) = (Weight::Final, Scope::Account);
        }
        let soft = self.is_soft(verdict, &tried);
        if soft {
            trying.permit.settle_busy(tried.cause, tried.retry_after);
        } else {
            trying.permit.settle(Some(tried.cause), tried.retry_after);
        }
        if let Some(wait) = tried.retry_after
            && verdict.scope != Scope::Model
        {
            let model = &self.ways[place].route.model;
            self.health.rest(model, verdict.scope, wait);
        }
        let then = match verdict.weight {
            Weight::Refused if !self.may_pass_elsewhere(place, tried.cause) => Then::Over,
            Weight::Final | Weight::Refused => Then::Closed(self.close(place, verdict)),
            Weight::Good | Weight::Failed if soft && is_named(&tried) => Then::Again(1),
            Weight::Good | Weight::Failed if soft && !begun => Then::Busy,
            Weight::Good | Weight::Failed => Then::Again(self.standing.failed(place)),
        };
        Tried {
            cost,
            too_late: false,
            failed: Some((tried, then)),
        }
    }

    /// Whether a route only wants fewer calls, or has too much to do, and that may be over within the time
    /// for which a call is held.
    fn is_soft(&self, verdict: &Verdict, tried: &Try) -> bool {
        let limited = match tried.cause {
            Cause::RateLimited => true,
            Cause::ProviderError => verdict.busy,
            _ => false,
        };
        let far = tried
            .retry_after
            .is_some_and(|wait| wait > self.limits.hold);
        limited && !far
    }

    /// Whether another route may take a request that this one refused.
    fn may_pass_elsewhere(&self, place: usize, cause: Cause) -> bool {
        let is_route = route_to_blame(cause) || cause == Cause::BadModel;
        is_route && self.standing.left().iter().any(|other| *other != place)
    }

    /// Closes what a refusal is about: for the session, where it remembers. The routes that it closes.
    fn close(&self, place: usize, verdict: &Verdict) -> Vec<usize> {
        let refused = &self.ways[place].route.model;
        let covers = |other: &usize| {
            let model = &self.ways[*other].route.model;
            *other == place || self.health.covers(verdict.scope, refused, model)
        };
        let covered: Vec<usize> = (0..self.ways.len()).filter(covers).collect();
        if self.limits.remembers {
            for other in &covered {
                self.standing.close(*other);
            }
        }
        covered
    }

    /// The try as it is told, if it failed.
    fn failed_try(&self, verdict: &Verdict, place: usize, started: Instant) -> Option<Try> {
        let fault = verdict.fault?;
        let failure = CallFailure {
            status: verdict.status,
            fault,
            detail: &verdict.detail,
        };
        Some(Try {
            route: self.ways[place].route.model.clone(),
            status: verdict.status,
            fault,
            cause: (self.diagnose)(&failure),
            detail: verdict.detail.clone(),
            retry_after: verdict.retry_after,
            took: started.elapsed(),
        })
    }
}

/// Whether its provider named a time that is to come: one that is over says nothing of the next.
fn is_named(tried: &Try) -> bool {
    tried.retry_after.is_some_and(|wait| !wait.is_zero())
}
