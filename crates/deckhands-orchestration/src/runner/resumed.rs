//! What of a document another process needs to go on with it, and going on.

use std::time::Duration;

use deckhands_agent::redact;
use deckhands_model::ImageReport;
use jiff::Timestamp;
use tokio::time::Instant;

use super::report::Draft;
use crate::adoption::{Begun, Settled};

impl Draft {
    /// What another process needs to go on with it.
    pub(super) fn begun(&self, images: (ImageReport, ImageReport)) -> Begun {
        Begun {
            started_at: self.started_at,
            timings: self.timings,
            images,
            versions: self.versions.clone(),
            notes: self.notes.clone(),
        }
    }

    /// Goes on with what another process began.
    pub(super) fn go_on(&mut self, begun: Begun, now: Timestamp) {
        self.before = Duration::try_from(now.duration_since(begun.started_at)).unwrap_or_default();
        self.started_at = begun.started_at;
        self.timings = begun.timings;
        self.images = vec![begun.images.0, begun.images.1];
        self.versions = begun.versions;
        self.notes = begun.notes;
    }

    /// What another process needs once the agent is done; `None` while it is not.
    pub(super) fn settled(&self) -> Option<Settled> {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        Some(Settled {
            attempt: self.attempt.clone()?,
            output: redact(&self.report.output, &secrets),
            models: self.report.model_served.clone(),
            timings: self.timings,
            versions: self.versions.clone(),
            notes: self
                .notes
                .iter()
                .map(|note| redact(note, &secrets))
                .collect(),
        })
    }

    /// Goes on where the agent is done.
    pub(super) fn go_on_settled(&mut self, settled: Settled) {
        self.attempt = Some(settled.attempt);
        self.report.output = settled.output;
        self.report.model_served = settled.models;
        self.timings = settled.timings;
        self.versions = settled.versions;
        self.notes = settled.notes;
        self.agent_ended = Some(Instant::now());
    }
}
