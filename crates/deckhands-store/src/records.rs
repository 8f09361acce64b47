//! Attempts, their objects and sessions, and events.

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_model::{AttemptId, AttemptReport, TaskId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lease::{Epoch, Fence, LeaseTerm, SilentLease, WorkerId};

/// Where an attempt is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Leased; no container was announced yet.
    Leased,
    /// At work.
    Running,
    /// Its containers are frozen and no worker is needed; kept until it is adopted.
    Paused,
    /// Over.
    Ended,
}

/// An attempt as it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// Task of the attempt.
    pub task: TaskId,
    /// Number from 1.
    pub number: u32,
    /// Where it is in its life.
    pub state: AttemptState,
    /// The epoch of its last lease.
    pub epoch: Epoch,
    /// Who holds, or held, the lease.
    pub worker: WorkerId,
    /// When the lease ends.
    pub lease_until: Timestamp,
    /// How long it held when it was taken or renewed last.
    pub term: LeaseTerm,
    /// When it was claimed.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The route to the model.
    pub route: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// Names of containers and networks, written before each was made.
    pub objects: Vec<Intent>,
    /// What its containers may call us with.
    pub session: Option<Session>,
    /// Times that it was adopted.
    pub adoptions: u32,
    /// How it ended.
    pub report: Option<AttemptReport>,
}

/// Kind of an object on the daemon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A container.
    Container,
    /// A network.
    Network,
}

/// An object that is about to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Intent {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// How far an attempt is. Each report replaces the one before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What is being done, one word.
    pub phase: String,
    /// Agent events read.
    pub events: u64,
    /// Time the agent worked.
    pub work: Duration,
    /// Time it waited.
    pub wait: Duration,
    /// Nanodollars that its calls are known to have cost; `None` where none is known.
    pub cost: Option<u64>,
}

/// What an attempt's containers may call us with. Hashes only, as hexadecimal SHA-256.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Hash of the token for model calls.
    pub llm_token: Option<String>,
    /// Hash of the key for the sandbox API.
    pub runtime_key: Option<String>,
    /// Where the socket is.
    pub socket: String,
    /// The route to the model.
    pub route: String,
}

/// How an attempt ended, for its own record.
#[derive(Clone, PartialEq, Debug)]
pub struct AttemptEnd {
    /// The report; its number must be the attempt's.
    pub report: AttemptReport,
    /// Facts for the task's event list: kind and data, in order.
    pub events: Vec<(String, Value)>,
}

/// Something that happened to a task, in one order over the whole store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventRecord {
    /// Position; only grows.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Which task.
    pub task: TaskId,
    /// Which attempt, where one is concerned.
    pub attempt: Option<u32>,
    /// One word, e.g. `submitted`, `claimed`, `requeued`, `finished`.
    pub kind: String,
    /// More about it.
    pub data: Value,
}

/// The kind of the event that says that a task was given back, and why.
pub(crate) const GIVEN_BACK: &str = "given_back";

impl AttemptRecord {
    /// Its identity; `None` where the stored number is 0, which no store writes.
    #[must_use]
    pub fn id(&self) -> Option<AttemptId> {
        let number = self.number.to_string().parse().ok()?;
        let task = self.task;
        Some(AttemptId { task, number })
    }

    /// Its lease, as somebody sees it who looks whether it is renewed.
    #[must_use]
    pub fn lease(&self) -> Option<SilentLease> {
        let (attempt, epoch) = (self.id()?, self.epoch);
        Some(SilentLease {
            fence: Fence { attempt, epoch },
            until: self.lease_until,
        })
    }
}
