//! What makes the transitions in memory as quick with many tasks as with few.

use std::collections::{BTreeMap, BTreeSet};

use deckhands_model::{Priority, TaskState};
use jiff::Timestamp;

/// Tasks of one class in the order in which they become ready; within one class the older always
/// goes first, whatever the ageing.
pub(super) type Class = BTreeSet<(Timestamp, u64)>;

/// All of a task that the index goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) state: TaskState,
    pub(super) priority: Priority,
    pub(super) held: bool,
    pub(super) timed: bool,
    /// Whether it counts against the queue's bound while it waits.
    pub(super) counts: bool,
    pub(super) ready_since: Timestamp,
    pub(super) submitted_at: Timestamp,
    /// The serial of its live attempt.
    pub(super) live: Option<u64>,
}

#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Index {
    /// Waiting tasks that are not held, by whether they wait for a time, and priority.
    pub(super) ready: BTreeMap<(bool, Priority), Class>,
    /// Those that wait for no time, by the hand-in.
    pub(super) oldest: Class,
    /// Serials of live attempts, with the order of their tasks.
    pub(super) live: BTreeMap<u64, u64>,
    /// Tasks by state.
    pub(super) states: BTreeMap<&'static str, u64>,
    /// Waiting tasks by priority.
    pub(super) waiting: BTreeMap<Priority, u64>,
    /// Waiting tasks that are held.
    pub(super) held: u64,
    /// Waiting tasks that count against the queue's bound.
    pub(super) counted: u64,
}

impl Index {
    pub(super) fn put(&mut self, order: u64, place: Place) {
        *self.states.entry(place.state.word()).or_default() += 1;
        if let Some(serial) = place.live {
            self.live.insert(serial, order);
        }
        if place.state != TaskState::Queued {
            return;
        }
        *self.waiting.entry(place.priority).or_default() += 1;
        self.held += u64::from(place.held);
        self.counted += u64::from(place.counts);
        if place.held {
            return;
        }
        let class = self.ready.entry((place.timed, place.priority)).or_default();
        class.insert((place.ready_since, order));
        if !place.timed {
            self.oldest.insert((place.submitted_at, order));
        }
    }

    pub(super) fn take(&mut self, order: u64, place: Place) {
        less(&mut self.states, place.state.word());
        if let Some(serial) = place.live {
            self.live.remove(&serial);
        }
        if place.state != TaskState::Queued {
            return;
        }
        less(&mut self.waiting, place.priority);
        self.held -= u64::from(place.held);
        self.counted -= u64::from(place.counts);
        if place.held {
            return;
        }
        if let Some(class) = self.ready.get_mut(&(place.timed, place.priority)) {
            class.remove(&(place.ready_since, order));
            if class.is_empty() {
                self.ready.remove(&(place.timed, place.priority));
            }
        }
        self.oldest.remove(&(place.submitted_at, order));
    }

    /// Tasks that waited for a time which has come.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = u64> {
        let timed = self.ready.iter().filter(|((timed, _), _)| *timed);
        timed.flat_map(move |(_, class)| class.range(..=(now, u64::MAX)).map(|(_, order)| *order))
    }
}

/// Counts one less; what is not there is not kept.
fn less<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
