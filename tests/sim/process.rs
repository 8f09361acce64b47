//! A process of ours that can die or stand still at any step.

use std::collections::BTreeMap;
use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::trace::death;
use crate::world::World;

/// Before a step has done anything, or after it is done and before that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Before,
    After,
}

/// What befalls a process at a step, counted from 0 among those of the same name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Dies {
        what: &'static str,
        at: u64,
        side: Side,
    },
    StandsStill {
        what: &'static str,
        at: u64,
        lasts: Duration,
    },
}

/// Every step of an engine: writes to the store, then what is asked of the daemon and of the disk.
pub(crate) const STEPS: [&str; 17] = [
    "claim",
    "adopt",
    "renew",
    "start",
    "intend",
    "progress",
    "draw",
    "settle",
    "pause",
    "requeue",
    "give_back",
    "finish",
    "container create",
    "container start",
    "container adopt",
    "container remove",
    "promote",
];

/// One process. Its steps are counted.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) world: Arc<World>,
    fault: Option<Fault>,
    steps: Mutex<BTreeMap<String, u64>>,
    dead: AtomicBool,
    died: Notify,
    still_until: Mutex<Option<Instant>>,
}

/// A step that is under way.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Step(u64);

impl Process {
    pub(crate) fn new(name: String, world: Arc<World>, fault: Option<Fault>) -> Self {
        Self {
            name,
            world,
            fault,
            steps: Mutex::default(),
            dead: AtomicBool::new(false),
            died: Notify::new(),
            still_until: Mutex::default(),
        }
    }

    pub(crate) fn tell(&self, what: impl fmt::Display) {
        self.world.tell(&self.name, what);
    }

    /// Ends it where it stands: none of its steps goes on.
    pub(crate) fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
    }

    /// Comes back once it is dead.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// Never comes back in a dead process; late in one that stands still.
    pub(crate) async fn alive(&self) {
        self.unless_dead().await;
        let still = self.still().filter(|until| *until > Instant::now());
        if let Some(until) = still {
            sleep_until(until).await;
        }
    }

    /// A step begins.
    pub(crate) async fn before(&self, what: &str) -> Step {
        let step = self.at_once(what).await;
        if let Some(Fault::StandsStill {
            what: there,
            at,
            lasts,
        }) = self.fault
            && (there, at) == (what, step.0)
        {
            self.stand_still(what, lasts);
        }
        self.alive().await;
        step
    }

    /// A step begins that follows its question at once. A process that stands still between the two
    /// is beyond what a lease can do: that is left to whatever locks the thing itself.
    pub(crate) async fn at_once(&self, what: &str) -> Step {
        let number = self.count(what);
        if let Some(Fault::Dies {
            what: there,
            at,
            side: Side::Before,
        }) = self.fault
            && (there, at) == (what, number)
        {
            self.die(what, Side::Before);
        }
        self.unless_dead().await;
        Step(number)
    }

    /// A step is done.
    pub(crate) async fn after(&self, what: &str, step: Step) {
        if let Some(Fault::Dies {
            what: there,
            at,
            side: Side::After,
        }) = self.fault
            && (there, at) == (what, step.0)
        {
            self.die(what, Side::After);
        }
        self.unless_dead().await;
    }

    async fn unless_dead(&self) {
        if self.dead.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    }

    fn count(&self, what: &str) -> u64 {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let next = steps.entry(what.to_owned()).or_default();
        *next += 1;
        *next - 1
    }

    fn die(&self, what: &str, side: Side) {
        self.tell(format_args!("dies {side:?} {what}"));
        self.world.hit(death(what, side));
        self.kill();
    }

    fn stand_still(&self, what: &str, lasts: Duration) {
        self.tell(format_args!("stands still before {what} for {lasts:?}"));
        self.world.hit("standstill".to_owned());
        let mut until = self.lock_still();
        *until = Some(Instant::now() + lasts);
    }

    fn still(&self) -> Option<Instant> {
        *self.lock_still()
    }

    fn lock_still(&self) -> MutexGuard<'_, Option<Instant>> {
        self.still_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
