//! The engine's loop: waits for what happens next and does what the decider says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::AttemptId;
use deckhands_store::{AttemptRecord, AttemptState, Claim, StoreError, StoreResult};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use super::decider::{Command, Decider, Event, Mode};
use super::observer::EngineEvent;
use super::run::{EngineReport, StopSignals};
use super::shared::Shared;
use super::worker::{Done, Origin, Work, work};

/// An engine at work.
pub(super) struct Running {
    shared: Arc<Shared>,
    decider: Decider,
    workers: JoinSet<Done>,
    /// What each worker is at, and how it is told to cancel.
    at_work: BTreeMap<Id, (AttemptId, CancellationToken)>,
    pause: CancellationToken,
    timers: Timers,
    report: EngineReport,
    tidying: JoinSet<()>,
    daemon: Daemon,
}

/// When what is due next.
struct Timers {
    wake: Instant,
    /// When it is next asked which of the running tasks are to be cancelled.
    cancels: Instant,
    survey: Instant,
    tidy: Instant,
    /// The end of the engine's duration, the grace time, or the time for pausing and cancelling.
    stage: Option<(Instant, Event)>,
}

impl Running {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        let end = shared
            .settings
            .duration
            .map(|d| (now + d, Event::StopAsked));
        let timers = Timers {
            wake: now,
            cancels: now,
            survey: now,
            tidy: now,
            stage: end,
        };
        Self {
            decider: Decider::new(shared.settings.workers),
            shared,
            workers: JoinSet::new(),
            at_work: BTreeMap::new(),
            pause: CancellationToken::new(),
            timers,
            report: EngineReport::default(),
            tidying: JoinSet::new(),
            daemon: Daemon::default(),
        }
    }

    pub(super) async fn run(&mut self, signals: &StopSignals) -> EngineReport {
        // What died before is looked for before anything new is taken.
        let mut events = VecDeque::from([Event::Survey]);
        loop {
            while let Some(event) = events.pop_front() {
                let before = self.decider.mode();
                if event == Event::Survey {
                    events.extend(self.survey().await);
                }
                for command in self.decider.decide(event) {
                    events.extend(self.obey(command).await);
                }
                self.mode_changed(before);
                if self.decider.mode() == Mode::Left {
                    return self.leave();
                }
            }
            events.extend(self.next(signals).await);
        }
    }

    /// Waits for whatever happens first.
    async fn next(&mut self, signals: &StopSignals) -> Option<Event> {
        let mode = self.decider.mode();
        let stage_at = self.timers.stage.as_ref().map(|(at, _)| *at);
        let working = mode == Mode::Working;
        tokio::select! {
            biased;
            () = signals.cancel.cancelled(), if mode < Mode::Cancelling => Some(Event::CancelAsked),
            () = signals.stop.cancelled(), if mode < Mode::Draining => Some(Event::StopAsked),
            Some(joined) = self.workers.join_next_with_id() => self.ended(joined),
            Some(()) = self.daemon.well_again() => {
                self.timers.survey = Instant::now();
                self.timers.tidy = Instant::now();
                Some(Event::Wake)
            }
            () = at(stage_at), if stage_at.is_some() => {
                self.timers.stage.take().map(|(_, event)| event)
            }
            () = sleep_until(self.timers.cancels), if mode < Mode::Pausing && !self.at_work.is_empty() => {
                self.cancels().await;
                None
            }
            () = sleep_until(self.timers.survey), if working => Some(Event::Survey),
            () = sleep_until(self.timers.tidy), if working => {
                self.tidy();
                None
            }
            () = sleep_until(self.timers.wake), if working => {
                self.timers.wake = Instant::now() + self.shared.settings.poll;
                self.drained().await.or(Some(Event::Wake))
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Option<Event> {
        match command {
            Command::Claim if self.daemon.is_doubted() => Some(Event::NothingToClaim),
            Command::Adopt(attempt) if self.daemon.is_doubted() => Some(Event::NotAdopted(attempt)),
            Command::Claim => Some(self.claim().await),
            Command::Adopt(attempt) => Some(self.adopt(attempt).await),
            Command::StartGrace => {
                self.stage(self.shared.settings.grace, Event::GraceOver);
                None
            }
            Command::PauseAll => {
                self.pause.cancel();
                self.stage(self.shared.settings.end_within, Event::EndOver);
                None
            }
            Command::CancelAll => {
                self.at_work
                    .values()
                    .for_each(|(_, cancel)| cancel.cancel());
                self.stage(self.shared.settings.end_within, Event::EndOver);
                None
            }
            Command::Leave => None,
        }
    }

    async fn claim(&mut self) -> Event {
        let shared = self.shared.clone();
        let (since, now) = (Instant::now(), shared.clock.now());
        let term = shared.settings.lease.term;
        let claimed = self
            .bounded(shared.store.claim(shared.worker, term, now))
            .await;
        match claimed.flatten() {
            Some(claim) => Event::Claimed(self.start(claim, since, Origin::Fresh)),
            None => Event::NothingToClaim,
        }
    }

    async fn adopt(&mut self, attempt: AttemptId) -> Event {
        let shared = self.shared.clone();
        let (since, now) = (Instant::now(), shared.clock.now());
        let term = shared.settings.lease.term;
        let adopted = shared.store.adopt(attempt, shared.worker, term, now);
        match self.bounded(adopted).await {
            Some(claim) => Event::Adopted(self.start(claim, since, Origin::Orphan)),
            None => Event::NotAdopted(attempt),
        }
    }

    /// Tells the workers whose tasks somebody wants cancelled; a heartbeat would do so only later.
    async fn cancels(&mut self) {
        self.timers.cancels = Instant::now() + self.shared.settings.poll;
        let shared = self.shared.clone();
        let asked = self.bounded(shared.store.cancels_asked()).await;
        let asked = asked.unwrap_or_default();
        let wanted = self.at_work.values();
        wanted
            .filter(|(attempt, _)| asked.contains(&attempt.task))
            .for_each(|(_, cancel)| cancel.cancel());
    }

    fn start(&mut self, claim: Claim, since: Instant, origin: Origin) -> AttemptId {
        let work_on = Work::of(&self.shared, claim, since, origin, self.pause.child_token());
        let id = work_on.id();
        let cancel = work_on.job.cancel.clone();
        self.report.attempts += 1;
        let shared = self.shared.clone();
        let handle = self
            .workers
            .spawn(async move { Box::pin(work(&shared, work_on)).await });
        self.at_work.insert(handle.id(), (id, cancel));
        id
    }

    fn ended(&mut self, joined: Result<(Id, Done), JoinError>) -> Option<Event> {
        let key = match &joined {
            Ok((key, done)) => {
                if done.daemon_doubted {
                    self.daemon.doubt(&self.shared);
                }
                // One that was left before may have been taken over again here.
                let stopping = self.decider.mode() > Mode::Working;
                self.report.left += usize::from(done.left && stopping);
                *key
            }
            Err(error) => {
                tracing::error!(%error, "a worker died; its attempt is taken over once its lease ends");
                error.id()
            }
        };
        let (attempt, _cancel) = self.at_work.remove(&key)?;
        Some(Event::Ended(attempt))
    }

    /// Live attempts that nobody works on.
    async fn survey(&mut self) -> Option<Event> {
        let shared = self.shared.clone();
        self.timers.survey = Instant::now() + shared.settings.lease.heartbeat;
        let live = self.bounded(shared.store.live_attempts()).await?;
        let now = shared.clock.now();
        let free = |attempt: &AttemptRecord| {
            attempt.state == AttemptState::Paused || attempt.lease_until < now
        };
        let orphans = live
            .iter()
            .filter(|a| free(a))
            .filter_map(AttemptRecord::id);
        Some(Event::Orphans(orphans.collect()))
    }

    /// Whether there is nothing left to do, where that ends the engine.
    async fn drained(&mut self) -> Option<Event> {
        if !self.shared.settings.drain || self.decider.at_work() > 0 {
            return None;
        }
        let shared = self.shared.clone();
        let stats = self.bounded(shared.store.stats(shared.clock.now())).await?;
        let waiting: u64 = stats.waiting.values().sum();
        (waiting <= stats.held && stats.live_attempts == 0).then_some(Event::Drained)
    }

    fn tidy(&mut self) {
        self.timers.tidy = Instant::now() + self.shared.settings.tidy_every;
        while self.tidying.try_join_next().is_some() {}
        if self.tidying.is_empty() {
            let shared = self.shared.clone();
            self.tidying
                .spawn(async move { shared.attempts.tidy_up().await });
        }
    }

    /// A store that does not answer in time is like one that failed: it is asked again later, and
    /// workers go on under the leases that they have.
    async fn bounded<T>(&self, asked: impl Future<Output = StoreResult<T>>) -> Option<T> {
        let text = match timeout(STORE_ANSWER, asked).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(StoreError::Stale)) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store does not answer".to_owned(),
        };
        self.shared.observer.tell(EngineEvent::StoreTrouble(text));
        None
    }

    fn stage(&mut self, after: Duration, event: Event) {
        self.timers.stage = Some((Instant::now() + after, event));
    }

    fn mode_changed(&self, before: Mode) {
        let mode = self.decider.mode();
        if mode != before {
            self.shared.observer.tell(EngineEvent::Mode(mode));
        }
    }

    /// Workers that are still there are aborted; their attempts can be adopted.
    fn leave(&mut self) -> EngineReport {
        self.report.left += self.decider.at_work();
        self.workers.abort_all();
        self.tidying.abort_all();
        self.daemon.leave();
        self.report
    }
}

/// How long the loop waits for an answer of the store.
const STORE_ANSWER: Duration = Duration::from_secs(20);

async fn at(when: Option<Instant>) {
    if let Some(when) = when {
        sleep_until(when).await;
    }
}
