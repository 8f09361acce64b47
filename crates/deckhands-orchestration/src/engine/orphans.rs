//! Which live attempts an engine may take over.

use std::collections::{BTreeMap, BTreeSet};

use deckhands_model::{AttemptId, TaskId};
use deckhands_store::{AttemptRecord, AttemptState, Claim, LeaseTerm, SilentLease, StoreResult};
use jiff::Timestamp;
use tokio::time::Instant;

use super::shared::Shared;

/// The leases of others as they were seen last, and since when each is as it is.
///
/// A lease ends at a time of the wall clock, and where that was set back, a dead worker's seems to hold
/// for as much longer. So one counts as ended, too, that nobody has renewed for its own term on the clock
/// that nobody sets. Whoever is alive has renewed it four times by then, and whoever is cut off from the
/// store has given it up, a margin before.
#[derive(Debug, Default)]
pub(super) struct Leases(BTreeMap<AttemptId, Seen>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    lease: SilentLease,
    term: LeaseTerm,
    since: Instant,
}

impl Leases {
    /// Takes in what the store has told just now; returns the attempts that nobody works on.
    pub(super) fn look(&mut self, live: &[AttemptRecord], wall: Timestamp) -> Vec<AttemptId> {
        let now = Instant::now();
        let held = live.iter().filter(|own| own.state != AttemptState::Paused);
        let seen = held.filter_map(|own| {
            let (lease, term) = (own.lease()?, own.term);
            let before = self.0.get(&lease.fence.attempt);
            let same = before.filter(|seen| (seen.lease, seen.term) == (lease, term));
            let since = same.map_or(now, |seen| seen.since);
            Some((lease.fence.attempt, Seen { lease, term, since }))
        });
        self.0 = seen.collect();
        let ended =
            |own: &AttemptRecord| own.state == AttemptState::Paused || own.lease_until < wall;
        let all = live.iter().filter_map(|own| Some((own.id()?, ended(own))));
        let free = all.filter(|(id, ended)| *ended || self.silent(*id).is_some());
        free.map(|(id, _)| id).collect()
    }

    /// Takes the lease of one of them.
    pub(super) async fn adopt(
        &self,
        shared: &Shared,
        attempt: AttemptId,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        let (store, worker, term) = (&shared.store, shared.worker, shared.settings.lease.term);
        match self.silent(attempt) {
            Some(seen) => store.adopt_silent(seen, worker, term, now).await,
            None => store.adopt(attempt, worker, term, now).await,
        }
    }

    /// The attempt's lease, where nobody has renewed it for its term.
    fn silent(&self, attempt: AttemptId) -> Option<SilentLease> {
        let seen = self.0.get(&attempt)?;
        (seen.since.elapsed() >= seen.term.0).then_some(seen.lease)
    }
}

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

    /// The free ones among the live attempts that can be taken over here.
    pub(super) fn without(
        &mut self,
        mut free: Vec<AttemptId>,
        live: &[AttemptRecord],
        cancels: &[TaskId],
    ) -> Vec<AttemptId> {
        let ids: BTreeSet<_> = live.iter().filter_map(AttemptRecord::id).collect();
        self.0.retain(|attempt| ids.contains(attempt));
        free.retain(|id| !self.0.contains(id) || cancels.contains(&id.task));
        free
    }
}
