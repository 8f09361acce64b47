//! What a line of OpenHands' output tells.
//!
//! Two forms are read: one JSON object per line (`LOG_JSON`, on stdout; the form we ask for), and
//! coloured text (`text`, on stderr). Whatever is neither is data without a meaning.
//!
//! What the agent's commands print is no line of the app: it comes inside a record that repeats an
//! event (`msg_type`), or inside a stored event. So a JSON record without `msg_type` is OpenHands'
//! own word, and text counts only before the first JSON record, when no agent works yet.
//! What the facts add up to is `evidence`'s part.

mod exception;
mod text;

use deckhands_model::AgentState;
use deckhands_runtime::OutputSource;
use serde::Deserialize;

use crate::one_line::one_line;

use super::event::state;
use super::lenient::Leaf;
use super::mend::from_python;

use exception::{answer, exception_text, exceptions};
use text::{TextRecord, text_record};

/// Longest line that is looked into; OpenHands cuts what the model sees at 30 kB.
const MAX_LINE: usize = 1 << 20;

/// Characters of a text that is kept.
const MAX_TEXT: usize = 4000;

/// Characters of a failed model call that are kept: a body that is cut is no JSON any more, and
/// its code is lost.
const MAX_ERROR: usize = 64 << 10;

/// What one line tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum LogFact {
    /// The agent is going over to this state.
    State(AgentState),
    /// The agent's work ended with this error.
    RunError(RunError),
    /// A status that OpenHands tells, in the words of a state's reason.
    Status(String),
    /// A model call failed and will be repeated.
    Retry,
    /// The sandbox container is there.
    SandboxStarted,
    /// The sandbox answers.
    SandboxReady,
    /// The iteration or the money limit was hit.
    LimitsHit,
    /// The program is about to end; the exceptions of its traceback, the first one first. In the
    /// text form they follow as lines.
    Uncaught(Vec<String>),
    /// A line that an exception, the argument parser or the entry point ends with.
    Exception(String),
    /// A setting could not be read; OpenHands goes on with its default.
    BadSetting(String),
}

/// The error that ended the agent's work.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct RunError {
    /// The error's text.
    pub(super) text: String,
    /// The provider's answer, its status first, where the record's own traceback repeats it.
    pub(super) answer: String,
}

/// Reads lines in their order.
#[derive(Debug, Default)]
pub(super) struct LogReader {
    /// JSON was seen: text records would be somebody else's.
    json_seen: bool,
    /// The lines of a text event follow, which the agent's commands may have written.
    in_event: bool,
}

/// A JSON record. Records with a `msg_type` repeat an event in words for people.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    message: Leaf<String>,
    msg_type: Leaf<String>,
    exc_info: Leaf<String>,
}

impl LogReader {
    /// Takes one line, without its line end.
    pub(super) fn read(&mut self, source: OutputSource, line: &[u8]) -> Option<LogFact> {
        if line.len() > MAX_LINE {
            return None;
        }
        if source == OutputSource::Stdout
            && line.starts_with(b"{")
            && let Ok(record) = from_python::<Record>(line)
        {
            self.json_seen = true;
            return record.fact();
        }
        self.text_line(&String::from_utf8_lossy(line))
    }

    fn text_line(&mut self, line: &str) -> Option<LogFact> {
        match text_record(line) {
            TextRecord::None(line) if !self.in_event => {
                exception_text(&line).map(LogFact::Exception)
            }
            _ if self.json_seen => None,
            TextRecord::Event => {
                self.in_event = true;
                None
            }
            TextRecord::Log(message) => {
                self.in_event = false;
                message_fact(&message, "")
            }
            TextRecord::None(_) => None,
        }
    }
}

impl Record {
    fn fact(&self) -> Option<LogFact> {
        if self.msg_type.0.is_some() {
            return None;
        }
        let trace = self.exc_info.0.as_deref().unwrap_or_default();
        message_fact(self.message.0.as_deref()?, trace)
    }
}

/// Who a message names as its speaker.
enum Speaker<'a> {
    /// The controller of this session.
    Controller(&'a str),
    /// The part that holds the sandbox.
    Runtime,
    /// Nobody.
    Nobody,
}

/// The speaker, and what is left: `[Agent Controller …] ` or `[runtime …] ` may stand in front.
fn speaker(message: &str) -> (Speaker<'_>, &str) {
    let after = |mark: &str| message.strip_prefix(mark)?.split_once("] ");
    if let Some((session, said)) = after("[Agent Controller ") {
        (Speaker::Controller(session), said)
    } else if let Some((_session, said)) = after("[runtime ") {
        (Speaker::Runtime, said)
    } else {
        (Speaker::Nobody, message)
    }
}

/// What a message tells, by who says it and the words it begins with.
fn message_fact(message: &str, trace: &str) -> Option<LogFact> {
    match speaker(message) {
        (Speaker::Controller(session), said) => controller_fact(session, said, trace),
        (Speaker::Runtime, said) if said.starts_with("Container started: openhands-runtime-") => {
            Some(LogFact::SandboxStarted)
        }
        (Speaker::Runtime, said) => {
            (said.trim_end() == "Runtime is ready.").then_some(LogFact::SandboxReady)
        }
        (Speaker::Nobody, said) => program_fact(said, trace),
    }
}

fn controller_fact(session: &str, said: &str, trace: &str) -> Option<LogFact> {
    if let Some(rest) = said.strip_prefix("Setting agent(") {
        let (_from, to) = rest
            .split_once(") state from AgentState.")?
            .1
            .split_once(" to AgentState.")?;
        return Some(LogFact::State(logged_state(to.trim_end())));
    }
    let error = said
        .strip_prefix("Error while running the agent (session ID: ")?
        .strip_prefix(session)?
        .strip_prefix("): ")?;
    Some(LogFact::RunError(RunError {
        text: one_line(error, MAX_ERROR),
        answer: one_line(answer(trace).unwrap_or_default(), MAX_ERROR),
    }))
}

fn program_fact(said: &str, trace: &str) -> Option<LogFact> {
    if said.starts_with("Error setting env var ") {
        return Some(LogFact::BadSetting(one_line(said, MAX_TEXT)));
    }
    if said.contains(". Attempt #") && said.ends_with(RETRY_END) {
        return Some(LogFact::Retry);
    }
    match said.trim_end() {
        "Control flag limits hit" => Some(LogFact::LimitsHit),
        "Uncaught exception" => Some(LogFact::Uncaught(exceptions(trace))),
        status if status.starts_with("STATUS$ERROR_") => {
            Some(LogFact::Status(one_line(status, MAX_TEXT)))
        }
        status => exception_text(status).map(LogFact::Status),
    }
}

/// End of the line about a model call that failed and will be repeated.
const RETRY_END: &str = "| You can customize retry values in the configuration.";

/// The log writes the states' names in capitals.
fn logged_state(word: &str) -> AgentState {
    if word.bytes().any(|b| b.is_ascii_lowercase()) {
        return AgentState::Unknown;
    }
    state(&word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
