//! What a run left as evidence: the events it kept, and the daemon's own record of its containers.

use std::fs;

use jiff::Timestamp;
use serde_json::Value;

use crate::bench::Bench;
use crate::daemon::{Moment, history};

/// Seconds from a state that the agent never leaves until it is ended, by design.
pub const ENDED_WITHIN_S: f64 = 5.0;

impl Bench {
    /// The events that were kept of the one attempt.
    ///
    /// # Panics
    /// When there is no attempt, or its record is not JSON.
    #[must_use]
    pub fn agent_events(&self) -> Vec<Value> {
        let file = self.attempt_file("events.jsonl").expect("stored events");
        let text = fs::read_to_string(file).expect("the stored events");
        let event = |line| serde_json::from_str(line).expect("JSON");
        text.lines().map(event).collect()
    }

    /// The states that the agent stored, in order, each with the agent's own time.
    ///
    /// # Panics
    /// When a change of state has no time.
    #[must_use]
    pub fn agent_states(&self) -> Vec<(String, Timestamp)> {
        let state = |event: &Value| {
            let state = event["kind"]["state"].as_str()?.to_owned();
            Some((state, stamp(event)))
        };
        self.agent_events().iter().filter_map(state).collect()
    }

    /// When the app container was killed, by the daemon's record.
    ///
    /// # Panics
    /// When it was not.
    #[must_use]
    pub fn app_killed(&self) -> Timestamp {
        self.moment("kill", "-app")
    }

    /// When something first happened to a container whose name ends so.
    ///
    /// # Panics
    /// When it never happened.
    #[must_use]
    pub fn moment(&self, action: &str, suffix: &str) -> Timestamp {
        let label = self.label().expect("the home's id");
        let history = history(&label, self.since);
        let is = |m: &&Moment| m.action == action && m.container.ends_with(suffix);
        let found = history.iter().find(is).map(|m| m.at);
        assert!(found.is_some(), "no {action} of …{suffix}: {history:#?}");
        found.unwrap_or_default()
    }

    /// The sandbox's name as the agent told it, where it made one; known when the attempt has ended.
    pub(crate) fn told_sandbox(&self) -> Option<String> {
        let told = fs::read_to_string(self.attempt_file("transcript.log")?).ok()?;
        let (_before, rest) = told.split_once("Container started: ")?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?;
        Some(rest[..end].to_owned())
    }
}

/// The agent's own time of an event. Containers share the clock of their host.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn stamp(event: &Value) -> Timestamp {
    let stamp = event["stamp"].as_str().expect("a stamp");
    stamp.parse().expect("an ISO 8601 stamp with its zone")
}
