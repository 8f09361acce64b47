//! The deadlines of a running agent, on tokio's clock.

use std::time::Duration;

use deckhands_agent::{EndedBy, Progress, Retry};
use deckhands_model::{AgentState, Deadlines, ModelId};
use tokio::time::Instant;

use crate::adoption::Measured;

/// Calls that the provider's client library makes by itself for one call of the agent.
const OPENAI_CLIENT_TRIES: u32 = 3;

/// Measures a running agent against its deadlines.
#[derive(Debug)]
pub(super) struct Watchdog {
    deadlines: Deadlines,
    idle: Duration,
    started: Instant,
    /// Time that other processes measured before this one.
    before: Measured,
    first_event: Option<Instant>,
    last_event: Instant,
    last_look: Instant,
    awaiting_since: Option<Instant>,
    /// Whether its call is held at the gateway.
    held: bool,
    work: Duration,
    wait: Duration,
}

impl Watchdog {
    /// Starts measuring now, after what other processes measured. The agent counts as active. It may
    /// be silent for as long as one call of its model takes.
    pub(super) fn start(
        deadlines: Deadlines,
        model_call: Duration,
        before: Measured,
        now: Instant,
    ) -> Self {
        Self {
            deadlines,
            idle: deadlines.idle.max(model_call),
            started: now,
            before,
            first_event: before.begun.then_some(now),
            last_event: now,
            last_look: now,
            awaiting_since: None,
            held: false,
            work: before.work,
            wait: before.wait,
        }
    }

    /// Notes that the agent recorded something.
    pub(super) fn event(&mut self, now: Instant) {
        if self.first_event.is_none() {
            self.first_event = Some(now);
            self.last_look = now;
        }
        self.last_event = now;
    }

    /// Notes that the agent is not idle, though it recorded nothing.
    pub(super) fn sign_of_life(&mut self, now: Instant) {
        self.last_event = now;
    }

    /// Notes whether the agent's call is held because no route to its model may be called.
    pub(super) fn held(&mut self, held: bool) {
        self.held = held;
    }

    /// Books the time since the last look, and tells which deadline has passed, if one has.
    pub(super) fn look(&mut self, progress: &Progress, now: Instant) -> Option<EndedBy> {
        self.book(progress, now);
        self.awaiting_since =
            does_nothing_more(progress.state).then(|| self.awaiting_since.unwrap_or(now));
        let awaiting = self
            .awaiting_since
            .is_some_and(|t| now - t >= self.deadlines.awaiting);
        if awaiting {
            return Some(EndedBy::Awaiting);
        }
        if self.first_event.is_none() {
            return (self.start_time(now) >= self.deadlines.start)
                .then_some(EndedBy::StartDeadline);
        }
        if self.work >= self.deadlines.work {
            Some(EndedBy::WorkDeadline)
        } else {
            (now - self.last_event >= self.idle).then_some(EndedBy::IdleDeadline)
        }
    }

    /// Time at work is time since the first event in which the agent does not wait to repeat a
    /// failed model call, and the gateway does not wait for it.
    fn book(&mut self, progress: &Progress, now: Instant) {
        let passed = now - self.last_look;
        self.last_look = now;
        if self.first_event.is_some() {
            if progress.waiting || self.held {
                self.wait += passed;
            } else {
                self.work += passed;
            }
        }
    }

    /// Time at work so far.
    pub(super) fn work(&self) -> Duration {
        self.work
    }

    /// Time waited so far.
    pub(super) fn wait(&self) -> Duration {
        self.wait
    }

    /// From the start to the first event, or to now while there is none.
    pub(super) fn start_time(&self, now: Instant) -> Duration {
        self.before.start + (self.first_event.unwrap_or(now) - self.started)
    }

    /// All of it, for another process to go on with.
    pub(super) fn measured(&self, now: Instant) -> Measured {
        Measured {
            begun: self.first_event.is_some(),
            start: self.start_time(now),
            work: self.work,
            wait: self.wait,
        }
    }
}

/// Whether an agent in this state does nothing more by itself. A final state that is stored ends
/// the watching at once; one that comes here was told by the log alone.
fn does_nothing_more(state: AgentState) -> bool {
    state == AgentState::AwaitingInput || state.is_final()
}

/// How long one call of the agent to its model may last with all repetitions, and a reserve of
/// 30 s: timeout × calls × tries of the client library + waits between the calls.
pub(super) fn longest_model_call(retry: Retry, model: &ModelId) -> Duration {
    let tries = if model.provider() == "openai" {
        OPENAI_CLIENT_TRIES
    } else {
        1
    };
    let calls = retry.attempts.saturating_mul(tries);
    let waits = retry
        .max_wait
        .saturating_mul(retry.attempts.saturating_sub(1));
    retry
        .timeout
        .saturating_mul(calls)
        .saturating_add(waits)
        .saturating_add(Duration::from_secs(30))
}

#[cfg(test)]
mod tests;
