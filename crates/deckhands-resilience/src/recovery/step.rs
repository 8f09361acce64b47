//! The pure transition: state and failure in, state and decision out.

use deckhands_model::{Cause, ErrorType, Strategy};
use jiff::Timestamp;

use super::decision::{Decision, FailedAttempt, GiveUp, Next, Rung};
use super::policies::{Facts, MOST_MEMORY_RAISES, OtherRoutes, Policies, StandIns};
use super::state::{Position, RecoveryState, memory_factor};
use super::treatment::{Treatment, ladder, route_to_blame, treatment};
use crate::backoff::{later, retry_at};

/// Decides what comes after a failed attempt. The attempt that follows is sized by the returned
/// state's [`RecoveryState::memory_factor`].
#[must_use]
pub fn step(
    state: &RecoveryState,
    failed: &FailedAttempt,
    policies: &Policies,
    facts: &Facts,
) -> (RecoveryState, Decision) {
    let mut state = state.clone();
    let started = failed.started.unwrap_or(facts.now);
    state.spent = state.spent.with(started, failed.work, failed.micro_dollars);
    let mut walk = Walk {
        failed,
        policies,
        facts,
        state,
        rungs: Vec::new(),
        open_route: false,
        refused: None,
    };
    let next = walk.run();
    let decision = Decision {
        rungs: walk.rungs,
        next,
        open_route: walk.open_route,
    };
    (walk.state, decision)
}

/// One walk up the ladder.
struct Walk<'a> {
    failed: &'a FailedAttempt,
    policies: &'a Policies,
    facts: &'a Facts,
    state: RecoveryState,
    rungs: Vec<Rung>,
    open_route: bool,
    /// The last reason of the budget against an attempt that a rung asked for.
    refused: Option<GiveUp>,
}

/// What a rung says: what it leads to with its reason, or why it is passed over.
type Answer = Result<(Next, String), String>;

impl Walk<'_> {
    fn run(&mut self) -> Next {
        let treatment = treatment(self.failed.cause);
        if let Some(next) = self.special(treatment) {
            return next;
        }
        let from = self.position();
        for (index, &strategy) in ladder(from.error_type).iter().enumerate().skip(from.rung) {
            let tries = if index == from.rung { from.tries } else { 0 };
            let here = Position {
                rung: index,
                tries,
                ..from
            };
            let opened = self.open_route;
            let answer = self.rung(treatment, strategy, here);
            let acted = self.open_route != opened;
            if let Some(next) = self.record(strategy, answer, acted) {
                return next;
            }
        }
        Next::GiveUp {
            reason: self.why_not(treatment),
        }
    }

    /// The steps that a cause has before its type's ladder.
    fn special(&mut self, treatment: Treatment) -> Option<Next> {
        match treatment {
            Treatment::OtherRouteOnce => {
                let answer = self.other_route_once();
                self.record(Strategy::FallbackModel, answer, false)
            }
            Treatment::MoreMemory => {
                let answer = self.more_memory();
                self.record(Strategy::Retry, answer, false)
            }
            Treatment::Stop | Treatment::Refuse | Treatment::Climb => None,
        }
    }

    fn rung(&mut self, treatment: Treatment, strategy: Strategy, here: Position) -> Answer {
        match strategy {
            Strategy::FallbackMock => self.stand_in(treatment),
            Strategy::Escalate => Ok((
                Next::GiveUp {
                    reason: self.why_not(treatment),
                },
                self.failed.cause.hint().to_owned(),
            )),
            _ if treatment == Treatment::Stop => Err(GiveUp::Permanent.to_string()),
            _ if treatment != Treatment::Climb => Err(GiveUp::SameAgain.to_string()),
            Strategy::CircuitBreak => self.circuit_break(here),
            Strategy::Retry | Strategy::RetryWithBackoff | Strategy::FallbackModel => {
                self.again(strategy, here)
            }
        }
    }

    /// `retry`, `retry_with_backoff` and `fallback_model`: another attempt while tries are left.
    fn again(&mut self, strategy: Strategy, here: Position) -> Answer {
        let most = self.most_tries(strategy, here.error_type);
        if here.tries >= most {
            return Err(format!("tried {} of {most} times", here.tries));
        }
        let (next, reason) = match strategy {
            Strategy::FallbackModel => self.other_route()?,
            Strategy::RetryWithBackoff => self.same_route(Some(here.tries + 1)),
            _ => self.same_route(None),
        };
        self.afford(next)?;
        let tries = here.tries + 1;
        self.state.set(Position { tries, ..here });
        Ok((next, format!("{reason}, try {tries} of {most}")))
    }

    /// Opens the route once, and goes on elsewhere or after its cool-down.
    fn circuit_break(&mut self, here: Position) -> Answer {
        if !route_to_blame(self.failed.cause) {
            return Err("the model's route is not to blame".to_owned());
        }
        if here.tries > 0 {
            return Err("the route was opened before".to_owned());
        }
        self.open_route = true;
        self.state.set(Position { tries: 1, ..here });
        let (next, reason) = self.other_route().unwrap_or_else(|_none| {
            let cooled = later(self.facts.now, self.policies.cool_down);
            let until = self.reset().map_or(cooled, |reset| reset.max(cooled));
            (
                Next::Park { until },
                "the only route is left alone until it has cooled down".to_owned(),
            )
        });
        self.afford(next)
            .map_err(|no| format!("the route is left alone, but {no}"))?;
        Ok((next, reason))
    }

    fn stand_in(&self, treatment: Treatment) -> Answer {
        match self.policies.stand_ins {
            StandIns::Simulate if treatment == Treatment::Stop => {
                Err(GiveUp::Permanent.to_string())
            }
            StandIns::Simulate => {
                Ok((Next::Degrade, "a stand-in, as `--simulate` asks".to_owned()))
            }
            StandIns::Forbidden => Err("stand-ins exist only under `--simulate`".to_owned()),
        }
    }

    fn other_route_once(&mut self) -> Answer {
        if self.state.other_route_taken {
            return Err("another route was taken before".to_owned());
        }
        let (next, reason) = self.other_route()?;
        self.afford(next)?;
        self.state.other_route_taken = true;
        Ok((next, reason))
    }

    fn more_memory(&mut self) -> Answer {
        let most = self.policies.memory_raises.min(MOST_MEMORY_RAISES);
        let raised = self.state.memory_raised.saturating_add(1);
        if raised > most {
            return Err(format!("memory was doubled {} of {most} times", raised - 1));
        }
        let memory_factor = memory_factor(raised);
        let next = Next::Bigger {
            memory_factor,
            at: self.facts.now,
        };
        self.afford(next)?;
        self.state.memory_raised = raised;
        Ok((next, format!("again with {memory_factor} times the memory")))
    }

    fn other_route(&self) -> Answer {
        match self.facts.other_routes {
            OtherRoutes::Available => {
                let next = Next::OtherRoute { at: self.facts.now };
                Ok((next, "another route is available".to_owned()))
            }
            OtherRoutes::None => Err("there is no other route".to_owned()),
        }
    }

    /// Another attempt on the same route: at once, or after the delay of a retry; in either case
    /// not before the time that the provider named.
    fn same_route(&self, delayed: Option<u32>) -> (Next, String) {
        let reset = self.reset();
        let at = match delayed {
            Some(n) => retry_at(
                self.facts.now,
                n,
                &self.policies.retry,
                self.facts.random,
                reset,
            ),
            None => reset.map_or(self.facts.now, |reset| reset.max(self.facts.now)),
        };
        let named = reset.is_some_and(|reset| reset > self.facts.now);
        let quota = self.failed.cause == Cause::QuotaUntilReset && named;
        if quota || at > later(self.facts.now, self.policies.park_after) {
            return (
                Next::Park { until: at },
                "parked until the route may be used".to_owned(),
            );
        }
        let reason = if delayed.is_some() {
            "again after a delay"
        } else {
            "again at once"
        };
        (Next::Retry { at }, reason.to_owned())
    }

    /// The later of the times that the provider named.
    fn reset(&self) -> Option<Timestamp> {
        let after = self
            .failed
            .retry_after
            .map(|wait| later(self.facts.now, wait));
        self.failed.reset_at.max(after)
    }

    fn most_tries(&self, strategy: Strategy, error_type: ErrorType) -> u32 {
        let tries = self.policies.tries;
        match strategy {
            Strategy::Retry if error_type == ErrorType::Unknown => tries.retry.min(1),
            Strategy::Retry => tries.retry,
            Strategy::RetryWithBackoff => {
                tries.retry_with_backoff.min(self.policies.retry.retries())
            }
            Strategy::FallbackModel => tries.fallback_model,
            Strategy::FallbackMock | Strategy::CircuitBreak | Strategy::Escalate => 1,
        }
    }

    /// Refuses another attempt that the budget does not allow.
    fn afford(&mut self, next: Next) -> Result<(), String> {
        let start = next.at().unwrap_or(self.facts.now);
        let Some(part) = self.policies.budget.exhausted(&self.state.spent, start) else {
            return Ok(());
        };
        let reason = GiveUp::from(part);
        self.refused = Some(reason);
        Err(reason.to_string())
    }

    /// Stores a rung. One that led to no attempt may have `acted` nevertheless: opened the route.
    fn record(&mut self, strategy: Strategy, answer: Answer, acted: bool) -> Option<Next> {
        let (next, reason) = match answer {
            Ok((next, reason)) => (Some(next), reason),
            Err(reason) => (None, reason),
        };
        let taken = next.is_some() || acted;
        self.rungs.push(Rung {
            strategy,
            taken,
            reason,
        });
        next
    }

    fn why_not(&self, treatment: Treatment) -> GiveUp {
        match (treatment, self.refused) {
            (_, Some(refused)) => refused,
            (Treatment::Stop, None) => GiveUp::Permanent,
            (Treatment::Refuse, None) => GiveUp::SameAgain,
            (Treatment::Climb | Treatment::OtherRouteOnce | Treatment::MoreMemory, None) => {
                GiveUp::LadderEnded
            }
        }
    }

    fn position(&self) -> Position {
        self.state.position(self.failed.cause.error_type())
    }
}

#[cfg(test)]
mod tests;
