//! The state all connections share: the scripts with their places, and the record of requests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::answer::Form;
use super::cursor::{Cursor, Turn};
use super::record::RecordedRequest;
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
}

#[derive(Debug)]
struct Inner {
    default: Cursor,
    named: BTreeMap<String, Cursor>,
    /// Words of a task that choose the script of the same name.
    words: BTreeSet<String>,
    records: VecDeque<RecordedRequest>,
    kept_bytes: usize,
    arrived: u64,
    ran_off_end: bool,
}

/// A request's number and what it gets.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) sequence: u64,
    /// None if no script has the name in the path.
    pub(super) turn: Option<Turn>,
}

impl Desk {
    pub(super) fn new(script: Script) -> Self {
        let inner = Inner {
            default: Cursor::new(script),
            named: BTreeMap::new(),
            words: BTreeSet::new(),
            records: VecDeque::new(),
            kept_bytes: 0,
            arrived: 0,
            ran_off_end: false,
        };
        Self {
            inner: Mutex::new(inner),
            arrived: watch::Sender::new(0),
        }
    }

    pub(super) fn add_script(&self, name: String, script: Script) {
        self.lock().named.insert(name, Cursor::new(script));
    }

    /// The script of that name is also played to conversations of the default path that begin with this word.
    pub(super) fn add_task(&self, word: String, script: Script) {
        let mut inner = self.lock();
        inner.named.insert(word.clone(), Cursor::new(script));
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
        let cursor = match &record.script {
            None => Some(&mut inner.default),
            Some(name) => inner.named.get_mut(name),
        };
        let turn = cursor.map(|cursor| cursor.next(form));
        match &turn {
            Some(Turn::Step { number, .. }) => record.step = Some(*number).filter(|n| *n > 0),
            Some(Turn::Ended(_)) => inner.ran_off_end = true,
            None => {}
        }
        let sequence = inner.push(record);
        drop(inner);
        self.arrived.send_replace(sequence);
        Ticket { sequence, turn }
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
