//! Writes down how far an attempt is, and pauses it: both so that another process can go on with it.

use std::time::Duration;

use deckhands_model::AttemptId;
use deckhands_runtime::{ContainerId, Containers, Control, Phase, RuntimeError, RuntimeErrorKind};
use tokio::time::{Instant, timeout};

use super::{Watch, Watching};
use crate::adoption::{Pulse, keep_pulse};
use crate::labels;

/// Pause between two notes of how far the attempt is.
const PULSE: Duration = Duration::from_secs(5);

/// What trying to freeze an attempt came to.
enum Frozen {
    /// Nothing of it runs.
    All,
    /// One of its containers has ended: there is nothing to pause but an end to be told.
    Ended,
    /// The daemon did not say. It stays as it is.
    Unknown(RuntimeError),
}

impl Watching<'_> {
    /// Writes down how far the attempt is, now and then.
    pub(super) fn pulse(&mut self) {
        if self.ctx.adoptable && Instant::now() >= self.next_pulse {
            self.next_pulse = Instant::now() + PULSE;
            self.note(false);
        }
    }

    /// Pauses the attempt, or leaves it where the daemon does not say that it is paused; `None` where it
    /// has ended meanwhile, and is to be watched on.
    pub(super) async fn pause(
        &mut self,
        app: &ContainerId,
        sandbox: Option<&ContainerId>,
    ) -> Option<Watch> {
        self.may_pause = false;
        let containers = self.ctx.ports.containers.as_ref();
        let frozen = freeze(containers, self.ctx.id, app, sandbox);
        let paused = match timeout(self.ctx.request.deadlines.cleanup, frozen).await {
            Ok(Frozen::All) => true,
            Ok(Frozen::Ended) => return None,
            Ok(Frozen::Unknown(error)) => {
                tracing::warn!(%error, "the attempt is left, but may not be paused");
                false
            }
            Err(_elapsed) => {
                tracing::warn!("the daemon did not pause the attempt in time; it is left as it is");
                false
            }
        };
        self.catch_up();
        Some(self.leave(paused))
    }

    /// Writes down how far the attempt is for whoever goes on with it.
    pub(super) fn leave(&mut self, paused: bool) -> Watch {
        self.watchdog.look(self.reader.progress(), Instant::now());
        self.note(paused);
        self.tell_progress();
        self.transcript.flush();
        if paused { Watch::Paused } else { Watch::Left }
    }

    fn note(&self, paused: bool) {
        let pulse = Pulse {
            at: self.ctx.clock.now(),
            paused,
            acting: self.acting,
            measured: self.watchdog.measured(Instant::now()),
        };
        if let Err(error) = keep_pulse(&self.ctx.dir, &pulse) {
            tracing::warn!(%error, "how far the attempt is could not be written down");
        }
    }
}

/// First the app, which gives the sandbox its work.
async fn freeze(
    containers: &dyn Containers,
    attempt: AttemptId,
    app: &ContainerId,
    sandbox: Option<&ContainerId>,
) -> Frozen {
    match freeze_one(containers, app).await {
        Ok(true) => {}
        Ok(false) => return Frozen::Ended,
        Err(error) => return Frozen::Unknown(error),
    }
    let beside = match sandbox {
        Some(id) => Ok(vec![id.clone()]),
        None => started_by(containers, attempt, app).await,
    };
    let beside = match beside {
        Ok(beside) => beside,
        Err(error) => return Frozen::Unknown(error),
    };
    for id in beside {
        match freeze_one(containers, &id).await {
            Ok(true) => {}
            Ok(false) => {
                // The app is to see the end of its sandbox.
                let _ended_too = containers.control(app, Control::Unpause).await;
                return Frozen::Ended;
            }
            Err(error) => return Frozen::Unknown(error),
        }
    }
    Frozen::All
}

/// What an app runs that starts its own sandbox. Frozen, it starts no more.
async fn started_by(
    containers: &dyn Containers,
    attempt: AttemptId,
    app: &ContainerId,
) -> Result<Vec<ContainerId>, RuntimeError> {
    let found = containers.list(&labels::select_attempt(attempt)).await?;
    let beside = found
        .into_iter()
        .filter(|c| c.id != *app && c.phase == Phase::Running);
    Ok(beside.map(|container| container.id).collect())
}

/// `false` where it has ended.
async fn freeze_one(containers: &dyn Containers, id: &ContainerId) -> Result<bool, RuntimeError> {
    match containers.control(id, Control::Pause).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        // It has ended, or somebody else paused it.
        Err(error) if error.kind == RuntimeErrorKind::Conflict => {
            let state = containers.inspect(&id.0).await?;
            Ok(state.phase == Phase::Paused)
        }
        Err(error) => Err(error),
    }
}
