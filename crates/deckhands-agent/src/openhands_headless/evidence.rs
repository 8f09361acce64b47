//! What of a session's record bears on how it ended.
//!
//! Collects and bounds; the judgement is `outcome`'s part. Lines and events come on two ways, and
//! nothing here depends on which of the two is read first.

use deckhands_model::{ActionKind, AgentEvent, AgentState, EventKind, GatewayFact};

use crate::one_line::{clean_text, one_line};

use super::classify::Awaited;
use super::log_line::{LogFact, RunError};
use super::stored::StoredEvent;

/// Bytes kept of the agent's last words.
const MAX_ANSWER: usize = 64 << 10;

/// Characters kept of a stored reason: a provider's body that is cut is no JSON any more.
const MAX_REASON: usize = 64 << 10;

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
    pub(super) run_error: Option<RunError>,
    /// The reason of the last state in the log, if it did not come to be stored.
    pub(super) status: Option<String>,
    /// Whether a limit was hit, if the reason did not come to be stored.
    pub(super) limits_hit: bool,
    /// Whether the agent ever worked.
    pub(super) worked: bool,
    /// Exceptions of which nobody said what became of them, in order.
    pub(super) exceptions: Vec<String>,
    /// Exceptions that the program said it did not survive, in order.
    pub(super) uncaught: Option<Uncaught>,
    /// Whether the sandbox container was there.
    pub(super) sandbox_started: bool,
    /// Whether the sandbox answered.
    pub(super) sandbox_ready: bool,
    /// The agent's last words.
    pub(super) answer: String,
    /// Times in a row that the agent shortened its memory and did nothing else.
    pub(super) condensations: u32,
    /// Answers in a row of the model that OpenHands could make no action of.
    pub(super) useless_answers: u32,
    /// The last setting that could not be read.
    pub(super) bad_setting: Option<String>,
    /// The last call to the model, where the gateway told of it.
    pub(super) last_call: Option<GatewayFact>,
}

/// A traceback that ended the program.
#[derive(Debug, Default)]
pub(super) struct Uncaught {
    /// Its exceptions.
    pub(super) chain: Vec<String>,
    /// The text form gives them line by line.
    follow: bool,
}

impl Evidence {
    pub(super) fn log_fact(&mut self, fact: &LogFact) {
        match fact {
            LogFact::State(state) => self.logged_state(*state),
            LogFact::RunError(error) => self.run_error = Some(error.clone()),
            LogFact::Status(text) => self.status = Some(text.clone()),
            LogFact::SandboxStarted => self.sandbox_started = true,
            LogFact::SandboxReady => self.sandbox_ready = true,
            LogFact::LimitsHit => self.limits_hit = true,
            LogFact::Uncaught(chain) => {
                self.uncaught = Some(Uncaught {
                    chain: chain.clone(),
                    follow: chain.is_empty(),
                });
            }
            LogFact::Exception(line) => self.exception(line),
            LogFact::BadSetting(line) => self.bad_setting = Some(line.clone()),
            LogFact::Retry => {}
        }
    }

    /// Only the last call counts: after an answer the agent worked on. What came after the gateway
    /// had given up was no call any more, unless an answer took that back.
    pub(super) fn gateway_fact(&mut self, fact: &GatewayFact) {
        let ended = self.last_call.as_ref().is_some_and(|last| last.gave_up);
        if !ended || (fact.is_good() && !fact.gave_up) {
            self.last_call = Some(fact.clone());
        }
    }

    /// An agent that works again has survived what was said before.
    fn logged_state(&mut self, state: AgentState) {
        self.logged = Some(state);
        if state == AgentState::Working {
            self.worked = true;
            self.run_error = None;
            self.status = None;
            self.limits_hit = false;
        }
    }

    /// Keeps the first half and the last half of what may be a long chain.
    fn exception(&mut self, line: &str) {
        let lines = match &mut self.uncaught {
            Some(uncaught) if uncaught.follow => &mut uncaught.chain,
            _ => &mut self.exceptions,
        };
        if lines.len() >= MAX_EXCEPTIONS {
            lines.remove(MAX_EXCEPTIONS / 2);
        }
        lines.push(line.to_owned());
    }

    pub(super) fn event(&mut self, event: &AgentEvent, stored: &StoredEvent) {
        match &event.kind {
            EventKind::StateChanged { state, .. } => {
                let reason = stored.extras.reason.0.as_deref().unwrap_or_default();
                self.stored_state(*state, one_line(reason, MAX_REASON));
            }
            EventKind::Action {
                action: ActionKind::Condense,
                ..
            } => self.condensations += 1,
            EventKind::Action { action, .. } => {
                self.condensations = 0;
                self.useless_answers = 0;
                if *action == ActionKind::Finish || stored.action.0.as_deref() == Some("reject") {
                    self.answer = answer(stored);
                }
            }
            EventKind::Observation { name, .. } if name == "error" => self.useless_answers += 1,
            EventKind::Observation { .. } | EventKind::Other { .. } => {}
        }
    }

    /// The last state counts, but a bad end is only taken back by work that went on, and being
    /// stopped after the end says nothing about the end.
    fn stored_state(&mut self, state: AgentState, reason: String) {
        use AgentState::{Finished, Stopped};
        self.worked |= state == AgentState::Working;
        let ended = self.stored.as_ref().map(|(state, _)| *state);
        let says_nothing_new = ended.filter(|ended| ended.is_final()).is_some_and(|ended| {
            state == Stopped
                || (state == Finished && ended != Finished)
                || (state == ended && reason.is_empty())
        });
        if !says_nothing_new {
            self.stored = Some((state, reason));
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

    /// The reason of the last state: the stored one, or else the logged one.
    pub(super) fn reason(&self) -> &str {
        let stored = self.stored.as_ref().map(|(_, reason)| reason.as_str());
        stored
            .filter(|reason| !reason.is_empty())
            .or(self.status.as_deref())
            .unwrap_or_default()
    }

    /// What the program waited for last.
    pub(super) fn awaited(&self) -> Awaited {
        if self.sandbox_started && !self.sandbox_ready {
            Awaited::Sandbox
        } else {
            Awaited::Other
        }
    }

    /// The exceptions that ended the program: what it did not catch, or, while the agent never
    /// worked, whatever was printed. Later, printed lines may repeat what others wrote.
    pub(super) fn fatal(&self) -> &[String] {
        match &self.uncaught {
            Some(uncaught) if !uncaught.chain.is_empty() => &uncaught.chain,
            _ if self.worked => &[],
            _ => &self.exceptions,
        }
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
