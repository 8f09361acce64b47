//! The state all connections share: the scripts with their places, the record of requests and what was served.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::answer::Form;
use super::cursor::Turn;
use super::play::Play;
use super::record::RecordedRequest;
use super::served::{Charge, Served, Till};
use crate::script::Script;

/// Requests remembered; a run of an agent makes some dozens.
const MAX_RECORDS: usize = 1000;

/// Bytes of request bodies remembered in all: 64 MiB.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// Gives each request its turn and remembers it.
#[derive(Debug)]
pub(super) struct Desk {
    inner: Mutex<Inner>,
    arrived: watch::Sender<u64>,
    /// Requests for a completion whose answer has not ended.
    open: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    default: Play,
    named: BTreeMap<String, Play>,
    /// Words of a task that choose the script of the same name.
    words: BTreeSet<String>,
    records: VecDeque<RecordedRequest>,
    kept_bytes: usize,
    arrived: u64,
    ran_off_end: bool,
    till: Till,
}

/// A request's number and what it gets.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) sequence: u64,
    pub(super) turn: Result<Turn, Missing>,
}

/// Why a request gets no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// No script has the name in the path.
    Script,
    /// The script has no steps for the model.
    Model,
}

/// Lives as long as the answer to a request for a completion.
#[derive(Debug)]
pub(super) struct Open(Arc<Desk>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

impl Desk {
    pub(super) fn new(script: Script) -> Self {
        let inner = Inner {
            default: Play::new(script),
            named: BTreeMap::new(),
            words: BTreeSet::new(),
            records: VecDeque::new(),
            kept_bytes: 0,
            arrived: 0,
            ran_off_end: false,
            till: Till::default(),
        };
        Self {
            inner: Mutex::new(inner),
            arrived: watch::Sender::new(0),
            open: watch::Sender::new(0),
        }
    }

    pub(super) fn add_script(&self, name: String, script: Script) {
        self.lock().named.insert(name, Play::new(script));
    }

    /// The script of that name is also played to conversations of the default path that begin with this word.
    pub(super) fn add_task(&self, word: String, script: Script) {
        let mut inner = self.lock();
        inner.named.insert(word.clone(), Play::new(script));
        inner.words.insert(word);
    }

    /// Remembers a request that no script answers.
    pub(super) fn note(&self, record: RecordedRequest) {
        let arrived = self.lock().push(record);
        self.arrived.send_replace(arrived);
    }

    /// Takes the next step for a request and remembers both under one lock, so that their orders agree.
    pub(super) fn take(&self, mut record: RecordedRequest, form: Form) -> Ticket {
        let by_task = record.script.is_none();
        let task = record.first_user_text().filter(|_text| by_task);
        let mut inner = self.lock();
        if let Some(task) = task {
            let word = inner.words.iter().find(|word| task.contains(*word));
            record.script = word.cloned();
        }
        let play = match &record.script {
            None => Some(&mut inner.default),
            Some(name) => inner.named.get_mut(name),
        };
        let model = record.model.as_deref();
        let turn = match play {
            None => Err(Missing::Script),
            Some(play) => play.next(model, form).ok_or(Missing::Model),
        };
        match &turn {
            Ok(Turn::Step { number, .. }) => record.step = Some(*number).filter(|n| *n > 0),
            Ok(Turn::Ended(_)) => inner.ran_off_end = true,
            Err(Missing::Script | Missing::Model) => {}
        }
        let sequence = inner.push(record);
        drop(inner);
        self.arrived.send_replace(sequence);
        Ticket { sequence, turn }
    }

    /// Counts the answer as open until what this gives is dropped.
    pub(super) fn open(self: &Arc<Self>) -> Open {
        self.open.send_modify(|open| *open += 1);
        Open(Arc::clone(self))
    }

    /// Notes that a completion begins.
    pub(super) fn begin(&self, model: &str, charge: Charge) {
        self.lock().till.begin(model, charge);
    }

    /// Notes that a completion that had begun is whole.
    pub(super) fn finish(&self, model: &str, charge: Charge) {
        self.lock().till.finish(model, charge);
    }

    /// What one model has served, or all.
    pub(super) fn served(&self, model: Option<&str>) -> Served {
        let inner = self.lock();
        model.map_or_else(|| inner.till.all(), |model| inner.till.of(model))
    }

    /// The models of the default script, and whether any other is answered.
    pub(super) fn models(&self) -> (Vec<String>, bool) {
        self.lock().default.models()
    }

    pub(super) async fn wait_until_idle(&self) {
        let mut open = self.open.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = open.wait_for(|count| *count == 0).await;
    }

    pub(super) fn open_answers(&self) -> u64 {
        *self.open.borrow()
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().records.iter().cloned().collect()
    }

    pub(super) fn ran_off_end(&self) -> bool {
        self.lock().ran_off_end
    }

    pub(super) async fn wait_for(&self, at_least: u64) {
        let mut arrived = self.arrived.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = arrived.wait_for(|count| *count >= at_least).await;
    }

    /// A panic while the lock was held leaves counters at worst one step behind, so the state stays usable.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Stores the record within both bounds and returns its number.
    fn push(&mut self, mut record: RecordedRequest) -> u64 {
        self.arrived += 1;
        record.sequence = self.arrived;
        self.kept_bytes += kept(&record);
        self.records.push_back(record);
        while self.records.len() > MAX_RECORDS {
            let dropped = self.records.pop_front();
            self.kept_bytes -= dropped.as_ref().map_or(0, kept);
        }
        for record in &mut self.records {
            if self.kept_bytes <= MAX_KEPT_BYTES {
                break;
            }
            self.kept_bytes -= kept(record);
            record.body = None;
        }
        self.arrived
    }
}

fn kept(record: &RecordedRequest) -> usize {
    record.body.as_ref().map_or(0, bytes::Bytes::len)
}

#[cfg(test)]
mod tests;
