//! The ends of calls: how each is told, recorded and answered.

use std::time::{Duration, SystemTime};

use deckhands_model::{CallFailure, CallFault, Cause, ErrorType, GatewayFact};
use http::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use jiff::Timestamp;

use super::Inner;
use super::call::Call;
use super::door::Visit;
use crate::answer::{Answer, COST};
use crate::body::AnswerBody;
use crate::money::Refused;
use crate::tape::{Replay, Replayed, TapedAnswer, TapedCall};
use crate::text;
use crate::verdict::Weight;

/// By this word OpenHands knows that its budget is used up (contract 6.6).
const EXCEEDED: &str = "ExceededBudget";

impl Inner {
    /// When a call arrived, by the clock that the health of routes goes by.
    pub(super) fn began(&self, call: &Call) -> Option<SystemTime> {
        let arrived = self.health.now().checked_sub(call.arrived.elapsed());
        arrived.ok().map(SystemTime::from)
    }

    /// Tells and records a call, then answers.
    pub(super) async fn answered(
        &self,
        call: &Call,
        mut fact: GatewayFact,
        answer: Answer,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        fact.account.began = self.began(call);
        log(&fact, answer.status);
        self.note_end(call, fact.cause);
        if let Some(recorder) = &self.recorder {
            let taped = TapedCall {
                request: call.body.clone(),
                answer: taped(&answer),
                served: fact.model.clone(),
                usage: fact.usage,
            };
            let secrets: Vec<&str> = self.secrets(visit).collect();
            recorder.record(taped, &secrets).await;
        }
        visit.tell(fact).await;
        answer.into_response()
    }

    /// Ends this call and all that come after it.
    async fn give_up(
        &self,
        call: &Call,
        mut fact: GatewayFact,
        answer: Answer,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        fact.gave_up = self.limits.remembers && self.standing.give_up(answer.clone(), false);
        self.answered(call, fact, answer, visit).await
    }

    /// The same where every route has failed again and again, which one that still answers disproves.
    async fn give_up_for_now(
        &self,
        call: &Call,
        mut fact: GatewayFact,
        answer: Answer,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        fact.gave_up = self.limits.remembers && self.standing.give_up(answer.clone(), true);
        self.answered(call, fact, answer, visit).await
    }

    /// The agent does the same over and over.
    pub(super) async fn in_a_loop(&self, call: Call, visit: &Visit) -> Response<AnswerBody> {
        let words = format!("the agent makes no progress: {}", call.seen.watch);
        let answer = Answer::gave_up(&words);
        let cause = self.cause_of_loop(call.seen.watch);
        let fact = call.own_fact(cause, &words);
        self.give_up(&call, fact, answer, visit).await
    }

    /// No route is left: no further call is made.
    pub(super) async fn none_left(&self, call: Call, visit: &Visit) -> Response<AnswerBody> {
        let Some((tried, verdict)) = call.last.as_ref() else {
            if let Some(answer) = self.standing.given_up() {
                return answer.into_response();
            }
            // A stream closed the last one.
            let words = "no route is left that could serve a call";
            let answer = Answer::gave_up(words);
            let fact = call.own_fact(Cause::ProviderError, words);
            return self.give_up_for_now(&call, fact, answer, visit).await;
        };
        let fact = call.fact_of_last(tried, verdict);
        match verdict.weight {
            Weight::Final | Weight::Refused => {
                let answer = verdict.answer.clone();
                self.give_up(&call, fact, answer, visit).await
            }
            Weight::Good | Weight::Failed => {
                let answer = Answer::gave_up(&verdict.words);
                self.give_up_for_now(&call, fact, answer, visit).await
            }
        }
    }

    /// No route may be called for longer than a call is held.
    pub(super) async fn not_in_time(
        &self,
        call: Call,
        wait: Duration,
        reset: Option<Timestamp>,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        let Some(reset) = reset else {
            return self.not_now(call, wait, visit).await;
        };
        let words = format!("no route may be called before {reset:.0}");
        let answer = Answer::gave_up(&words);
        let last = call.last.as_ref().map(|(tried, _)| tried);
        let other = last.map(|tried| tried.cause);
        let other = other.filter(|cause| cause.error_type() != ErrorType::RateLimit);
        let cause = other.unwrap_or(Cause::QuotaUntilReset);
        let words = last.map_or_else(
            || words.clone(),
            |tried| format!("{words}: {}", tried.detail),
        );
        let fact = GatewayFact {
            route: last.map(|tried| tried.route.clone()),
            status: last.and_then(|tried| tried.status),
            retry_after: Some(wait),
            ..call.own_fact(cause, &words)
        };
        self.give_up(&call, fact, answer, visit).await
    }

    /// It may pass by the time that the agent asks again. A route that had too much to do for as long as
    /// a call may be held has failed by that.
    async fn not_now(&self, call: Call, wait: Duration, visit: &Visit) -> Response<AnswerBody> {
        for place in call.busy() {
            self.standing.failed(*place);
        }
        let busy = !call.busy().is_empty();
        if busy && !self.is_any_left(&call) {
            return self.none_left(call, visit).await;
        }
        let (answer, fact) = match &call.last {
            Some((tried, verdict)) => {
                let answer = verdict.answer.clone();
                let pause = busy.then_some(wait);
                (answer.with_pause(pause), call.fact_of_last(tried, verdict))
            }
            None => {
                let words = "no route may be called now: they failed again and again";
                let answer = Answer::error(503, words).with_pause(Some(wait));
                let fact = GatewayFact {
                    retry_after: Some(wait),
                    ..call.own_fact(Cause::ProviderError, words)
                };
                (answer, fact)
            }
        };
        self.answered(&call, fact, answer, visit).await
    }

    /// There is no money for the call, or none can be drawn.
    pub(super) async fn no_money(
        &self,
        call: Call,
        refused: &Refused,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        let words = text::chain(refused);
        if let Refused::Cap(_) = refused {
            let answer = Answer::error(400, &format!("{EXCEEDED}: {words}"));
            let fact = call.own_fact(Cause::BudgetLimit, &words);
            return self.give_up(&call, fact, answer, visit).await;
        }
        // Nothing is forwarded that no drawn money covers; the agent asks again.
        let fact = call.own_fact(Cause::Unknown, &words);
        self.answered(&call, fact, Answer::error(503, &words), visit)
            .await
    }

    /// Answers from a tape.
    pub(super) async fn replayed(
        &self,
        call: Call,
        replay: &Replay,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        match replay.next(&call.body) {
            Ok(replayed) => self.play(call, replayed, visit).await,
            Err(error) => {
                let words = text::chain(&error);
                let answer = Answer::gave_up(&words);
                let fact = call.own_fact(Cause::ProviderError, &words);
                self.give_up(&call, fact, answer, visit).await
            }
        }
    }

    async fn play(&self, call: Call, replayed: Replayed, visit: &Visit) -> Response<AnswerBody> {
        if let Some(diverged) = &replayed.diverged {
            tracing::info!(
                call = replayed.call,
                ?diverged,
                "the agent asks other than recorded"
            );
        }
        let answer = untaped(&replayed.answer);
        let detail = String::from_utf8_lossy(&replayed.answer.body);
        let detail = text::beginning(&detail, GatewayFact::MAX_DETAIL);
        let failure = (answer.status != 200).then_some(CallFailure {
            status: Some(answer.status),
            fault: CallFault::Refused,
            detail,
        });
        let cause = failure.map(|failure| (self.diagnose)(&failure));
        let fact = GatewayFact {
            cause,
            status: Some(answer.status),
            fault: failure.map(|failure| failure.fault),
            model: replayed.served,
            usage: replayed.usage,
            ..call.own_fact(Cause::Unknown, if cause.is_some() { detail } else { "" })
        };
        match answer.status {
            401 | 402 | 404 => self.give_up(&call, fact, answer, visit).await,
            _ => self.answered(&call, fact, answer, visit).await,
        }
    }
}

fn taped(answer: &Answer) -> TapedAnswer {
    let header = |name: HeaderName| {
        let value = answer.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    TapedAnswer {
        status: answer.status,
        content_type: header(CONTENT_TYPE),
        cost: header(COST),
        body: answer.body.clone(),
    }
}

/// An answer of a tape; a status that no answer of ours has becomes one that the agent gets by.
fn untaped(taped: &TapedAnswer) -> Answer {
    let status = match taped.status {
        ours @ (200 | 400..=404 | 503 | 504) => ours,
        _ => 503,
    };
    let mut answer = Answer::json(status, taped.body.clone());
    for (name, value) in [(CONTENT_TYPE, &taped.content_type), (COST, &taped.cost)] {
        if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
            answer.headers.insert(name, value);
        }
    }
    answer
}

/// Without bodies: they are the provider's and the agent's words.
pub(super) fn log(fact: &GatewayFact, answered: u16) {
    tracing::debug!(
        call = fact.call,
        route = fact.route.as_ref().map(tracing::field::display),
        earlier = fact.earlier.len(),
        status = fact.status,
        fault = ?fact.fault,
        answered,
        took = ?fact.took,
        held = ?fact.held,
        gave_up = fact.gave_up,
        "a model call ended"
    );
}
