//! The container daemon and what outlives every process: containers, attempt directories, the
//! users' workspaces, the provider's bill.

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_model::{AttemptId, Cause, TaskId};
use tokio::time::Instant;

use crate::script::{Ending, Script};

/// An agent that waits for its model gives up after this.
const AGENT_PATIENCE: Duration = Duration::from_secs(60);

/// The daemon and the disk.
#[derive(Debug, Default)]
pub(crate) struct Daemon {
    pub(crate) containers: BTreeMap<AttemptId, Container>,
    /// In the attempt's directory: how it ended.
    pub(crate) ended: BTreeMap<AttemptId, Ending>,
    /// In the users' workspaces: what was promoted, in order.
    pub(crate) promoted: Vec<AttemptId>,
    /// The provider's bill in millionths of a dollar.
    pub(crate) billed: BTreeMap<AttemptId, u64>,
    pub(crate) down_until: Option<Instant>,
    stubborn_until: BTreeMap<AttemptId, Instant>,
}

/// The container of one attempt.
#[derive(Debug)]
pub(crate) struct Container {
    /// A request to make it is under way until then.
    appears: Instant,
    pub(crate) started: bool,
    /// Killed; waits to be removed.
    stopped: bool,
    /// Cleaning up finds it.
    pub(crate) labelled: bool,
    /// Work until `moving_since`.
    worked: Duration,
    /// Frozen containers, and those that wait for the model, do not move.
    moving_since: Option<Instant>,
    next_call: usize,
}

/// What an agent comes to next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    Call(usize),
    End(Ending),
}

impl Daemon {
    pub(crate) fn is_down(&self) -> bool {
        self.down_until.is_some_and(|until| Instant::now() < until)
    }

    pub(crate) fn create(&mut self, id: AttemptId, script: &Script, labelled: bool) {
        let container = Container {
            appears: Instant::now() + script.create,
            started: false,
            stopped: false,
            labelled,
            worked: Duration::ZERO,
            moving_since: None,
            next_call: 0,
        };
        self.containers.insert(id, container);
    }

    /// Starts or unfreezes; false where there is nothing to start.
    pub(crate) fn start(&mut self, id: AttemptId) -> bool {
        let now = Instant::now();
        let Some(container) = self.containers.get_mut(&id).filter(|c| c.appears <= now) else {
            return false;
        };
        container.started = true;
        container.moving_since.get_or_insert(now);
        true
    }

    /// Whether the agent is alive in a started container.
    pub(crate) fn is_running(&self, id: AttemptId) -> bool {
        let container = self.containers.get(&id);
        container.is_some_and(|container| container.started && !container.stopped)
    }

    pub(crate) fn freeze(&mut self, id: AttemptId, script: &Script) {
        if let Some(container) = self.containers.get_mut(&id) {
            container.worked = container.worked_by(script, Instant::now());
            container.moving_since = None;
        }
    }

    pub(crate) fn kill(&mut self, id: AttemptId) {
        if let Some(container) = self.containers.get_mut(&id) {
            container.stopped = true;
        }
    }

    /// Removes the container, where there is one.
    pub(crate) fn remove(&mut self, id: AttemptId, script: &Script) -> Result<(), String> {
        let now = Instant::now();
        let first = now + script.stubborn;
        let there = self.containers.get(&id).is_some_and(|c| c.appears <= now);
        if self.is_down() {
            return Err("the daemon does not answer".to_owned());
        }
        if there && now < *self.stubborn_until.entry(id).or_insert(first) {
            return Err("removal is already in progress".to_owned());
        }
        if there && self.containers.get(&id).is_some_and(|c| c.labelled) {
            self.containers.remove(&id);
        }
        Ok(())
    }

    /// Containers that a list shows now.
    pub(crate) fn list(&self) -> Vec<AttemptId> {
        let now = Instant::now();
        let shown = self.containers.iter().filter(|(_, c)| c.appears <= now);
        shown.map(|(id, _)| *id).collect()
    }

    /// When the agent comes to what.
    pub(crate) fn next_stop(&self, id: AttemptId, script: &Script) -> (Instant, Stop) {
        let now = Instant::now();
        let Some(container) = self.containers.get(&id) else {
            return (now, Stop::End(Ending::Vanishes));
        };
        let (worked, stop) = container.stop(script);
        let at = container.moving_since.unwrap_or(now) + worked.saturating_sub(container.worked);
        if let Stop::Call(_) = stop
            && now.saturating_duration_since(at) > AGENT_PATIENCE
        {
            return (now, Stop::End(Ending::Fails(Cause::ProviderUnreachable)));
        }
        (at, stop)
    }

    /// The model answered: it is billed, and the agent goes on.
    pub(crate) fn answered(&mut self, id: AttemptId, script: &Script, costs: u64) {
        *self.billed.entry(id).or_default() += costs;
        if let Some(container) = self.containers.get_mut(&id) {
            let now = Instant::now();
            container.worked = container.worked_by(script, now);
            container.moving_since = Some(now);
            container.next_call += 1;
        }
    }

    pub(crate) fn work(&self, id: AttemptId, script: &Script) -> Duration {
        let container = self.containers.get(&id);
        container.map_or(Duration::ZERO, |container| {
            container.worked_by(script, Instant::now())
        })
    }

    pub(crate) fn billed(&self, task: TaskId) -> u64 {
        let of_task = self.billed.iter().filter(|(id, _)| id.task == task);
        of_task.map(|(_, costs)| costs).sum()
    }
}

impl Container {
    /// What comes next, and after how much work.
    fn stop(&self, script: &Script) -> (Duration, Stop) {
        match script.calls.get(self.next_call) {
            Some(call) => (call.after.min(script.work), Stop::Call(self.next_call)),
            None => (script.work, Stop::End(script.ending)),
        }
    }

    fn worked_by(&self, script: &Script, now: Instant) -> Duration {
        let moved = self
            .moving_since
            .map_or(Duration::ZERO, |since| now - since);
        (self.worked + moved).min(self.stop(script).0)
    }
}
