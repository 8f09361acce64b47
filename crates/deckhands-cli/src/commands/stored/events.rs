//! Events of tasks: as lines, and read in order from a position.

use deckhands_model::TaskId;
use deckhands_store::{EventRecord, Store, StoreResult};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::ids::short;
use crate::shown;

/// Events read at once.
const PAGE: u64 = 500;

/// Characters of an event's data in a line for people.
const DATA: usize = 160;

/// An event in documents.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(in crate::commands) struct EventView<'a> {
    seq: u64,
    at: Timestamp,
    task_id: TaskId,
    attempt: Option<u32>,
    kind: &'a str,
    data: &'a Value,
}

impl<'a> From<&'a EventRecord> for EventView<'a> {
    fn from(event: &'a EventRecord) -> Self {
        Self {
            seq: event.seq,
            at: event.at,
            task_id: event.task,
            attempt: event.attempt,
            kind: &event.kind,
            data: &event.data,
        }
    }
}

impl EventView<'_> {
    /// The event as a line of JSON.
    pub(in crate::commands) fn json(&self) -> String {
        // Numbers, texts and a JSON value: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event as a line for people.
    pub(in crate::commands) fn line(&self) -> String {
        let attempt = match self.attempt {
            Some(number) => format!("#{number}"),
            None => "-".to_owned(),
        };
        let data: String = data(self.data).chars().take(DATA).collect();
        let line = format!(
            "{:.0} {} {attempt:>3} {} {data}",
            self.at,
            short(self.task_id),
            shown::line(self.kind),
        );
        line.trim_end().to_owned()
    }
}

/// The fields of an event's data as `name=value`.
fn data(data: &Value) -> String {
    let plain = |value: &Value| match value.as_str() {
        Some(text) => shown::line(text),
        None => shown::line(&value.to_string()),
    };
    match data {
        Value::Null => String::new(),
        Value::Object(fields) => {
            let known = fields.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<_> = known
                .map(|(name, value)| format!("{}={}", shown::line(name), plain(value)))
                .collect();
            pairs.join(" ")
        }
        other => plain(other),
    }
}

/// A reader of events that goes on where it stopped.
#[derive(Debug)]
pub(in crate::commands) struct Follow<'a> {
    store: &'a dyn Store,
    task: Option<TaskId>,
    after: u64,
}

impl<'a> Follow<'a> {
    /// Reads everything that ever happened to a task.
    pub(in crate::commands) fn task(store: &'a dyn Store, task: TaskId) -> Self {
        Self {
            store,
            task: Some(task),
            after: 0,
        }
    }

    /// Reads what happens from now on, whichever task it concerns.
    pub(in crate::commands) async fn all(store: &'a dyn Store) -> StoreResult<Self> {
        let after = last(store).await?;
        Ok(Self {
            store,
            task: None,
            after,
        })
    }

    /// Hands over what has happened since the last time.
    pub(in crate::commands) async fn drain(
        &mut self,
        mut each: impl FnMut(&EventRecord),
    ) -> StoreResult<()> {
        loop {
            let events = self.store.events(self.task, self.after, PAGE).await?;
            events.iter().for_each(&mut each);
            match events.last() {
                Some(event) => self.after = event.seq,
                None => return Ok(()),
            }
        }
    }
}

/// The position of the newest event, found in as many steps as its number has binary digits.
async fn last(store: &dyn Store) -> StoreResult<u64> {
    let (mut low, mut step) = (0, 1);
    // `low` is a position at or before the newest event throughout.
    while let Some(event) = store.events(None, low + step, 1).await?.first() {
        low = event.seq;
        step *= 2;
    }
    while step > 0 {
        match store.events(None, low + step - 1, 1).await?.first() {
            Some(event) => low = event.seq,
            None => step /= 2,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests;
