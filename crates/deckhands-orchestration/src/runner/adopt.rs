//! Goes on with attempts of dead processes, and gives up those that nobody can go on with.

use std::fs;

use deckhands_model::{AttemptId, RunReport};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::report::Draft;
use super::result::result;
use super::{Kind, Runner, attempt, told};
use crate::adoption::{Kept, NotAdoptable};
use crate::attempt_dir::{AttemptDir, Claim, LockedAttempt, claim};
use crate::failure::RunFailure;
use crate::observer::Observer;
use crate::order::{AttemptEnd, AttemptOrder, AttemptResult};
use crate::sweep::close_dead;
use crate::worker;
use crate::workspace::recover;

impl Runner {
    /// Goes on with an attempt whose process died, or paused it, while its containers live on; to the
    /// same end as [`attempt`](Self::attempt), with the same containers.
    ///
    /// The order must be the attempt's own. Everything that the agent stored and printed is read again
    /// from the begin, and told to `observer` again. Time in which nobody looked counts as waited,
    /// a pause as nothing. Whatever `cancel` and the order's `pause` were triggered for before is done
    /// at once.
    ///
    /// # Errors
    /// [`NotAdoptable`]; the attempt is as it was, and its directory is free again. Where it says that
    /// this will not pass, [`discard`](Self::discard) clears it away.
    pub async fn adopt(
        &self,
        order: &AttemptOrder,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<AttemptEnd, NotAdoptable> {
        let job = self.job(order, Kind::Ordered, observer, cancel);
        let (held, kept) = self.take(order.id, &job.dir).await?;
        let info = order.daemon.known(self.ports.containers.as_ref()).await;
        let info = info.map_err(|error| RunFailure::from(&error))?;
        let mut ctx = self.context(&job, info.rootless, kept.begun.images.clone());
        ctx.adoptable = true;
        let now = self.clock.now();
        let mut draft = Draft::new(&job.request, order.id.task, now);
        draft.part_of(order, true);
        let ended = if let Some(settled) = kept.settled {
            self.complete_promotion(&job.dir).await?;
            draft.go_on(kept.begun, now);
            draft.go_on_settled(settled);
            attempt::go_on_settled(&ctx, &self.home, &kept.before, &mut draft).await
        } else if let Some(missing) = &order.no_key {
            return Err(NotAdoptable::NoKey(missing.clone()));
        } else {
            let live = worker::adopt(&ctx, &kept).await?;
            draft.go_on(kept.begun, now);
            attempt::go_on(&ctx, live, &self.home, &kept.before, &mut draft).await
        };
        draft.money(order).await;
        let (result, turn) = self.conclude(&job, Some(held), ended, draft).await;
        Ok(told(&job, result, turn))
    }

    /// Clears a dead attempt away as if nobody could go on with it: its containers and networks, and
    /// its working files. What it changed, if that was known already, is kept.
    ///
    /// # Errors
    /// [`RunFailure`] where a living process works on it, or something stays.
    pub async fn discard(
        &self,
        id: AttemptId,
        deadline: std::time::Duration,
    ) -> Result<(), RunFailure> {
        close_dead(&self.ports, &self.home, id, deadline).await
    }

    /// Claims an adoptable attempt, and reads what was kept of it.
    async fn take(
        &self,
        id: AttemptId,
        dir: &AttemptDir,
    ) -> Result<(LockedAttempt, Kept), NotAdoptable> {
        let claimed = claim(&self.home, dir).await;
        let held = match claimed.map_err(|source| NotAdoptable::Unclaimed { source })? {
            Claim::Ours(held) => held,
            Claim::Live => return Err(NotAdoptable::Live),
            Claim::Gone => return Err(NotAdoptable::Gone),
        };
        let (dir, now) = (dir.clone(), self.clock.now());
        let kept = super::blocking(move || {
            if dir.result().exists() {
                let result = read_result(&dir, id, now).map(Box::new);
                return Err(NotAdoptable::Ended { result });
            }
            let record = dir.record();
            let record = record.map_err(|source| NotAdoptable::Damaged { source })?;
            if !record.adoptable {
                return Err(NotAdoptable::NotMeant);
            }
            Kept::read(&dir)
        });
        Ok((held, kept.await.map_err(NotAdoptable::from)??))
    }
    /// Completes what the dead process may have begun to take over, or takes it back.
    async fn complete_promotion(&self, dir: &AttemptDir) -> Result<(), NotAdoptable> {
        if dir.changed_files().exists() {
            // It was not taken over, and its files are not where they were read.
            return Err(NotAdoptable::ContainersGone);
        }
        let home = self.home.clone();
        let recovered = super::blocking(move || recover(&home)).await?;
        let recovered = recovered.map_err(|error| NotAdoptable::Unclaimed {
            source: error.source,
        })?;
        recovered
            .notes()
            .iter()
            .for_each(|note| tracing::info!(note));
        Ok(())
    }
}

/// What the attempt's own process wrote down at its end.
fn read_result(dir: &AttemptDir, id: AttemptId, now: Timestamp) -> Option<AttemptResult> {
    let text = fs::read(dir.result()).ok()?;
    let report: RunReport = serde_json::from_slice(&text).ok()?;
    let attempt = report.attempts.last()?.clone();
    (attempt.number == id.number.get()).then(|| result(report, attempt, None, now))
}
