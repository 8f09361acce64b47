//! Carries one task from its text to a proved result.

mod attempt;
mod report;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deckhands_agent::AgentAdapter;
use deckhands_model::{AttemptId, AttemptNumber, Cause, RunReport, TaskId};
use deckhands_runtime::Owned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use report::{not_started, simulated};

use crate::attempt_dir::{AttemptDir, AttemptRecord, LockedAttempt, write_private};
use crate::clock::{Clock, IdSource};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::images;
use crate::labels;
use crate::observer::{Observer, Phase, RunEvent};
use crate::ports::Ports;
use crate::request::TaskRequest;
use crate::sweep::{SweepOptions, sweep};
use crate::workspace::{CopyError, CopyOptions, CopyReport, copy_workspace, recover};
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

/// What a run has gathered before its attempt begins.
struct Ready {
    held: LockedAttempt,
    copy: CopyReport,
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
        let task = TaskId::from_random(self.ids.random());
        let id = AttemptId {
            task,
            number: AttemptNumber::FIRST,
        };
        let dir = AttemptDir::of(&self.home, id);
        let mut draft = Draft::new(request, task, self.clock.now());
        if let Err(failure) = self
            .carry_out(request, observer, cancel, (&dir, id, &mut draft))
            .await
        {
            draft.fail(failure);
        }
        let report = draft.finish();
        if dir.root().exists()
            && let Err(error) = write_report(&dir, &report)
        {
            tracing::warn!(%error, "the result document could not be kept");
        }
        report
    }

    async fn carry_out(
        &self,
        request: &TaskRequest,
        observer: &dyn Observer,
        cancel: &CancellationToken,
        (dir, id, draft): (&AttemptDir, AttemptId, &mut Draft),
    ) -> Result<(), RunFailure> {
        self.recover_and_sweep(request, draft).await;
        let Ready { held, copy } = self.ready(request, observer, dir, id, draft).await?;
        let phase = Instant::now();
        observer.observe(RunEvent::Phase(Phase::Images));
        let images = tokio::select! {
            images = self.images(request, observer) => images,
            () = cancel.cancelled() => {
                draft.cancelled();
                return clear_files(&held, request);
            }
        };
        draft.timings.images_s = phase.elapsed().as_secs_f64();
        let (app_image, sandbox_image) =
            images.inspect_err(|_| drop(clear_files(&held, request)))?;
        draft.images = vec![app_image.clone(), sandbox_image.clone()];
        let mut record = self.record(request, id);
        record.sandbox_image = Some(images::by_digest(&sandbox_image));
        dir.write_record(&record).map_err(|e| no_home(&e))?;
        let ctx = crate::worker::AttemptCtx {
            ports: &self.ports,
            owned: Owned::new(
                self.ports.containers.clone(),
                labels::of_attempt(&self.home, id, dir),
            ),
            adapter: &self.adapter,
            request,
            observer,
            cancel,
            id,
            dir: dir.clone(),
            app_image,
            sandbox_image,
        };
        let ended = attempt::run(&ctx, &self.home, &copy, draft).await;
        if ended.is_err() || !request.policy.keep {
            clear_files(&held, request)?;
        }
        ended
    }

    /// Completes what earlier processes left unfinished. Failing at it does not stop this task.
    async fn recover_and_sweep(&self, request: &TaskRequest, draft: &mut Draft) {
        match recover(&self.home) {
            Ok(done) => draft.notes.extend(
                done.iter()
                    .map(|w| format!("completed an interrupted change of `{}`", w.display())),
            ),
            Err(error) => draft.notes.push(error.to_string()),
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

    /// Claims the attempt's directory and copies the workspace into it.
    async fn ready(
        &self,
        request: &TaskRequest,
        observer: &dyn Observer,
        dir: &AttemptDir,
        id: AttemptId,
        draft: &mut Draft,
    ) -> Result<Ready, RunFailure> {
        self.ports
            .containers
            .probe()
            .await
            .map(|info| draft.versions.docker = Some(info.version))?;
        observer.observe(RunEvent::Phase(Phase::Copy));
        let started = Instant::now();
        let held = dir
            .create(&self.home, &self.record(request, id))
            .map_err(|e| RunFailure::of_error(Cause::PermissionDenied, &e))?;
        let options = CopyOptions {
            include_ignored: request.policy.include_ignored,
            max_bytes: (!request.policy.any_size).then_some(request.limits.workspace_bytes),
        };
        let (from, to) = (request.workspace.clone(), dir.agent_dirs().workspace);
        let copied = blocking(move || copy_workspace(&from, &to, options)).await?;
        let copy = copied.map_err(|error| {
            drop(clear_files(&held, request));
            copy_failure(&error)
        })?;
        draft.timings.copy_s = started.elapsed().as_secs_f64();
        draft.notes.extend(copy.notes());
        Ok(Ready { held, copy })
    }

    async fn images(
        &self,
        request: &TaskRequest,
        observer: &dyn Observer,
    ) -> Result<(deckhands_model::ImageReport, deckhands_model::ImageReport), RunFailure> {
        let deadline: Duration = request.deadlines.pull;
        let images = &request.images;
        let ensure = |image| images::ensure(&self.ports, &self.home, image, deadline, observer);
        Ok((ensure(&images.app).await?, ensure(&images.sandbox).await?))
    }

    fn record(&self, request: &TaskRequest, id: AttemptId) -> AttemptRecord {
        AttemptRecord {
            task_id: id.task.to_string(),
            number: id.number.get(),
            started_at: self.clock.now().to_string(),
            workspace: request.workspace.clone(),
            sandbox_image: None,
        }
    }
}

/// Runs file work on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RunFailure> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| RunFailure::of_error(Cause::Unknown, &error))
}

fn clear_files(held: &LockedAttempt, request: &TaskRequest) -> Result<(), RunFailure> {
    if request.policy.keep {
        return Ok(());
    }
    held.dir()
        .remove_working_files()
        .map_err(|error| no_home(&error))
}

fn no_home(error: &io::Error) -> RunFailure {
    RunFailure::of_error(Cause::PermissionDenied, error)
}

fn copy_failure(error: &CopyError) -> RunFailure {
    match error {
        CopyError::NotADirectory { .. } => RunFailure::of_error(Cause::BadInput, error),
        CopyError::TooLarge { .. } => RunFailure::of_error(Cause::BadInput, error)
            .with_hint("name a smaller directory with --workspace, or say --yes"),
        CopyError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            RunFailure::of_error(Cause::HostDiskFull, error)
        }
        CopyError::Io { .. } => RunFailure::of_error(Cause::PermissionDenied, error),
    }
}

fn write_report(dir: &AttemptDir, report: &RunReport) -> io::Result<()> {
    write_private(&dir.result(), &serde_json::to_vec_pretty(report)?)
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
