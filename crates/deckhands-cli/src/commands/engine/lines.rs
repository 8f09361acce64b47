//! What an engine tells: lines for people on stderr, and for programs on stdout.

use deckhands_model::{AttemptId, TaskState};
use deckhands_orchestration::engine::{EngineEvent, EngineObserver, EngineReport, Mode};
use deckhands_orchestration::{Clock, SystemClock};
use jiff::Timestamp;
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use super::super::stored::short;
use crate::console::Console;
use crate::shown;

/// Tells each event in a line.
#[derive(Debug)]
pub(super) struct Lines {
    console: Console,
}

impl Lines {
    pub(super) fn new(console: Console) -> Self {
        Self { console }
    }
}

impl EngineObserver for Lines {
    fn tell(&self, event: EngineEvent) {
        let now = SystemClock.now();
        // That it left is told with its figures.
        if self.console.json && event != EngineEvent::Mode(Mode::Left) {
            self.console.line(&document(&event, now));
        }
        if let Some(line) = line(&event, now) {
            self.console.note(&line);
        }
    }
}

/// An event for people; `None` for what is told in another way.
pub(in crate::commands) fn line(event: &EngineEvent, now: Timestamp) -> Option<String> {
    Some(match event {
        EngineEvent::Started {
            attempt,
            title,
            adopted,
        } => {
            let word = if *adopted { "taken over" } else { "started" };
            format!("{} {word}: {}", name(*attempt), shown::line(title))
        }
        EngineEvent::Ended { task, state, cause } => {
            let cause = cause.map_or_else(String::new, |cause| format!(" ({cause})"));
            format!("{} {}{cause}", short(*task), coloured(*state))
        }
        EngineEvent::Again { task, at, note } => {
            let wait = at.duration_since(now).as_secs();
            let when = match wait {
                ..=0 => "again at once".to_owned(),
                wait => format!("again in {wait} s"),
            };
            format!("{} {when}: {}", short(*task), shown::line(note))
        }
        EngineEvent::Paused(attempt) => format!("{} paused", name(*attempt)),
        EngineEvent::Left(attempt) => format!("{} left to another engine", name(*attempt)),
        EngineEvent::NoKey { attempt, why } => format!(
            "{} left to an engine with its key: {}",
            name(*attempt),
            shown::line(why)
        ),
        EngineEvent::Mode(mode) => of_mode(*mode)?.to_owned(),
        EngineEvent::StoreTrouble(text) => {
            format!("the store cannot be used now: {}", shown::line(text))
        }
        EngineEvent::DaemonTrouble(text) => format!(
            "nothing is begun while the Docker daemon cannot be used: {}",
            shown::line(text)
        ),
        EngineEvent::DaemonBack => "the Docker daemon can be used again".to_owned(),
    })
}

/// What a stage of stopping means; `None` for one that is told by its end.
fn of_mode(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Working | Mode::Left => None,
        Mode::Draining => Some("no new work is begun"),
        Mode::Pausing => Some("pausing what still runs"),
        Mode::Cancelling => Some("cancelling what runs"),
    }
}

fn name(attempt: AttemptId) -> String {
    format!("{}.{}", short(attempt.task), attempt.number)
}

fn coloured(state: TaskState) -> String {
    match state {
        TaskState::Completed => state.green().to_string(),
        TaskState::Failed => state.red().to_string(),
        _ => state.yellow().to_string(),
    }
}

/// An event for programs. Texts are as they came.
fn document(event: &EngineEvent, now: Timestamp) -> Value {
    let (kind, mut data) = match event {
        EngineEvent::Started {
            attempt,
            title,
            adopted,
        } => {
            let data = json!({"task_id": attempt.task, "attempt": attempt.number, "title": title,
                "adopted": adopted});
            ("started", data)
        }
        EngineEvent::Ended { task, state, cause } => (
            "ended",
            json!({"task_id": task, "state": state, "cause": cause}),
        ),
        EngineEvent::Again { task, at, note } => (
            "again",
            json!({"task_id": task, "not_before": at, "note": note}),
        ),
        EngineEvent::Paused(id) => ("paused", json!({"task_id": id.task, "attempt": id.number})),
        EngineEvent::Left(id) => ("left", json!({"task_id": id.task, "attempt": id.number})),
        EngineEvent::NoKey { attempt: id, why } => (
            "left_for_key",
            json!({"task_id": id.task, "attempt": id.number, "message": why}),
        ),
        EngineEvent::Mode(mode) => ("mode", json!({"mode": word(*mode)})),
        EngineEvent::StoreTrouble(text) => ("store_trouble", json!({"message": text})),
        EngineEvent::DaemonTrouble(text) => ("daemon_trouble", json!({"message": text})),
        EngineEvent::DaemonBack => ("daemon_back", json!({})),
    };
    data["event"] = kind.into();
    data["at"] = json!(now);
    data
}

const fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Working => "working",
        Mode::Draining => "draining",
        Mode::Pausing => "pausing",
        Mode::Cancelling => "cancelling",
        Mode::Left => "stopped",
    }
}

/// The last line for programs.
pub(super) fn stopped(report: EngineReport) -> Value {
    json!({"event": "stopped", "at": SystemClock.now(), "attempts": report.attempts,
        "left": report.left})
}

#[cfg(test)]
mod tests;
