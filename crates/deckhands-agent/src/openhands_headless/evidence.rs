//! What of a session's record bears on how it ended.
//!
//! Collects and bounds; the judgement is `outcome`'s part.

use deckhands_model::{ActionKind, AgentEvent, AgentState, EventKind};

use crate::one_line::clean_text;

use super::log_line::LogFact;
use super::stored::StoredEvent;

/// Bytes kept of the agent's last words.
const MAX_ANSWER: usize = 64 << 10;

/// Exceptions kept; a traceback of OpenHands chains fewer than ten.
const MAX_EXCEPTIONS: usize = 16;

/// What the record holds.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The last stored change of state, and the reason it gives.
    pub(super) stored: Option<(AgentState, String)>,
    /// The last change of state in the log. Only second to `stored`.
    pub(super) logged: Option<AgentState>,
    /// The error that ended the work.
    pub(super) run_error: Option<String>,
    /// Exceptions since the program said that one was not caught, in order.
    pub(super) exceptions: Vec<String>,
    /// Whether a limit was hit, if the reason did not come to be stored.
    pub(super) limits_hit: bool,
    /// Whether the sandbox container was there.
    pub(super) sandbox_started: bool,
    /// Whether the sandbox answered.
    pub(super) sandbox_ready: bool,
    /// The agent's last words.
    pub(super) answer: String,
    /// Times in a row that the agent shortened its memory and did nothing else.
    pub(super) condensations: u32,
    /// The last setting that could not be read.
    pub(super) bad_setting: Option<String>,
}

impl Evidence {
    pub(super) fn log_fact(&mut self, fact: &LogFact) {
        match fact {
            LogFact::State(state) => self.logged = Some(*state),
            LogFact::RunError(text) => self.run_error = Some(text.clone()),
            LogFact::SandboxStarted => self.sandbox_started = true,
            LogFact::SandboxReady => self.sandbox_ready = true,
            LogFact::LimitsHit => self.limits_hit = true,
            LogFact::Uncaught(chain) => self.exceptions.clone_from(chain),
            LogFact::Exception(line) => self.exception(line),
            LogFact::BadSetting(line) => self.bad_setting = Some(line.clone()),
            LogFact::Retry => {}
        }
    }

    /// Keeps the first half and the last half of what may be a long chain.
    fn exception(&mut self, line: &str) {
        if self.exceptions.len() >= MAX_EXCEPTIONS {
            self.exceptions.remove(MAX_EXCEPTIONS / 2);
        }
        self.exceptions.push(line.to_owned());
    }

    pub(super) fn event(&mut self, event: &AgentEvent, stored: &StoredEvent) {
        match &event.kind {
            EventKind::StateChanged { state, reason } => {
                self.stored = Some((*state, reason.clone()));
            }
            EventKind::Action {
                action: ActionKind::Condense,
                ..
            } => self.condensations += 1,
            EventKind::Action { action, .. } => {
                self.condensations = 0;
                if *action == ActionKind::Finish {
                    self.answer = answer(stored);
                }
            }
            EventKind::Observation { .. } | EventKind::Other { .. } => {}
        }
    }

    /// The state in which the agent is, as far as the record shows.
    ///
    /// The log may tell of a bad end before the event is read, or where it never is. It is never
    /// enough for the good one.
    pub(super) fn state(&self) -> AgentState {
        match (&self.stored, self.logged) {
            (Some((state, _)), _) if state.is_final() => *state,
            (None, Some(AgentState::Finished)) => AgentState::Working,
            (Some((state, _)), Some(AgentState::Finished)) => *state,
            (_, Some(state)) if state.is_final() => state,
            (Some((state, _)), _) => *state,
            (None, Some(state)) => state,
            (None, None) => AgentState::Starting,
        }
    }

    /// Whether the log alone claims the good end.
    pub(super) fn only_logged_finish(&self) -> bool {
        self.logged == Some(AgentState::Finished) && !self.state().is_final()
    }

    /// The reason that the last state was stored with.
    pub(super) fn reason(&self) -> &str {
        self.stored.as_ref().map_or("", |(_, reason)| reason)
    }
}

/// What the agent says when it is done.
fn answer(stored: &StoredEvent) -> String {
    let args = &stored.args;
    let words = [&args.final_thought.0, &args.thought.0]
        .into_iter()
        .flatten();
    let said = words
        .map(|text| clean_text(text, MAX_ANSWER))
        .find(|text| !text.trim().is_empty());
    said.unwrap_or_default()
}

#[cfg(test)]
mod tests;
