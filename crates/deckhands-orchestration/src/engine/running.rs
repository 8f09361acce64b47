//! The engine's loop: waits for what happens next and does what the decider says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::{AttemptId, TaskId};
use deckhands_store::{Claim, StoreError, StoreResult};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use super::decider::{Command, Decider, Event, Mode};
use super::looks::Looks;
use super::observer::EngineEvent;
use super::orphans::{Leases, LeftAlone};
use super::run::{EngineReport, StopSignals};
use super::shared::Shared;
use super::tidy;
use super::timers::{self, Timers};
use super::work::{Origin, Work};
use super::worker::{Done, work};

/// An engine at work.
pub(super) struct Running {
    shared: Arc<Shared>,
    decider: Decider,
    workers: JoinSet<Done>,
    /// What each worker is at, and how it is told to cancel.
    at_work: BTreeMap<Id, (AttemptId, CancellationToken)>,
    pause: CancellationToken,
    timers: Timers,
    left_alone: LeftAlone,
    leases: Leases,
    looks: Looks,
    report: EngineReport,
    tidying: JoinSet<()>,
    daemon: Daemon,
}

impl Running {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            decider: Decider::new(shared.settings.workers),
            timers: Timers::new(shared.settings.duration),
            shared,
            workers: JoinSet::new(),
            at_work: BTreeMap::new(),
            pause: CancellationToken::new(),
            left_alone: LeftAlone::default(),
            leases: Leases::default(),
            looks: Looks::default(),
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
        let working = mode == Mode::Working;
        tokio::select! {
            biased;
            () = signals.cancel.cancelled(), if mode < Mode::Cancelling => Some(Event::CancelAsked),
            () = signals.stop.cancelled(), if mode < Mode::Draining => Some(Event::StopAsked),
            // Before the ends of attempts: nothing is begun in the place of one that the daemon ended.
            () = self.shared.daemon_doubted.notified() => {
                self.daemon.doubt(&self.shared);
                None
            }
            Some(joined) = self.workers.join_next_with_id() => self.ended(joined),
            Some(()) = self.daemon.well_again() => {
                let now = Instant::now();
                (self.timers.wake, self.timers.tidy) = (now, now);
                // What was left alone meanwhile goes before new work.
                working.then_some(Event::Survey)
            }
            event = timers::over(&mut self.timers.stage) => event,
            () = sleep_until(self.timers.survey), if working => Some(Event::Survey),
            () = sleep_until(self.timers.tidy), if working => {
                self.tidy();
                None
            }
            () = sleep_until(self.timers.wake), if working => {
                self.timers.wake = Instant::now() + self.shared.settings.poll;
                self.drained().await.or(Some(Event::Wake))
            }
            // Last: a store that is slow at it keeps the engine from nothing else that is due.
            () = sleep_until(self.timers.cancels), if mode < Mode::Pausing && !self.at_work.is_empty() => {
                self.cancels().await;
                None
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Option<Event> {
        match command {
            Command::Claim if self.daemon.is_doubted() => Some(Event::NothingToClaim),
            Command::Adopt(attempt) if self.daemon.is_doubted() => Some(Event::NotAdopted(attempt)),
            Command::Claim if self.looks.are_over(Instant::now()) => Some(Event::NothingToClaim),
            Command::Claim => Some(self.claim().await),
            Command::Adopt(attempt) => Some(self.adopt(attempt).await),
            Command::StartGrace => {
                self.timers
                    .stage(self.shared.settings.grace, Event::GraceOver);
                None
            }
            Command::PauseAll => {
                self.pause.cancel();
                self.timers
                    .stage(self.shared.settings.end_within, Event::EndOver);
                None
            }
            Command::CancelAll => {
                self.at_work
                    .values()
                    .for_each(|(_, cancel)| cancel.cancel());
                self.timers
                    .stage(self.shared.settings.end_within, Event::EndOver);
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
        let adopted = self.leases.adopt(&shared, attempt, now);
        match self.bounded(adopted).await {
            Some(claim) => Event::Adopted(self.start(claim, since, Origin::Orphan)),
            None => Event::NotAdopted(attempt),
        }
    }

    /// Tells the workers whose tasks somebody wants cancelled; a heartbeat would do so only later.
    async fn cancels(&mut self) {
        let asked = self.cancels_asked().await;
        self.timers.cancels = Instant::now() + self.shared.settings.poll;
        let wanted = self.at_work.values();
        wanted
            .filter(|(attempt, _)| asked.contains(&attempt.task))
            .for_each(|(_, cancel)| cancel.cancel());
    }

    async fn cancels_asked(&self) -> Vec<TaskId> {
        let asked = self.bounded(self.shared.store.cancels_asked()).await;
        asked.unwrap_or_default()
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
        let (key, done) = match joined {
            Ok((key, done)) => (key, done),
            Err(error) => {
                tracing::error!(%error, "a worker died; its attempt is taken over once its lease ends");
                (error.id(), Done::Settled)
            }
        };
        let (attempt, _cancel) = self.at_work.remove(&key)?;
        if done == Done::NoKey {
            self.left_alone.insert(attempt);
        }
        self.looks.done(done, Instant::now());
        self.report.attempts -= u64::from(done == Done::GivenBack);
        // One that was left before may have been taken over again here.
        let left = matches!(done, Done::Left | Done::NoKey);
        let stopping = self.decider.mode() > Mode::Working;
        self.report.left += usize::from(left && stopping);
        Some(Event::Ended(attempt))
    }

    /// Live attempts that nobody works on.
    async fn survey(&mut self) -> Option<Event> {
        let shared = self.shared.clone();
        self.timers.survey = Instant::now() + shared.settings.lease.heartbeat;
        let live = self.bounded(shared.store.live_attempts()).await?;
        let cancels = match self.left_alone.len() {
            0 => Vec::new(),
            _ => self.cancels_asked().await,
        };
        let free = self.leases.look(&live, shared.clock.now());
        let orphans = self.left_alone.without(free, &live, &cancels);
        Some(Event::Orphans(orphans))
    }

    /// Whether there is nothing left to do, where that ends the engine.
    async fn drained(&mut self) -> Option<Event> {
        if !self.shared.settings.drain || self.decider.at_work() > 0 {
            return None;
        }
        let shared = self.shared.clone();
        let stats = self.bounded(shared.store.stats(shared.clock.now())).await?;
        let waiting: u64 = stats.waiting.values().sum();
        // What was left alone waits for another engine.
        let live = usize::try_from(stats.live_attempts).unwrap_or(usize::MAX);
        (waiting <= stats.held && live <= self.left_alone.len()).then_some(Event::Drained)
    }

    fn tidy(&mut self) {
        self.timers.tidy = Instant::now() + self.shared.settings.tidy_every;
        while self.tidying.try_join_next().is_some() {}
        if self.tidying.is_empty() {
            let (shared, expire) = (self.shared.clone(), self.timers.expires());
            self.tidying
                .spawn(async move { tidy::tidy(&shared, expire).await });
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
