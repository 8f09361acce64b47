//! A completion: from the agent's request over as many tries as it takes to its answer.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use deckhands_model::Cause;
use http::Response;
use hyper::body::Body;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::Inner;
use super::call::Call;
use super::choose::Pick;
use super::door::Visit;
use super::live::Streamed;
use super::pause;
use super::tried::{Then, Trying};
use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::client::Opened;
use crate::loops::Watch;
use crate::request::{self, ChatRequest};
use crate::verdict::{self, Verdict};

/// What follows from a try.
enum Next {
    Answer(Response<AnswerBody>),
    Again,
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
        if let Some(why) = self.not_allowed(&call) {
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
            let body = call.request.body_for(&way.route, self.purse.is_some());
            let charge = match self.pay(place, &mut call, body.len()).await {
                Ok(charge) => charge,
                Err(refused) => return self.no_money(call, &refused, visit).await,
            };
            let mut trying = Trying {
                place,
                permit,
                charge,
                started: Instant::now(),
                begun: false,
            };
            let time = self.limits.whole.saturating_sub(call.arrived.elapsed());
            let streamed = call.request.streamed;
            match way.client.open(body, streamed, time).await {
                Opened::Live(begun, headers) => {
                    trying.begun = true;
                    let streamed = Streamed {
                        trying,
                        slot,
                        headers,
                    };
                    return self.live(call, begun, streamed, visit).await;
                }
                Opened::Ended(ending) => {
                    let verdict = verdict::judge(&ending, streamed, &self.veil(visit));
                    let ended = self.ended(&mut call, trying, verdict, visit);
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
        trying: Trying,
        mut verdict: Verdict,
        visit: &Visit,
    ) -> Next {
        let place = trying.place;
        let way = &self.ways[place];
        let done = self.conclude(trying, &mut verdict);
        call.paid(done.cost, verdict.may_cost);
        let Some((tried, then)) = done.failed else {
            let mut fact = call.fact(Some(way), &verdict, None);
            fact.gave_up = done.too_late;
            let answer = verdict.answer.with_cost(fact.usage.cost_usd);
            return Next::Answer(self.answered(call, fact, answer, visit).await);
        };
        let own = match then {
            Then::Over => {
                let fact = call.fact(Some(way), &verdict, Some(tried.cause));
                return Next::Answer(self.answered(call, fact, verdict.answer, visit).await);
            }
            Then::Closed(places) => {
                call.close(places);
                pause::after(1, self.limits.pause)
            }
            Then::Again(failures) => pause::after(failures, self.limits.pause),
            Then::Busy => self.busy_pause(call, place),
        };
        // A longer time that the provider named is known by the route's health.
        let named = tried.retry_after.is_some_and(|wait| wait >= own);
        call.pause(place, if named { Duration::ZERO } else { own });
        call.failed(tried, verdict);
        Next::Again
    }

    /// Before a call tries a route again that has too much to do.
    fn busy_pause(&self, call: &mut Call, place: usize) -> Duration {
        call.met_busy(place);
        let before = call.tries_at(place);
        let times = u32::try_from(before).unwrap_or(u32::MAX);
        let pause = pause::after(times.saturating_add(1), self.limits.pause);
        let drawn = pause::drawn((self.seed, call.number(), place, before));
        pause::spread(pause, self.limits.jitter, drawn)
    }
}
