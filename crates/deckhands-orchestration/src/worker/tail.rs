//! Follows the agent's stored events: one file an event, numbered from 0.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use deckhands_agent::{AgentReader, EventFile, EventStore};
use deckhands_model::AgentEvent;

/// Most events taken in one go, so that a flood does not hold up everything else.
const MAX_AT_ONCE: usize = 500;

/// A place in an agent's stored events.
#[derive(Debug)]
pub(super) struct Tail {
    dir: PathBuf,
    next: u64,
    unreadable: u64,
}

impl Tail {
    /// Begins with event 0 of the store at `dir`.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            next: 0,
            unreadable: 0,
        }
    }

    /// Events that were given up as unreadable.
    pub(super) fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Reads the events that are new. A file that is not yet complete is read again next time,
    /// unless a later one exists or `last` says that nothing more will be written.
    pub(super) fn read_new(&mut self, reader: &mut dyn AgentReader, last: bool) -> Vec<AgentEvent> {
        let mut events = Vec::new();
        while events.len() < MAX_AT_ONCE {
            let Ok(bytes) = self.read_file(self.next) else {
                break;
            };
            match reader.event(EventFile {
                number: self.next,
                bytes: &bytes,
            }) {
                Ok(event) => events.push(event),
                Err(_) if !last && !self.exists(self.next + 1) => break,
                Err(error) => {
                    tracing::warn!(event = error.number, reason = %error.reason, "event not readable");
                    self.unreadable += 1;
                }
            }
            self.next += 1;
        }
        events
    }

    fn exists(&self, number: u64) -> bool {
        self.dir.join(EventStore::file_name(number)).exists()
    }

    fn read_file(&self, number: u64) -> io::Result<Vec<u8>> {
        let file = File::open(self.dir.join(EventStore::file_name(number)))?;
        let mut bytes = Vec::new();
        file.take(EventStore::MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
