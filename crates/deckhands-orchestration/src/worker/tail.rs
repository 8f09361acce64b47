//! Follows the agent's stored events: one file an event, numbered from 0.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use deckhands_agent::{AgentReader, EventFile, EventStore};
use deckhands_model::AgentEvent;

/// Most events taken in one go, so that a flood does not hold up everything else.
const MAX_AT_ONCE: usize = 500;

/// Looks at an event that cannot be read although a later one exists, until it is passed over: two
/// threads may store theirs at once, and the later one be done first.
const PATIENCE: u32 = 20;

/// How many events may be missing in a row.
const MAX_GAP: u64 = 16;

/// A place in an agent's stored events.
#[derive(Debug)]
pub(super) struct Tail {
    dir: PathBuf,
    next: u64,
    unreadable: u64,
    looks: u32,
}

/// What came of looking at one event.
enum Look {
    /// It is there.
    Event(AgentEvent),
    /// It will never be readable.
    Never(String),
    /// It may be readable later, or only once it is given up.
    NotYet(String),
}

impl Tail {
    /// Begins with event 0 of the store at `dir`.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            next: 0,
            unreadable: 0,
            looks: 0,
        }
    }

    /// Events that were given up as unreadable.
    pub(super) fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Reads the events that are new. A file that is not yet complete is read again next time,
    /// unless later ones exist for long or `last` says that nothing more will be written.
    pub(super) fn read_new(&mut self, reader: &mut dyn AgentReader, last: bool) -> Vec<AgentEvent> {
        let mut events = Vec::new();
        while events.len() < MAX_AT_ONCE {
            match self.look(reader) {
                Look::Event(event) => events.push(event),
                Look::Never(reason) => self.give_up(&reason),
                Look::NotYet(reason) if self.is_given_up(last) => self.give_up(&reason),
                Look::NotYet(_) => break,
            }
            self.next += 1;
            self.looks = 0;
        }
        events
    }

    fn look(&self, reader: &mut dyn AgentReader) -> Look {
        let bytes = match self.read_file(self.next) {
            Ok(bytes) => bytes,
            Err(error) => return Look::NotYet(error.to_string()),
        };
        let file = EventFile {
            number: self.next,
            bytes: &bytes,
        };
        match reader.event(file) {
            Ok(event) => Look::Event(event),
            // However it goes on, it is beyond the bound already.
            Err(error) if bytes.len() as u64 > EventStore::MAX_BYTES => Look::Never(error.reason),
            Err(error) => Look::NotYet(error.reason),
        }
    }

    /// Whether the next event will not become readable any more.
    fn is_given_up(&mut self, last: bool) -> bool {
        let later = (1..=MAX_GAP).any(|gap| self.exists(self.next + gap));
        self.looks += u32::from(later);
        if last {
            later || self.exists(self.next)
        } else {
            self.looks >= PATIENCE
        }
    }

    fn give_up(&mut self, reason: &str) {
        tracing::warn!(event = self.next, reason, "event not readable");
        self.unreadable += 1;
    }

    fn exists(&self, number: u64) -> bool {
        self.dir.join(EventStore::file_name(number)).exists()
    }

    /// The file, or as much of it as shows that it is too large.
    fn read_file(&self, number: u64) -> io::Result<Vec<u8>> {
        let file = File::open(self.dir.join(EventStore::file_name(number)))?;
        let mut bytes = Vec::new();
        file.take(EventStore::MAX_BYTES + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
