//! OpenHands 0.59 in its headless form, profile `socket`: the app container starts its own sandbox
//! through the Docker socket.
//!
//! `launch` (with `environment`, `session`, `python_literal`) says how it is started; the reader
//! takes its output lines (`log_line`) and stored events (`event`, `stored`, `lenient`, `mend`), keeps
//! what they add up to (`progress`, `evidence`) and says in the end what they mean (`classify`,
//! `outcome`). Its exit code is 0 for nearly every ending, so the stored events decide.

mod environment;
mod launch;
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

use deckhands_model::{AgentEvent, Outcome};
use deckhands_runtime::OutputSource;

use crate::adapter::{
    AgentAdapter, AgentReader, ContainerFacts, EndedBy, EventFile, Launch, LaunchError,
    LaunchRequest, Progress, Unreadable,
};

use evidence::Evidence;
use log_line::LogReader;
use progress::Tracker;

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

    fn progress(&self) -> &Progress {
        self.tracker.progress()
    }

    fn outcome(&self, facts: &ContainerFacts, ended_by: Option<EndedBy>) -> Outcome {
        outcome::decide(&self.evidence, self.progress(), facts, ended_by)
    }
}

#[cfg(test)]
mod tests;
