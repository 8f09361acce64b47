//! When what is due next in an engine's loop.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::decider::Event;

/// Between two looks for tasks that are not kept any longer.
const EXPIRE_EVERY: Duration = Duration::from_secs(3600);

/// When what is due next.
pub(super) struct Timers {
    pub(super) wake: Instant,
    /// When it is next asked which of the running tasks are to be cancelled.
    pub(super) cancels: Instant,
    pub(super) survey: Instant,
    pub(super) tidy: Instant,
    /// When old tasks are looked for, with the tidying then.
    expire: Instant,
    /// The end of the engine's duration, the grace time, or the time for pausing and cancelling.
    pub(super) stage: Option<(Instant, Event)>,
}

impl Timers {
    /// Everything is due now, and the engine stops after so long.
    pub(super) fn new(duration: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            wake: now,
            cancels: now,
            survey: now,
            tidy: now,
            expire: now,
            stage: duration.map(|duration| (now + duration, Event::StopAsked)),
        }
    }

    /// The stage of stopping that comes next, in place of the one before.
    pub(super) fn stage(&mut self, after: Duration, event: Event) {
        self.stage = Some((Instant::now() + after, event));
    }

    /// Whether old tasks are to be looked for now; then they are again after an hour.
    pub(super) fn expires(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.expire;
        if due {
            self.expire = now + EXPIRE_EVERY;
        }
        due
    }
}

/// The end of a stage; never where there is none. Each is told once.
pub(super) async fn over(stage: &mut Option<(Instant, Event)>) -> Option<Event> {
    match stage {
        Some((at, _)) => sleep_until(*at).await,
        None => std::future::pending().await,
    }
    stage.take().map(|(_, event)| event)
}
