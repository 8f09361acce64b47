//! The table of situations: how a session is started and disturbed, and what its record must yield.
//!
//! The words are explained at the top of the table itself, `tests/fixtures/captures/expected.toml`.
//! Nothing here starts anything.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

#[cfg(test)]
mod tests;

/// The table's file name.
pub(super) const FILE: &str = "expected.toml";

/// A row of the table with its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Situation {
    pub(super) name: String,
    pub(super) row: Row,
}

/// One situation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) about: String,
    #[serde(default)]
    pub(super) launch: Launch,
    pub(super) act: Option<Act>,
    pub(super) expect: Expect,
}

/// How the start differs from the adapter's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Launch {
    pub(super) model: Option<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) unset: Vec<String>,
    pub(super) args: Vec<String>,
    pub(super) task: Task,
    pub(super) files: BTreeMap<String, String>,
    pub(super) workspace: Access,
    pub(super) home: Access,
    pub(super) socket: Socket,
    pub(super) hardening: Hardening,
    pub(super) user: u32,
    pub(super) app_memory: Option<String>,
    pub(super) sandbox_memory: Option<String>,
    pub(super) sandbox_image: Option<String>,
    pub(super) sandbox_args: Option<String>,
    pub(super) provider: Provider,
    pub(super) limit_s: Option<u64>,
}

/// What becomes of the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    #[default]
    Given,
    Empty,
    None,
}

/// What a mounted directory allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    #[default]
    Full,
    ReadOnly,
    NotWritable,
}

/// Whether the app gets the Docker socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Socket {
    #[default]
    Present,
    Absent,
}

/// Whether the app is hardened as the adapter does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Hardening {
    #[default]
    On,
    Off,
}

/// Where the app looks for its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Provider {
    #[default]
    Scripted,
    Nobody,
    UnknownHost,
}

/// What the capture does to a running session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    pub(super) at: Moment,
    #[serde(rename = "do")]
    pub(super) deed: Deed,
    pub(super) to: Container,
    pub(super) by: Actor,
    pub(super) ended_by: Option<EndedBy>,
}

/// When it does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Moment {
    SandboxCreated,
    CommandRunning,
    SecondRequest,
    RateLimited,
    AwaitingUserInput,
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    Kill,
    Stop,
}

/// The two containers of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Container {
    App,
    Sandbox,
}

/// Whom an act stands for; of use to the reader's tests alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Actor {
    Owner,
    Other,
}

/// An owner's reasons, as the reader's interface names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum EndedBy {
    StartDeadline,
    IdleDeadline,
    WorkDeadline,
    Awaiting,
}

/// What the record must yield. The capture compares what it sees itself; the rest is the reader's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) exit: i64,
    pub(super) state: State,
    pub(super) outcome: Outcome,
    #[serde(rename = "type")]
    pub(super) error_type: Option<ErrorType>,
    pub(super) cause: Option<String>,
    #[serde(default)]
    pub(super) app_oom: bool,
    #[serde(default)]
    pub(super) sandbox_oom: bool,
    pub(super) requests: usize,
    pub(super) usage: Option<Usage>,
    pub(super) changed: Vec<String>,
}

/// The last state that the agent stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    None,
    Running,
    Finished,
    Error,
    RateLimited,
    AwaitingUserInput,
}

impl State {
    /// The word of the table and of the event store.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Error => "error",
            Self::RateLimited => "rate_limited",
            Self::AwaitingUserInput => "awaiting_user_input",
        }
    }
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Finished,
    Failed,
}

/// The product's public types of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ErrorType {
    Connection,
    Timeout,
    Authentication,
    RateLimit,
    Validation,
    Sdk,
}

/// Tokens and price of all answers.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usage {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cost: Option<f64>,
}

/// The situations of the table in `folder`, in its order.
pub(super) fn read(folder: &Path) -> Result<Vec<Situation>> {
    let path = folder.join(FILE);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read `{}`", path.display()))?;
    parse(&text).with_context(|| format!("read `{}`", path.display()))
}

fn parse(text: &str) -> Result<Vec<Situation>> {
    let mut rows: BTreeMap<String, Row> = toml::from_str(text)?;
    // The order of the rows is the order of capture, and a map has forgotten it.
    let names = text.lines().filter_map(|line| {
        let name = line.strip_prefix('[')?.strip_suffix(']')?;
        (!name.contains('.')).then(|| name.to_owned())
    });
    let situations: Vec<Situation> = names
        .filter_map(|name| {
            let row = rows.remove(&name)?;
            Some(Situation { name, row })
        })
        .collect();
    match rows.into_keys().next() {
        None => Ok(situations),
        Some(name) => anyhow::bail!("row `{name}` has no header `[{name}]` of its own"),
    }
}
