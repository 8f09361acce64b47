//! Which live attempts an engine may take over.

use std::collections::BTreeSet;

use deckhands_model::{AttemptId, TaskId};
use deckhands_store::{AttemptRecord, AttemptState};
use jiff::Timestamp;

/// Attempts that were left alone for want of a key. Whoever has it may take them over; here that
/// would only keep them from him, until somebody wants their end.
#[derive(Debug, Default)]
pub(super) struct LeftAlone(BTreeSet<AttemptId>);

impl LeftAlone {
    pub(super) fn insert(&mut self, attempt: AttemptId) {
        self.0.insert(attempt);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those of the live attempts that nobody works on, and that can be taken over here.
    pub(super) fn orphans(
        &mut self,
        live: &[AttemptRecord],
        cancels: &[TaskId],
        now: Timestamp,
    ) -> Vec<AttemptId> {
        let ids: BTreeSet<_> = live.iter().filter_map(AttemptRecord::id).collect();
        self.0.retain(|attempt| ids.contains(attempt));
        let nobodys = |attempt: &&AttemptRecord| {
            attempt.state == AttemptState::Paused || attempt.lease_until < now
        };
        let free = live.iter().filter(nobodys).filter_map(AttemptRecord::id);
        let may_be = |id: &AttemptId| !self.0.contains(id) || cancels.contains(&id.task);
        free.filter(may_be).collect()
    }
}
