//! Everything before an attempt's first container: what may stop it at once, its directory, its copy
//! of the workspace, its images.

use deckhands_model::{Cause, ImageReport};
use deckhands_runtime::RuntimeInfo;
use tokio::time::Instant;

use super::hand_over::{check_provider, check_writable, copy_failure, left_out};
use super::report::Draft;
use super::{Job, Kind, Runner, blocking};
use crate::adoption::{Begun, keep_baseline, keep_begun};
use crate::attempt_dir::{AttemptDir, AttemptRecord, LockedAttempt};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::images;
use crate::labels;
use crate::money::check_ledger;
use crate::observer::{Phase, RunEvent};
use crate::request::TaskRequest;
use crate::sweep::{Adoptable, SweepOptions, sweep};
use crate::worker::AttemptCtx;
use crate::workspace::{CopyError, CopyOptions, CopyReport, copy_workspace, recover};

impl Runner {
    /// Everything before the attempt's first container; `None` where it was halted.
    pub(super) async fn begin<'a>(
        &'a self,
        job: &'a Job<'a>,
        held: &mut Option<LockedAttempt>,
        draft: &mut Draft,
    ) -> Result<Option<(CopyReport, AttemptCtx<'a>)>, RunFailure> {
        check_writable(&job.request)?;
        check_provider(&job.request)?;
        check_ledger(&job.request, job.order.ledger.is_some())?;
        let Some(info) = job.halt.run_until(self.greet(job, draft)).await else {
            return Ok(None);
        };
        let info = info?;
        draft.versions.docker = Some(info.version);
        let mut record = self.record(job);
        *held = Some(create(job, &self.home, &record).await?);
        let Some(copy) = self.copy(job, draft).await? else {
            return Ok(None);
        };
        job.observer.observe(RunEvent::Phase(Phase::Images));
        let started = Instant::now();
        let Some(images) = job.halt.run_until(self.images(job)).await else {
            return Ok(None);
        };
        let (app_image, sandbox_image) = images?;
        draft.timings.images_s = started.elapsed().as_secs_f64();
        draft.images = vec![app_image.clone(), sandbox_image.clone()];
        record.sandbox_image = Some(images::by_digest(&sandbox_image));
        let begun = job.order.adoptable;
        let begun = begun.then(|| draft.begun((app_image.clone(), sandbox_image.clone())));
        keep_record(&job.dir, record, begun).await?;
        let ctx = self.context(job, info.rootless, (app_image, sandbox_image));
        Ok(Some((copy, ctx)))
    }

    /// What every part of the attempt needs.
    pub(super) fn context<'a>(
        &'a self,
        job: &'a Job<'a>,
        rootless: bool,
        (app_image, sandbox_image): (ImageReport, ImageReport),
    ) -> AttemptCtx<'a> {
        let labels = labels::of_attempt(&self.home, job.order.id, &job.dir);
        AttemptCtx {
            ports: &self.ports,
            owned: self.ports.owned(labels).with_owner(job.ownership.clone()),
            adapter: &self.adapter,
            gateway: &self.gateway,
            request: &job.request,
            observer: job.observer,
            halt: &job.halt,
            ownership: &job.ownership,
            id: job.order.id,
            dir: job.dir.clone(),
            shared_files: &job.order.shared_files,
            ledger: job.order.ledger.as_ref(),
            ids: self.ids.as_ref(),
            clock: self.clock.as_ref(),
            adoptable: job.order.adoptable,
            rootless,
            app_image,
            sandbox_image,
        }
    }

    /// Clears up after earlier processes where nobody else does, and asks the daemon who it is.
    async fn greet(&self, job: &Job<'_>, draft: &mut Draft) -> Result<RuntimeInfo, RunFailure> {
        if job.kind == Kind::Alone {
            self.recover_and_sweep(&job.request, draft).await;
        }
        let daemon = &job.order.daemon;
        Ok(daemon.known(self.ports.containers.as_ref()).await?)
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
            adoptable: Adoptable::Leave,
            now: self.clock.now(),
        };
        match sweep(&self.ports, &self.home, options).await {
            Ok(report) if report.failed.is_empty() => {}
            Ok(report) => draft.notes.extend(report.failed),
            // The same failure is about to be told by the run itself.
            Err(failure) => tracing::debug!(message = %failure.message, "sweep failed"),
        }
    }

    /// Copies the workspace into the attempt's directory; `None` where the attempt was halted.
    async fn copy(
        &self,
        job: &Job<'_>,
        draft: &mut Draft,
    ) -> Result<Option<CopyReport>, RunFailure> {
        job.observer.observe(RunEvent::Phase(Phase::Copy));
        let started = Instant::now();
        let (request, stop) = (&job.request, job.halt.clone());
        let options = CopyOptions {
            include_ignored: request.policy.include_ignored,
            max_bytes: (!request.policy.any_size).then_some(request.limits.workspace_bytes),
            leave_out: left_out(request, &self.home),
        };
        let from = request.workspace.clone();
        let to = job.dir.agent_dirs().workspace;
        let work = move || copy_workspace(&from, &to, &options, &|| stop.is_asked());
        let copy = match blocking(work).await? {
            Ok(copy) => copy,
            Err(CopyError::Stopped) => return Ok(None),
            Err(error) => return Err(copy_failure(&error)),
        };
        let copy = if job.order.adoptable {
            keep(&job.dir, copy).await?
        } else {
            copy
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
            task_id: job.order.id.task.to_string(),
            number: job.order.id.number.get(),
            started_at: self.clock.now().to_string(),
            workspace: job.request.workspace.clone(),
            sandbox_image: None,
            profile: job.request.profile,
            network: job.request.network,
            keep: job.request.policy.keep,
            adoptable: job.order.adoptable,
        }
    }
}

/// Makes the attempt's directory.
async fn create(
    job: &Job<'_>,
    home: &Home,
    record: &AttemptRecord,
) -> Result<LockedAttempt, RunFailure> {
    let (dir, home, record) = (job.dir.clone(), home.clone(), record.clone());
    let made = blocking(move || dir.create(&home, &record)).await?;
    made.map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))
}

/// Keeps what is known before there is any container, and what another process would go on with.
async fn keep_record(
    dir: &AttemptDir,
    record: AttemptRecord,
    begun: Option<Begun>,
) -> Result<(), RunFailure> {
    let dir = dir.clone();
    let kept = blocking(move || {
        let written = dir.write_record(&record);
        written.map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))?;
        begun.map_or(Ok(()), |begun| {
            keep_begun(&dir, &begun)
                .map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))
        })
    });
    kept.await?
}

/// Keeps the baseline for another process to go on with.
async fn keep(dir: &AttemptDir, copy: CopyReport) -> Result<CopyReport, RunFailure> {
    let dir = dir.clone();
    let kept = blocking(move || keep_baseline(&dir, &copy.manifest).map(|()| copy));
    let kept = kept.await?;
    kept.map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))
}
