//! Carries one task from its text to a proved result.

mod attempt;
mod hand_over;
mod keep;
mod report;

use std::path::Path;
use std::sync::Arc;

use deckhands_agent::AgentAdapter;
use deckhands_model::{AttemptId, AttemptNumber, Cause, ImageReport, RunReport, TaskId};
use deckhands_runtime::{Owned, RuntimeInfo};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use report::{died, write_report};
pub use report::{not_started, simulated};

use crate::attempt_dir::{AttemptDir, AttemptRecord, LockedAttempt};
use crate::clock::{Clock, IdSource};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::images;
use crate::labels;
use crate::observer::{Observer, Phase, RunEvent};
use crate::ports::Ports;
use crate::request::TaskRequest;
use crate::sweep::{SweepOptions, sweep};
use crate::worker::AttemptCtx;
use crate::workspace::{CopyError, CopyOptions, CopyReport, copy_workspace, recover};
pub use hand_over::check_provider;
use hand_over::{check_writable, copy_failure, left_out};
use report::Draft;

/// Runs tasks, one at a time. Cheap to clone; clones share nothing but what they run on.
#[derive(Clone, Debug)]
pub struct Runner {
    /// The container runtime.
    pub ports: Ports,
    /// The kind of agent.
    pub adapter: Arc<dyn AgentAdapter>,
    /// The state directory.
    pub home: Home,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Random ids.
    pub ids: Arc<dyn IdSource>,
}

/// One task on its way through a run.
struct Job<'a> {
    request: &'a TaskRequest,
    observer: &'a dyn Observer,
    cancel: &'a CancellationToken,
    id: AttemptId,
    dir: AttemptDir,
}

impl Runner {
    /// Runs a task to its end and tells how it ended.
    ///
    /// The report is complete for every ending, failures included. When `cancel` is triggered the
    /// attempt is ended and cleaned up first. Dropping the future instead leaves labelled
    /// containers and a claimable attempt directory, which [`sweep`] removes.
    pub async fn run(
        &self,
        request: &TaskRequest,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> RunReport {
        // Once resolved, so that every later step means the same directory.
        let request = &TaskRequest {
            workspace: request
                .workspace
                .canonicalize()
                .unwrap_or_else(|_| request.workspace.clone()),
            ..request.clone()
        };
        let task = TaskId::from_random(self.ids.random());
        let id = AttemptId {
            task,
            number: AttemptNumber::FIRST,
        };
        let dir = AttemptDir::of(&self.home, id);
        let job = Job {
            request,
            observer,
            cancel,
            id,
            dir,
        };
        let mut draft = Draft::new(request, task, self.clock.now());
        // Held until the result is written: whoever can take the lock may book the task as dead.
        let mut held = None;
        if let Err(failure) = self.carry_out(&job, &mut held, &mut draft).await {
            draft.fail(failure);
        }
        let report = draft.finish();
        if held.is_some()
            && let Err(error) = write_report(&job.dir, &report)
        {
            tracing::warn!(%error, "the result document could not be kept");
        }
        report
    }

    async fn carry_out(
        &self,
        job: &Job<'_>,
        held: &mut Option<LockedAttempt>,
        draft: &mut Draft,
    ) -> Result<(), RunFailure> {
        let ended = match self.begin(job, held, draft).await {
            Ok(Some((copy, ctx))) => attempt::run(&ctx, &self.home, &copy, draft).await,
            Ok(None) => {
                draft.cancelled();
                Ok(())
            }
            Err(failure) => Err(failure),
        };
        if draft.keeps_working_files {
            return ended;
        }
        // Why the task ended matters more than a clean-up that did not succeed.
        ended.and(clear_files(job, held.as_ref()).await)
    }

    /// Everything before the attempt's first container; `None` where the task was cancelled.
    async fn begin<'a>(
        &'a self,
        job: &Job<'a>,
        held: &mut Option<LockedAttempt>,
        draft: &mut Draft,
    ) -> Result<Option<(CopyReport, AttemptCtx<'a>)>, RunFailure> {
        check_writable(job.request)?;
        check_provider(job.request)?;
        let Some(info) = job
            .cancel
            .run_until_cancelled(self.greet(job.request, draft))
            .await
        else {
            return Ok(None);
        };
        let info = info?;
        draft.versions.docker = Some(info.version);
        let mut record = self.record(job);
        let no_home = |e: &dyn std::error::Error| RunFailure::of_error(Cause::PermissionDenied, e);
        *held = Some(
            job.dir
                .create(&self.home, &record)
                .map_err(|e| no_home(&e))?,
        );
        let Some(copy) = self.copy(job, draft).await? else {
            return Ok(None);
        };
        job.observer.observe(RunEvent::Phase(Phase::Images));
        let started = Instant::now();
        let Some(images) = job.cancel.run_until_cancelled(self.images(job)).await else {
            return Ok(None);
        };
        let (app_image, sandbox_image) = images?;
        draft.timings.images_s = started.elapsed().as_secs_f64();
        draft.images = vec![app_image.clone(), sandbox_image.clone()];
        record.sandbox_image = Some(images::by_digest(&sandbox_image));
        job.dir.write_record(&record).map_err(|e| no_home(&e))?;
        let labels = labels::of_attempt(&self.home, job.id, &job.dir);
        let ctx = AttemptCtx {
            ports: &self.ports,
            owned: Owned::new(self.ports.containers.clone(), labels),
            adapter: &self.adapter,
            request: job.request,
            observer: job.observer,
            cancel: job.cancel,
            id: job.id,
            dir: job.dir.clone(),
            ids: self.ids.as_ref(),
            rootless: info.rootless,
            app_image,
            sandbox_image,
        };
        Ok(Some((copy, ctx)))
    }

    /// Clears up after earlier processes and asks the daemon who it is.
    async fn greet(
        &self,
        request: &TaskRequest,
        draft: &mut Draft,
    ) -> Result<RuntimeInfo, RunFailure> {
        self.recover_and_sweep(request, draft).await;
        Ok(self.ports.containers.probe().await?)
    }

    /// Completes what earlier processes left unfinished. Failing at it does not stop this task.
    async fn recover_and_sweep(&self, request: &TaskRequest, draft: &mut Draft) {
        // On a thread of its own: it waits while another process promotes.
        let home = self.home.clone();
        match blocking(move || recover(&home)).await {
            Ok(Ok(recovered)) => draft.notes.extend(recovered.notes()),
            Ok(Err(error)) => draft.notes.push(error.to_string()),
            Err(failure) => draft.notes.push(failure.message),
        }
        let deadline = request.deadlines.cleanup;
        let options = SweepOptions {
            all_homes: false,
            dry_run: false,
            deadline,
        };
        match sweep(&self.ports, &self.home, options).await {
            Ok(report) if report.failed.is_empty() => {}
            Ok(report) => draft.notes.extend(report.failed),
            // The same failure is about to be told by the run itself.
            Err(failure) => tracing::debug!(message = %failure.message, "sweep failed"),
        }
    }

    /// Copies the workspace into the attempt's directory; `None` where the task was cancelled.
    async fn copy(
        &self,
        job: &Job<'_>,
        draft: &mut Draft,
    ) -> Result<Option<CopyReport>, RunFailure> {
        job.observer.observe(RunEvent::Phase(Phase::Copy));
        let started = Instant::now();
        let (request, stop) = (job.request, job.cancel.clone());
        let options = CopyOptions {
            include_ignored: request.policy.include_ignored,
            max_bytes: (!request.policy.any_size).then_some(request.limits.workspace_bytes),
            leave_out: left_out(request, &self.home),
        };
        let from = request.workspace.clone();
        let to = job.dir.agent_dirs().workspace;
        let work = move || copy_workspace(&from, &to, &options, &|| stop.is_cancelled());
        let copy = match blocking(work).await? {
            Ok(copy) => copy,
            Err(CopyError::Stopped) => return Ok(None),
            Err(error) => return Err(copy_failure(&error)),
        };
        draft.timings.copy_s = started.elapsed().as_secs_f64();
        draft.notes.extend(copy.notes());
        Ok(Some(copy))
    }

    async fn images(&self, job: &Job<'_>) -> Result<(ImageReport, ImageReport), RunFailure> {
        let (deadline, images) = (job.request.deadlines.pull, &job.request.images);
        let ensure = |image| images::ensure(&self.ports, &self.home, image, deadline, job.observer);
        Ok((ensure(&images.app).await?, ensure(&images.sandbox).await?))
    }

    fn record(&self, job: &Job<'_>) -> AttemptRecord {
        AttemptRecord {
            task_id: job.id.task.to_string(),
            number: job.id.number.get(),
            started_at: self.clock.now().to_string(),
            workspace: job.request.workspace.clone(),
            sandbox_image: None,
            profile: job.request.profile,
            network: job.request.network,
            keep: job.request.policy.keep,
        }
    }
}

/// Removes what only the running attempt needed, unless the user wants to keep it.
async fn clear_files(job: &Job<'_>, held: Option<&LockedAttempt>) -> Result<(), RunFailure> {
    let Some(held) = held.filter(|_| !job.request.policy.keep) else {
        return Ok(());
    };
    let dir = held.dir().clone();
    let cleared = blocking(move || dir.remove_working_files()).await?;
    cleared.map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))
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
