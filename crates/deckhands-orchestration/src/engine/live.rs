//! How far an attempt is, from what its run tells.

use deckhands_model::Usd;
use deckhands_store::Progress;
use tokio::sync::watch;

use super::calls::CallsSeen;
use crate::observer::{Observer, Phase, RunEvent};

/// Hears a run, keeps the newest state of it, and notes that its calls are seen.
#[derive(Debug)]
pub(super) struct LiveObserver {
    newest: watch::Sender<Progress>,
    calls: CallsSeen,
}

impl LiveObserver {
    /// The observer, and where the newest state is seen.
    pub(super) fn new(calls: CallsSeen) -> (Self, watch::Receiver<Progress>) {
        let (newest, seen) = watch::channel(Progress::default());
        (Self { newest, calls }, seen)
    }
}

impl Observer for LiveObserver {
    fn observe(&self, event: RunEvent<'_>) {
        match event {
            RunEvent::Phase(phase) => {
                self.newest
                    .send_modify(|live| word(phase).clone_into(&mut live.phase));
            }
            RunEvent::Progress {
                progress,
                work,
                wait,
                cost,
            } => self.newest.send_modify(|live| {
                live.events = progress.events;
                live.work = work;
                live.wait = wait;
                live.cost = cost.map(Usd::as_nanos);
            }),
            RunEvent::Call { .. } => self.calls.note(),
            RunEvent::Pull { .. } | RunEvent::Agent(_) => {}
        }
    }
}

const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Images => "images",
        Phase::Copy => "copy",
        Phase::Start => "start",
        Phase::Work => "work",
        Phase::Cleanup => "cleanup",
        Phase::Collect => "collect",
        Phase::Checks => "checks",
        Phase::Promote => "promote",
    }
}
