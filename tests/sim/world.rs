//! Everything that outlives a process, and the look-out for what must not happen.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deckhands_model::{AttemptId, TaskId};
use deckhands_orchestration::engine::Lease;
use deckhands_store::Fence;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::breakage::Breakage;
use crate::clock::WallClock;
use crate::daemon::Daemon;
use crate::invariant::{Invariant, Violation};
use crate::model::Model;
use crate::plan::Trouble;
use crate::script::Script;
use crate::trace::{Coverage, Trace};

/// A jump of the wall clock that a lease's margin does not cover.
const BIG_JUMP: SignedDuration = SignedDuration::from_secs(3);

/// The world of one run. All of its processes share it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) breakage: Option<Breakage>,
    pub(crate) clock: WallClock,
    state: Mutex<State>,
}

/// What changes in a world.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) model: Model,
    pub(crate) daemon: Daemon,
    pub(crate) trace: Trace,
    pub(crate) coverage: Coverage,
    /// The store's troubles and when each ends.
    pub(crate) troubles: Vec<(Trouble, Instant)>,
    pub(crate) planned: BTreeMap<TaskId, Planned>,
    at_work: BTreeMap<u64, AtWork>,
    next_worker: u64,
    /// When the clock was last set forward.
    jumped: Option<Instant>,
}

/// What the plan says of a task.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Planned {
    pub(crate) number: usize,
    /// Most that it may spend, in millionths of a dollar.
    pub(crate) cap: u64,
}

#[derive(Debug)]
struct AtWork {
    process: String,
    attempt: AttemptId,
    lease: Arc<Lease>,
}

/// What a worker does that cannot be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Create,
    Start,
    Adopt,
    Promote,
}

impl Act {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "container create",
            Self::Start => "container start",
            Self::Adopt => "container adopt",
            Self::Promote => "promote",
        }
    }
}

/// A worker in its slot, until this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    world: Arc<World>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.world.lock().at_work.remove(&self.number);
    }
}

impl World {
    pub(crate) fn new(seed: u64, breakage: Option<Breakage>, keep_lines: bool) -> Self {
        let state = State {
            model: Model::default(),
            daemon: Daemon::default(),
            trace: Trace::new(keep_lines),
            coverage: Coverage::default(),
            troubles: Vec::new(),
            planned: BTreeMap::new(),
            at_work: BTreeMap::new(),
            next_worker: 0,
            jumped: None,
        };
        Self {
            seed,
            breakage,
            clock: WallClock::new(),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is(&self, breakage: Breakage) -> bool {
        self.breakage == Some(breakage)
    }

    /// Adds a line to the trace.
    pub(crate) fn tell(&self, who: &str, what: impl Display) {
        let at = self.clock.elapsed_ms();
        self.lock().trace.line(format!("{at:>9} {who:<5} {what}"));
    }

    pub(crate) fn hit(&self, what: String) {
        self.lock().coverage.hit(what);
    }

    pub(crate) fn fail(&self, invariant: Invariant, what: String) {
        self.lock().model.fail(invariant, what);
    }

    pub(crate) fn take_violations(&self) -> Vec<Violation> {
        self.lock().model.take_violations()
    }

    /// Somebody sets the clock.
    pub(crate) fn jump(&self, by: SignedDuration) {
        self.clock.jump(by);
        if by > BIG_JUMP {
            self.lock().jumped = Some(Instant::now());
        }
        self.tell("clock", format_args!("set by {by}"));
    }

    pub(crate) fn script(&self, id: AttemptId) -> Script {
        let planned = self.lock().planned(id.task);
        Script::of(self.seed, planned.number, id.number.get())
    }

    /// A worker takes its seat; an engine has `slots` of them.
    pub(crate) fn seat(
        self: &Arc<Self>,
        process: &str,
        slots: usize,
        attempt: AttemptId,
        lease: Arc<Lease>,
    ) -> Seat {
        let mut state = self.lock();
        state.next_worker += 1;
        let number = state.next_worker;
        let at_work = AtWork {
            process: process.to_owned(),
            attempt,
            lease,
        };
        state.at_work.insert(number, at_work);
        let taken = state.at_work.values().filter(|w| w.process == process);
        let taken = taken.count();
        if taken > slots {
            let what = format!("{process} has {taken} attempts at work in {slots} slots");
            state.model.fail(Invariant::Slots, what);
        }
        Seat {
            world: self.clone(),
            number,
        }
    }
}

impl State {
    pub(crate) fn planned(&self, task: TaskId) -> Planned {
        self.planned.get(&task).copied().unwrap_or_default()
    }

    /// A worker does something that cannot be taken back.
    pub(crate) fn acts(&mut self, act: Act, fence: Fence, seat: &Seat) {
        let name = self.model.attempt_name(fence.attempt);
        if !self.model.may_write(fence) {
            let invariant = match act {
                Act::Promote => Invariant::NoStalePromotion,
                Act::Create | Act::Start | Act::Adopt => Invariant::NoStaleWork,
            };
            let what = format!("{act:?} of {name} under {:?}", fence.epoch);
            self.model.fail(invariant, what);
        }
        self.alone(act, fence, seat);
    }

    /// Nobody else who is sure of its lease works on the task, and no other attempt of it runs.
    ///
    /// A clock that is set forward ends leases that their holders are still sure of: they learn of
    /// it when they ask the store, which they do before they act.
    fn alone(&mut self, act: Act, fence: Fence, seat: &Seat) {
        let name = self.model.attempt_name(fence.attempt);
        let task = fence.attempt.task;
        let since_jump = self.jumped.map(|jumped| jumped.elapsed());
        let jumped = since_jump.is_some_and(|passed| passed < Duration::from_secs(60));
        let mut others = self.at_work.iter().filter(|(number, other)| {
            **number != seat.number && other.attempt.task == task && other.lease.check().is_ok()
        });
        if let Some((_, other)) = others.rfind(|_| !jumped) {
            let what = format!("{act:?} of {name} while {} is at it, too", other.process);
            self.model.fail(Invariant::OneAtWork, what);
        }
        let mut attempts = self.daemon.containers.keys().filter(|id| id.task == task);
        let other = attempts.find(|id| **id != fence.attempt && self.daemon.is_running(**id));
        if let Some(other) = other.copied() {
            let other = self.model.attempt_name(other);
            let what = format!("{act:?} of {name} while {other} runs");
            self.model.fail(Invariant::OneAtWork, what);
        }
    }
}
