//! What a line of OpenHands' output tells.
//!
//! Two forms are read: one JSON object per line (`LOG_JSON`, on stdout; the form we ask for), and
//! the coloured text that it prints otherwise (on stderr). Whatever is neither is data without a
//! meaning. What the facts add up to is `evidence`'s part.

use deckhands_model::AgentState;
use deckhands_runtime::OutputSource;
use serde::Deserialize;

use crate::one_line::one_line;

use super::event::state;
use super::lenient::Leaf;

/// Longest line that is looked into; OpenHands cuts what the model sees at 30 kB.
const MAX_LINE: usize = 1 << 20;

/// Characters of a text that is kept; long enough for a provider's whole error body.
const MAX_TEXT: usize = 4000;

/// Lines of a traceback that are kept.
const MAX_EXCEPTIONS: usize = 16;

/// What one line tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum LogFact {
    /// The agent is going over to this state.
    State(AgentState),
    /// The agent's work ended with this error.
    RunError(String),
    /// A model call failed and will be repeated.
    Retry,
    /// The sandbox container is there.
    SandboxStarted,
    /// The sandbox answers.
    SandboxReady,
    /// The iteration or the money limit was hit.
    LimitsHit,
    /// The program is about to end; the exceptions of its traceback, the first one first.
    Uncaught(Vec<String>),
    /// A line that an exception, the argument parser or the entry point ends with.
    Exception(String),
    /// A setting could not be read; OpenHands goes on with its default.
    BadSetting(String),
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
            && let Ok(record) = serde_json::from_slice::<Record>(line)
        {
            self.json_seen = true;
            return record.fact();
        }
        self.text_line(&strip_colour(&String::from_utf8_lossy(line)))
    }

    fn text_line(&mut self, line: &str) -> Option<LogFact> {
        if self.json_seen {
            return exception(line);
        }
        match text_record(line) {
            Some(TextRecord::Event) => {
                self.in_event = true;
                None
            }
            Some(TextRecord::Log(message)) => {
                self.in_event = false;
                message_fact(message, "")
            }
            None if self.in_event => None,
            None => exception(line),
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

/// The head of a text record.
enum TextRecord<'a> {
    /// An event in words follows on the next lines.
    Event,
    /// A log message.
    Log(&'a str),
}

/// `HH:MM:SS - openhands:LEVEL: file.py:LINE - MESSAGE`, or `HH:MM:SS - ACTION` and the like.
fn text_record(line: &str) -> Option<TextRecord<'_>> {
    const TIME: usize = 8;
    let (time, rest) = line.split_at_checked(TIME)?;
    let is_time = time.bytes().enumerate().all(|(place, byte)| match place {
        2 | 5 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let rest = rest.strip_prefix(" - ").filter(|_| is_time)?;
    if matches!(rest.trim_end(), "ACTION" | "OBSERVATION" | "USER_ACTION") {
        return Some(TextRecord::Event);
    }
    let (_level, rest) = rest.strip_prefix("openhands:")?.split_once(": ")?;
    let (_place, message) = rest.split_once(" - ")?;
    Some(TextRecord::Log(message))
}

/// What a message tells, by the words it begins with.
fn message_fact(message: &str, trace: &str) -> Option<LogFact> {
    let message = without_speaker(message);
    if let Some(rest) = message.strip_prefix("Setting agent(") {
        let (_from, to) = rest
            .split_once(") state from AgentState.")?
            .1
            .split_once(" to AgentState.")?;
        return Some(LogFact::State(state(to.trim_end())));
    }
    if let Some(rest) = message.strip_prefix("Error while running the agent (session ID: ") {
        return Some(LogFact::RunError(one_line(
            rest.split_once("): ")?.1,
            MAX_TEXT,
        )));
    }
    if message.starts_with("Container started: openhands-runtime-") {
        return Some(LogFact::SandboxStarted);
    }
    if message.starts_with("Error setting env var ") {
        return Some(LogFact::BadSetting(one_line(message, MAX_TEXT)));
    }
    if message.contains(". Attempt #") && message.ends_with(RETRY_END) {
        return Some(LogFact::Retry);
    }
    match message.trim_end() {
        "Runtime is ready." => Some(LogFact::SandboxReady),
        "Control flag limits hit" => Some(LogFact::LimitsHit),
        "Uncaught exception" => Some(LogFact::Uncaught(exceptions(trace))),
        _ => None,
    }
}

/// End of the line about a model call that failed and will be repeated.
const RETRY_END: &str = "| You can customize retry values in the configuration.";

/// The message without `[Agent Controller …] ` or `[runtime …] ` in front.
fn without_speaker(message: &str) -> &str {
    let spoken = message
        .strip_prefix("[Agent Controller ")
        .or(message.strip_prefix("[runtime "));
    spoken
        .and_then(|rest| rest.split_once("] "))
        .map_or(message, |(_session, rest)| rest)
}

/// The exceptions of a traceback; of a long chain the first and the last ones.
fn exceptions(trace: &str) -> Vec<String> {
    let mut lines: Vec<String> = trace.lines().filter_map(exception_text).collect();
    if lines.len() > MAX_EXCEPTIONS {
        lines.drain(MAX_EXCEPTIONS / 2..lines.len() - MAX_EXCEPTIONS / 2);
    }
    lines
}

fn exception(line: &str) -> Option<LogFact> {
    exception_text(line).map(LogFact::Exception)
}

/// The line, if a Python exception, the argument parser or the image's entry point wrote it.
fn exception_text(line: &str) -> Option<String> {
    let class = line
        .split_once(": ")
        .map_or(line, |(class, _text)| class)
        .trim_end_matches(':');
    let told = is_exception_class(class)
        || line.starts_with("main.py: error: ")
        || line.starts_with("stat: cannot stat");
    told.then(|| one_line(line, MAX_TEXT))
}

/// `docker.errors.NotFound` and the like: a dotted name whose last part is a known kind of class.
fn is_exception_class(class: &str) -> bool {
    const ENDS: [&str; 6] = [
        "Error",
        "Exception",
        "NotFound",
        "Timeout",
        "Interrupt",
        "Exit",
    ];
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let last = class.rsplit('.').next().unwrap_or_default();
    class.split('.').all(word)
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && ENDS.iter().any(|end| last.ends_with(end))
}

/// The line without the colours that OpenHands prints even where there is no terminal.
fn strip_colour(line: &str) -> String {
    let mut parts = line.trim_end_matches('\r').split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let coloured = part.strip_prefix('[').and_then(|part| part.split_once('m'));
        let is_code = |code: &str| code.bytes().all(|b| b.is_ascii_digit() || b == b';');
        plain.push_str(match coloured {
            Some((code, rest)) if is_code(code) => rest,
            _ => part,
        });
    }
    plain
}

#[cfg(test)]
mod tests;
