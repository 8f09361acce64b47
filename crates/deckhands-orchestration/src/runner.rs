//! Carries one task, or one attempt at a stored one, from its text to a proved result.

mod adopt;
mod attempt;
mod begin;
mod clear;
mod conclude;
mod document;
mod hand_over;
mod keep;
mod report;
mod result;
mod resumed;

use std::path::Path;
use std::sync::Arc;

use deckhands_agent::AgentAdapter;
use deckhands_gateway::Gateway;
use deckhands_model::{AttemptId, AttemptNumber, Cause, RunReport, TaskId};
use tokio_util::sync::CancellationToken;

use clear::{clear_files, forget};
pub(crate) use document::{died, refused_report, write_report};
pub use document::{not_started, simulated};
pub(crate) use result::RetryAfter;

use crate::attempt_dir::{AttemptDir, LockedAttempt};
use crate::clock::{Clock, IdSource};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::money::ledger_of_run;
use crate::observer::Observer;
use crate::order::{AttemptEnd, AttemptOrder, AttemptResult, Halt, Ownership};
use crate::ports::Ports;
use crate::request::TaskRequest;
pub use hand_over::check_provider;
use report::Draft;

/// Runs tasks, one at a time. Cheap to clone; clones share nothing but what they run on.
#[derive(Clone, Debug)]
pub struct Runner {
    /// The container runtime.
    pub ports: Ports,
    /// The kind of agent.
    pub adapter: Arc<dyn AgentAdapter>,
    /// The way to models.
    pub gateway: Gateway,
    /// The state directory.
    pub home: Home,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Random ids.
    pub ids: Arc<dyn IdSource>,
}

/// One attempt on its way through a run.
struct Job<'a> {
    order: &'a AttemptOrder,
    /// The order's, resolved: its workspace once for all, and the limits that hold.
    request: TaskRequest,
    observer: &'a dyn Observer,
    halt: Halt,
    ownership: Arc<Ownership>,
    dir: AttemptDir,
    kind: Kind,
}

/// Who decides over the task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// We: it is a task of one attempt, and this process clears up after dead ones first.
    Alone,
    /// Whoever ordered it.
    Ordered,
}

/// Where an attempt stands when we leave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// At its end; how it ended is in the draft.
    Ended,
    /// Paused, with everything in place.
    Paused,
    /// With everything in place, out of sight.
    Left,
    /// Before its begin.
    NotBegun,
}

impl Runner {
    /// Runs a task to its end and tells how it ended.
    ///
    /// The report is complete for every ending, failures included. When `cancel` is triggered the
    /// attempt is ended and cleaned up first. Dropping the future instead leaves labelled
    /// containers and a claimable attempt directory, which [`sweep`](crate::sweep()) removes.
    pub async fn run(
        &self,
        request: &TaskRequest,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> RunReport {
        let id = AttemptId {
            task: TaskId::from_random(self.ids.random()),
            number: AttemptNumber::FIRST,
        };
        let order = AttemptOrder {
            ledger: ledger_of_run(request, format!("run {}", id.task), &self.clock),
            ..AttemptOrder::new(id, request.clone())
        };
        let job = self.job(&order, Kind::Alone, observer, cancel);
        self.carry(&job).await.0.report
    }

    /// Carries out one attempt at a task that somebody else keeps, and tells how it ended. What comes
    /// next is the caller's to decide; so is clearing up after dead attempts ([`sweep`](crate::sweep())
    /// and [`recover`](crate::recover)), which does not happen here.
    ///
    /// When `cancel` is triggered the attempt is ended and cleaned up first. Dropping the future
    /// instead leaves labelled containers and a claimable attempt directory.
    pub async fn attempt(
        &self,
        order: &AttemptOrder,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> AttemptEnd {
        let job = self.job(order, Kind::Ordered, observer, cancel);
        let (result, turn) = self.carry(&job).await;
        told(&job, result, turn)
    }

    fn job<'a>(
        &self,
        order: &'a AttemptOrder,
        kind: Kind,
        observer: &'a dyn Observer,
        cancel: &CancellationToken,
    ) -> Job<'a> {
        let mut request = order.request.clone();
        // Once resolved, so that every later step means the same directory.
        if let Ok(workspace) = request.workspace.canonicalize() {
            request.workspace = workspace;
        }
        if let Some(limits) = &order.limits {
            request.limits = limits.clone();
        }
        Job {
            order,
            request,
            observer,
            halt: Halt {
                cancel: cancel.clone(),
                pause: order.pause.clone(),
            },
            ownership: Ownership::of(order),
            dir: AttemptDir::of(&self.home, order.id),
            kind,
        }
    }

    async fn carry(&self, job: &Job<'_>) -> (AttemptResult, Turn) {
        let mut draft = Draft::new(&job.request, job.order.id.task, self.clock.now());
        draft.part_of(job.order, job.kind == Kind::Ordered);
        let mut held = None;
        let ended = match self.begin(job, &mut held, &mut draft).await {
            Ok(Some((copy, ctx))) => {
                attempt::run(&ctx, &self.home, &copy.manifest, &mut draft).await
            }
            Ok(None) => Ok(halted(&job.halt, &mut draft)),
            Err(failure) => Err(failure),
        };
        draft.money(job.order).await;
        self.conclude(job, held, ended, draft).await
    }

    /// Keeps the result, and clears the files after it: once the result is there, nobody does any of
    /// the work again. The lock is held until then: whoever can take it may book the task as dead.
    async fn conclude(
        &self,
        job: &Job<'_>,
        mut held: Option<LockedAttempt>,
        ended: Result<Turn, RunFailure>,
        mut draft: Draft,
    ) -> (AttemptResult, Turn) {
        match ended {
            Ok(turn @ (Turn::Paused | Turn::Left)) => {
                return (draft.finish(self.clock.now()), turn);
            }
            // Where something of it is still there, there is an end to be told of.
            Ok(Turn::NotBegun)
                if !draft.keeps_working_files
                    && (held.is_none() || forget(self.home.clone(), job.dir.clone()).await) =>
            {
                return (draft.finish(self.clock.now()), Turn::NotBegun);
            }
            Ok(Turn::Ended | Turn::NotBegun) | Err(_) => {}
        }
        let (went_well, mut spare) = (ended.is_ok(), draft.clone());
        if let Err(failure) = ended {
            draft.fail(failure);
        }
        let stays = draft.keeps_working_files || held.is_none();
        let mut result = draft.finish(self.clock.now());
        let mut kept = false;
        if !stays {
            kept = keep_result(job, &mut held, &result).await;
            let cleared = clear_files(job, held.as_ref()).await;
            // Why the task ended matters more than a clean-up that did not succeed.
            if let Err(failure) = cleared
                && went_well
            {
                spare.fail(failure);
                result = spare.finish(self.clock.now());
                kept = false;
            }
        }
        if held.is_some() && !kept {
            keep_result(job, &mut held, &result).await;
        }
        (result, Turn::Ended)
    }
}

/// Keeps the result document; whether that was done. The lock stays with the work: it is held until the
/// document is there, whoever waits for it.
async fn keep_result(
    job: &Job<'_>,
    held: &mut Option<LockedAttempt>,
    result: &AttemptResult,
) -> bool {
    let (dir, report, lock) = (job.dir.clone(), result.report.clone(), held.take());
    let written = blocking(move || (write_report(&dir, &report), lock)).await;
    let written = written.map(|(written, lock)| {
        *held = lock;
        written
    });
    let why = match written {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error.to_string(),
        Err(failure) => failure.message,
    };
    tracing::warn!(why, "the result document could not be kept");
    false
}

/// What whoever ordered the attempt is told.
fn told(job: &Job<'_>, result: AttemptResult, turn: Turn) -> AttemptEnd {
    match turn {
        Turn::Paused => AttemptEnd::Paused,
        Turn::Left => AttemptEnd::Left,
        Turn::NotBegun => AttemptEnd::NotBegun,
        Turn::Ended if job.ownership.is_lost() => AttemptEnd::Disowned(Box::new(result)),
        Turn::Ended => AttemptEnd::Ended(Box::new(result)),
    }
}

/// What it means that an attempt was stopped before its agent ran.
fn halted(halt: &Halt, draft: &mut Draft) -> Turn {
    draft.cancelled();
    if halt.cancel.is_cancelled() {
        Turn::Ended
    } else {
        Turn::NotBegun
    }
}

/// Runs file work on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RunFailure> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| RunFailure::of_error(Cause::Unknown, &error))
}

/// Whether a directory is one that nobody means to hand to an agent by accident.
#[must_use]
pub fn is_delicate(workspace: &Path, user_home: Option<&Path>) -> bool {
    let same = |other: &Path| {
        other
            .canonicalize()
            .is_ok_and(|o| workspace.canonicalize().is_ok_and(|w| w == o))
    };
    same(Path::new("/")) || user_home.is_some_and(same)
}
