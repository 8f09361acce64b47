//! One attempt at work: its lease is kept, it is carried out, and what came of it is written down.

use std::time::Duration;

use deckhands_model::{AttemptNumber, AttemptReport, Cause};
use tokio::time::{Instant, sleep};

use super::attempts::{AttemptOutcome, NotAdopted};
use super::daemon;
use super::observer::EngineEvent;
use super::settle::{Over, settle};
use super::shared::Shared;
use super::work::{Origin, Work};
use super::writes::{self, Unwritten};

/// How a worker is done with an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Done {
    /// What came of it is in the store.
    Settled,
    /// It was not begun: the store knows nothing of it any more.
    GivenBack,
    /// It was left as it is, for somebody else to take over.
    Left,
    /// The same, for want of its provider's key: nobody without one needs to try again.
    NoKey,
}

/// Why nothing of an attempt is in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Unsettled {
    /// It is somebody else's by now, or somebody is to go on with it later.
    Left,
    /// There is no key for its model here.
    NoKey(String),
}

impl From<Unwritten> for Unsettled {
    fn from(Unwritten: Unwritten) -> Self {
        Self::Left
    }
}

/// Works on an attempt until it is over, frozen, or somebody else's. Its outcome is in the store
/// when this returns; where the lease was lost, the attempt is left as it is.
pub(super) async fn work(shared: &Shared, mut work: Work) -> Done {
    let id = work.id();
    let lease = work.lease.clone();
    let done = tokio::select! {
        biased;
        _lost = lease.lost().cancelled() => Err(Unsettled::Left),
        // Before the heartbeat: one that comes after the last write finds the lease ended.
        done = carry_out(shared, &mut work) => done,
        _lost = lease.keep() => Err(Unsettled::Left),
    };
    match done {
        Ok(done) => done,
        Err(Unsettled::Left) => {
            shared.observer.tell(EngineEvent::Left(id));
            Done::Left
        }
        Err(Unsettled::NoKey(why)) => {
            let event = EngineEvent::NoKey { attempt: id, why };
            shared.observer.tell(event);
            Done::NoKey
        }
    }
}

/// Tells that an attempt is at work.
fn started(shared: &Shared, work: &Work) {
    shared.observer.tell(EngineEvent::Started {
        attempt: work.id(),
        title: work.task.title.clone(),
        adopted: work.origin == Origin::Orphan,
    });
}

async fn carry_out(shared: &Shared, work: &mut Work) -> Result<Done, Unsettled> {
    work.job.earlier = earlier(work).await?;
    // Invariant: no work before the store has confirmed the lease once more.
    let over = match work.origin {
        Origin::Fresh => fresh(shared, work).await?,
        Origin::Orphan => {
            started(shared, work);
            work.lease.confirm().await.map_err(|_lost| Unwritten)?;
            go_on(shared, work).await?
        }
    };
    if over.cause() == Some(Cause::DaemonUnreachable) {
        shared.doubt_daemon();
    }
    Ok(settle(shared, work, over).await?)
}

/// Reports of the attempts before this one: the task's document lists them all, so that a store which
/// does not answer well is asked again.
async fn earlier(work: &Work) -> Result<Vec<AttemptReport>, Unwritten> {
    if work.id().number == AttemptNumber::FIRST {
        return Ok(Vec::new());
    }
    let attempts = writes::attempts(&work.lease).await?.into_iter();
    let before = attempts.filter(|attempt| attempt.number < work.id().number.get());
    Ok(before.filter_map(|attempt| attempt.report).collect())
}

async fn fresh(shared: &Shared, work: &mut Work) -> Result<Over, Unsettled> {
    if work.job.cancel.is_cancelled() {
        return Ok(Over::NotBegun);
    }
    match shared.route(work) {
        Ok(route) => work.take_route(route),
        Err(until) => return Ok(Over::NoRoute(until)),
    }
    started(shared, work);
    let route = work.model().unwrap_or_default();
    work.lease.start(&route).await.map_err(|_lost| Unwritten)?;
    // Somebody may have asked since the claim.
    if work.job.cancel.is_cancelled() {
        return Ok(Over::NotBegun);
    }
    match shared.attempts.run(&work.job).await {
        AttemptOutcome::Left => {
            daemon_is_back(shared, work).await?;
            go_on(shared, work).await
        }
        outcome => of_outcome(outcome),
    }
}

/// Goes on with an attempt that was begun, as often as the daemon comes between: its slot and its lease
/// are kept meanwhile, so that nothing new is begun in its place.
async fn go_on(shared: &Shared, work: &Work) -> Result<Over, Unsettled> {
    loop {
        // A cancelled one, too: where it had reached its end by then, that is how it ended.
        match adopt(shared, work).await {
            Ok(AttemptOutcome::Left) => {}
            Ok(outcome) => return of_outcome(outcome),
            Err(NotAdopted::Gone(why)) => {
                let calls = shared.attempts.calls_of(work.id()).await.map(Box::new);
                remove(shared, work).await?;
                let progress = writes::progress(&work.lease).await?;
                return Ok(Over::Lost {
                    why,
                    progress,
                    calls,
                });
            }
            Err(NotAdopted::NoKey(why)) => return Err(Unsettled::NoKey(why)),
            Err(NotAdopted::NotNow(why)) => {
                tracing::warn!(attempt = %work.id(), why, "not taken over now");
                if daemon::answers(shared).await.is_ok() {
                    return Err(Unsettled::Left);
                }
            }
        }
        daemon_is_back(shared, work).await?;
    }
}

/// Waits until the daemon answers; a stop leaves the attempt for later.
async fn daemon_is_back(shared: &Shared, work: &Work) -> Result<(), Unsettled> {
    shared.doubt_daemon();
    let asked = async {
        sleep(shared.settings.poll).await;
        daemon::until_it_answers(shared, |_why| ()).await;
    };
    let back = work.job.pause.run_until_cancelled(asked).await;
    back.ok_or(Unsettled::Left)
}

/// Takes an attempt over. Whoever clears up looks into it for a moment, at the start of an engine above
/// all; it would be left alone until this lease ends if that were not waited for.
async fn adopt(shared: &Shared, work: &Work) -> Result<AttemptOutcome, NotAdopted> {
    let until = Instant::now() + IN_USE;
    loop {
        let adopted = shared.attempts.adopt(&work.job).await;
        if !matches!(adopted, Err(NotAdopted::NotNow(_))) || Instant::now() >= until {
            return adopted;
        }
        let pause = sleep(LOOK_AGAIN);
        if work.job.pause.run_until_cancelled(pause).await.is_none() {
            return adopted;
        }
    }
}

/// How long an attempt that cannot be taken over now is asked for again.
const IN_USE: Duration = Duration::from_secs(20);

/// Between two tries at it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

fn of_outcome(outcome: AttemptOutcome) -> Result<Over, Unsettled> {
    match outcome {
        AttemptOutcome::Over(result) => Ok(Over::Result(result)),
        AttemptOutcome::Paused => Ok(Over::Paused),
        AttemptOutcome::NotBegun => Ok(Over::NotBegun),
        AttemptOutcome::Disowned | AttemptOutcome::Left => Err(Unsettled::Left),
    }
}

/// Removes what is left of an attempt, however long the daemon takes; a stop leaves it for later.
async fn remove(shared: &Shared, work: &Work) -> Result<(), Unwritten> {
    loop {
        let Err(why) = shared.attempts.remove(work.id()).await else {
            return Ok(());
        };
        tracing::warn!(attempt = %work.id(), why, "what is left of an attempt could not be removed yet");
        let pause = sleep(shared.settings.lease.heartbeat);
        if work.job.pause.run_until_cancelled(pause).await.is_none() {
            return Err(Unwritten);
        }
    }
}
