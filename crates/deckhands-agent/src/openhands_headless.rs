//! OpenHands 0.59 in its headless form: an app container with OpenHands, and a sandbox that the app
//! starts itself (profile `socket`) or that we start (profile `managed`).
//!
//! `launch` (with `environment`, `native_tools`, `session`, `python_literal`) says how it is started; the reader
//! takes its output lines (`log_line`) and stored events (`event`, `stored`, `lenient`, `mend`), keeps
//! what they add up to (`progress`, `evidence`) and says in the end what they mean (`classify`,
//! `outcome`). Its exit code is 0 for nearly every ending, so the stored events decide.

mod environment;
mod launch;
mod native_tools;
mod python_literal;
mod session;

mod event;
mod lenient;
mod log_line;
mod mend;
mod stored;

mod evidence;
mod progress;

mod classify;
mod outcome;

use deckhands_model::{AgentEvent, CallFailure, Cause, GatewayFact, ModelId, Outcome};
use deckhands_runtime::OutputSource;

use crate::adapter::{
    AgentAdapter, AgentReader, ContainerFacts, EndedBy, EventFile, Progress, Unreadable,
};
use crate::launch::{Launch, LaunchError, LaunchRequest};

use evidence::Evidence;
use log_line::LogReader;
use progress::Tracker;

/// How the versions begin that recorded sessions and end-to-end runs prove.
pub const PROVED: &str = "0.59.";

/// The adapter for OpenHands 0.59.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenHandsHeadless;

impl AgentAdapter for OpenHandsHeadless {
    fn kind(&self) -> &'static str {
        "openhands-headless"
    }

    fn launch(&self, request: &LaunchRequest) -> Result<Launch, LaunchError> {
        launch::launch(request)
    }

    fn proves(&self, version: &str) -> bool {
        version.starts_with(PROVED)
    }

    fn call_failure(&self, call: &CallFailure<'_>) -> Cause {
        classify::failed_call(call)
    }

    fn calls_tools_natively(&self, model: &ModelId) -> bool {
        native_tools::calls_tools_natively(model)
    }

    fn reader(&self) -> Box<dyn AgentReader> {
        Box::<Reader>::default()
    }
}

/// Reads one session's record.
#[derive(Debug, Default)]
struct Reader {
    log: LogReader,
    evidence: Evidence,
    tracker: Tracker,
}

impl AgentReader for Reader {
    fn log_line(&mut self, source: OutputSource, line: &[u8]) {
        if let Some(fact) = self.log.read(source, line) {
            self.evidence.log_fact(&fact);
            self.tracker.log_fact(&fact);
            self.tracker.set_state(self.evidence.state());
        }
    }

    fn event(&mut self, file: EventFile<'_>) -> Result<AgentEvent, Unreadable> {
        let stored = event::parse(file)?;
        let event = event::translate(file.number, &stored);
        self.evidence.event(&event, &stored);
        self.tracker.event(&event, &stored);
        self.tracker.set_state(self.evidence.state());
        Ok(event)
    }

    fn gateway_fact(&mut self, fact: &GatewayFact) {
        self.evidence.gateway_fact(fact);
        self.tracker.gateway_fact(fact);
    }

    fn progress(&self) -> &Progress {
        self.tracker.progress()
    }

    fn outcome(&self, facts: &ContainerFacts, ended_by: Option<EndedBy>) -> Outcome {
        outcome::decide(&self.evidence, self.progress(), facts, ended_by)
    }
}

#[cfg(test)]
mod tests;
