//! A completion: from the agent's request over as many tries as it takes to its answer.

use std::error::Error;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use deckhands_model::{CallFailure, Cause, Try};
use deckhands_resilience::recovery::route_to_blame;
use http::Response;
use hyper::body::Body;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::Inner;
use super::call::Call;
use super::charge::Charge;
use super::choose::Pick;
use super::door::Visit;
use super::live::Streamed;
use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::client::Opened;
use crate::health::CallPermit;
use crate::loops::{CallEnd, Sighting, Watch};
use crate::request::{self, ChatRequest};
use crate::route::Scope;
use crate::verdict::{self, Verdict, Weight};

/// Longest pause before a route is tried again by the same call.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What follows from a try.
enum Next {
    Answer(Response<AnswerBody>),
    Again,
}

/// One try at a route.
struct Attempt {
    place: usize,
    permit: CallPermit,
    charge: Charge,
    started: Instant,
}

impl Inner {
    /// Carries a completion out.
    pub(super) async fn chat<B>(self: &Arc<Self>, body: B, visit: &Visit) -> Response<AnswerBody>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let arrived = Instant::now();
        // Refused, not queued: nobody but a runaway client makes so many at once.
        let Ok(slot) = self.slots.clone().try_acquire_owned() else {
            return Answer::error(503, "too many calls at the same time").into_response();
        };
        if let Some(answer) = self.standing.given_up() {
            return answer.into_response();
        }
        let read = request::read(body, self.limits.request_bytes, self.limits.answer).await;
        let parsed = read.and_then(|body| {
            let request = ChatRequest::parse(&body)?;
            Ok((body, request))
        });
        let (body, request) = match parsed {
            Ok(parsed) => parsed,
            Err(unfit) => return unfit.answer().into_response(),
        };
        let seen = self.look_for_loops(&body);
        let call = Call::new(self.next_number(), arrived, (body, request), seen);
        if let Watch::End { .. } = seen.watch {
            return self.in_a_loop(call, visit).await;
        }
        if let Some(replay) = &self.replay {
            return self.replayed(call, replay, visit).await;
        }
        if let Some(why) = self.unbounded(&call) {
            let fact = call.own_fact(Cause::BadInput, &why);
            let answer = Answer::error(400, &why);
            return self.answered(&call, fact, answer, visit).await;
        }
        self.tries(call, slot, visit).await
    }

    /// Tries one route after the other.
    async fn tries(
        self: &Arc<Self>,
        mut call: Call,
        slot: OwnedSemaphorePermit,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        loop {
            let (place, permit) = match self.choose(&mut call).await {
                Pick::Go(place, permit) => (place, permit),
                Pick::NoneLeft => return self.none_left(call, visit).await,
                Pick::NotInTime { wait, reset } => {
                    return self.not_in_time(call, wait, reset, visit).await;
                }
            };
            let way = &self.ways[place];
            let body = call.request.body_for(&way.route);
            let charge = match self.pay(place, &mut call, body.len()).await {
                Ok(charge) => charge,
                Err(refused) => return self.no_money(call, &refused, visit).await,
            };
            let attempt = Attempt {
                place,
                permit,
                charge,
                started: Instant::now(),
            };
            let time = self.limits.whole.saturating_sub(call.arrived.elapsed());
            let streamed = call.request.streamed;
            match way.client.open(body, streamed, time).await {
                Opened::Live(begun, headers) => {
                    let streamed = Streamed {
                        place,
                        permit: attempt.permit,
                        charge: attempt.charge,
                        slot,
                        headers,
                    };
                    return self.live(call, begun, streamed, visit).await;
                }
                Opened::Ended(ending) => {
                    let verdict = verdict::judge(&ending, streamed, &self.veil(visit));
                    let ended = self.ended(&mut call, attempt, verdict, visit);
                    if let Next::Answer(answer) = ended.await {
                        return answer;
                    }
                }
            }
        }
    }

    /// What follows from a try that is over.
    async fn ended(
        &self,
        call: &mut Call,
        attempt: Attempt,
        mut verdict: Verdict,
        visit: &Visit,
    ) -> Next {
        let (place, way) = (attempt.place, &self.ways[attempt.place]);
        let cost = attempt.charge.settle(&verdict);
        let Some(tried) = self.failed_try(&verdict, place, attempt.started) else {
            attempt.permit.settle(None, None);
            self.standing.served();
            let mut fact = call.fact(Some(way), &verdict, None);
            fact.usage.cost_usd = fact.usage.cost_usd.or(cost.map(|cost| cost.as_f64()));
            let answer = verdict.answer.with_cost(fact.usage.cost_usd);
            return Next::Answer(self.answered(call, fact, answer, visit).await);
        };
        let cause = tried.cause;
        if matches!(cause, Cause::BadKey | Cause::OutOfCredit) {
            // Whatever status it came with.
            (verdict.weight, verdict.scope) = (Weight::Final, Scope::Account);
        }
        attempt.permit.settle(Some(cause), tried.retry_after);
        if let Some(wait) = tried.retry_after
            && verdict.scope != Scope::Model
        {
            self.health.rest(&way.route.model, verdict.scope, wait);
        }
        let is_route = route_to_blame(cause) || cause == Cause::BadModel;
        let others = self.standing.left().iter().any(|other| *other != place);
        if verdict.weight == Weight::Refused && !(others && is_route) {
            // The request is at fault, and would be anywhere.
            let fact = call.fact(Some(way), &verdict, Some(cause));
            return Next::Answer(self.answered(call, fact, verdict.answer, visit).await);
        }
        let failures = self.count(place, &verdict, &tried);
        if verdict.weight != Weight::Failed {
            call.close(self.covered(place, &verdict));
        }
        let doubled = 1_u32 << failures.saturating_sub(1).min(16);
        let own = self.limits.pause.saturating_mul(doubled).min(LONGEST_PAUSE);
        // A longer time that the provider named is known by the route's health.
        let named = tried.retry_after.is_some_and(|wait| wait >= own);
        call.pause(place, if named { Duration::ZERO } else { own });
        call.failed(tried, verdict);
        Next::Again
    }

    /// Counts a failed try against its route, and against whatever else it says something of. How many
    /// it is in a row; a rate limit whose end is named and near is none.
    pub(super) fn count(&self, place: usize, verdict: &Verdict, tried: &Try) -> u32 {
        let near = |wait: Duration| wait <= self.limits.hold;
        match verdict.weight {
            Weight::Final | Weight::Refused => {
                if self.limits.remembers {
                    let covered = self.covered(place, verdict).into_iter();
                    covered.for_each(|other| self.standing.close(other));
                }
                1
            }
            _ if tried.cause == Cause::RateLimited && tried.retry_after.is_some_and(near) => 1,
            Weight::Good | Weight::Failed => self.standing.failed(place),
        }
    }

    /// The routes that a refusal closes.
    fn covered(&self, place: usize, verdict: &Verdict) -> Vec<usize> {
        let refused = &self.ways[place].route.model;
        let covers = |other: &usize| {
            let model = &self.ways[*other].route.model;
            *other == place || verdict.scope.covers(refused, model)
        };
        (0..self.ways.len()).filter(covers).collect()
    }

    /// The try as it is told, if it failed.
    pub(super) fn failed_try(
        &self,
        verdict: &Verdict,
        place: usize,
        started: Instant,
    ) -> Option<Try> {
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

    /// How a request looks beside those before it.
    fn look_for_loops(&self, body: &[u8]) -> Sighting {
        let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = loops.see(body);
        drop(loops);
        if let Watch::Warn { .. } = seen.watch {
            tracing::warn!("the agent seems to be in a loop: {}", seen.watch);
        }
        seen
    }

    /// Remembers how a call ended: one that is repeated after a failure is no loop.
    pub(super) fn note_end(&self, call: &Call, good: bool) {
        let end = if good { CallEnd::Good } else { CallEnd::Failed };
        let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        loops.ended(&call.seen, end);
    }
}
