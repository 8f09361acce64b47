//! Attempts on the simulated daemon. Its containers outlive the process that made them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deckhands_model::{AttemptId, Cause, TaskState};
use deckhands_orchestration::Clock;
use deckhands_orchestration::engine::{
    AttemptJob, AttemptOutcome, AttemptResult, Attempts, NotAdopted,
};
use deckhands_store::{
    Draw, Drawn, Intent, MoneyCaps, ObjectKind, Progress, Queries, StoreError, StoreResult, Work,
};
use jiff::SignedDuration;
use tokio::time::{sleep, sleep_until, timeout};

use crate::breakage::Breakage;
use crate::clock::WallClock;
use crate::daemon::Stop;
use crate::invariant::Invariant;
use crate::process::Process;
use crate::report::{Told, report};
use crate::script::{Ending, Script};
use crate::store::SimStore;
use crate::world::{Act, Seat, World};

/// Between two tries at a daemon or a store that does not answer well.
const AGAIN: Duration = Duration::from_secs(2);

/// Attempts as one process makes them.
#[derive(Debug)]
pub(crate) struct FakeAttempts {
    pub(crate) process: Arc<Process>,
    pub(crate) store: SimStore,
    pub(crate) clock: WallClock,
    /// Slots of the engine.
    pub(crate) slots: usize,
}

/// One attempt in its worker's hands.
struct Hands<'a> {
    job: &'a AttemptJob,
    script: Script,
    seat: Seat,
}

/// Why a call of the model failed.
#[derive(Clone, Copy, Debug)]
enum Failed {
    With(Cause),
    /// The lease is somebody else's.
    Disowned,
}

#[async_trait]
impl Attempts for FakeAttempts {
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome {
        let hands = self.sit_down(job);
        self.misbehave(&hands).await;
        match self.bring_up(&hands).await {
            Ok(()) => self.watch(&hands).await,
            Err(outcome) => outcome,
        }
    }

    async fn adopt(&self, job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted> {
        let hands = self.sit_down(job);
        if self.world().lock().daemon.is_down() {
            let why = "the daemon does not answer".to_owned();
            return Err(NotAdopted::NotNow(why));
        }
        if let Some(ending) = self.ended(job.id) {
            self.hit("adopted at its end");
            return Ok(self.close(&hands, ending).await);
        }
        if !self.world().lock().daemon.is_running(job.id) || !hands.script.adoptable {
            self.hit("adoption impossible");
            return Err(NotAdopted::Gone("nothing of it can go on".to_owned()));
        }
        if let Err(outcome) = self.step(&hands, Act::Adopt).await {
            return Ok(outcome);
        }
        self.hit("adopted at work");
        Ok(self.watch(&hands).await)
    }

    async fn remove(&self, attempt: AttemptId) -> Result<(), String> {
        let script = self.world().script(attempt);
        self.take_away(attempt, &script).await
    }

    async fn tidy_up(&self) {
        // Listed first: what is made after the store was asked is not in this list.
        let shown = self.world().lock().daemon.list();
        let Ok(live) = self.store.live_attempts().await else {
            return;
        };
        for id in shown {
            if !live.iter().any(|record| record.id() == Some(id)) {
                self.hit("tidied");
                let script = self.world().script(id);
                self.take_away(id, &script).await.ok();
            }
        }
    }
}

impl FakeAttempts {
    fn world(&self) -> &Arc<World> {
        &self.process.world
    }

    fn is(&self, breakage: Breakage) -> bool {
        self.world().is(breakage)
    }

    fn hit(&self, what: &str) {
        self.world().hit(what.to_owned());
    }

    fn sit_down<'a>(&self, job: &'a AttemptJob) -> Hands<'a> {
        let (name, lease) = (&self.process.name, job.lease.clone());
        Hands {
            job,
            script: self.world().script(job.id),
            seat: self.world().seat(name, self.slots, job.id, lease),
        }
    }

    /// How an attempt ended, as its directory says.
    fn ended(&self, id: AttemptId) -> Option<Ending> {
        let forgetful = self.is(Breakage::PromotesTwice);
        let ended = self.world().lock().daemon.ended.get(&id).copied();
        ended.filter(|_| !forgetful)
    }

    async fn misbehave(&self, hands: &Hands<'_>) {
        let third = self
            .world()
            .lock()
            .planned(hands.job.id.task)
            .number
            .is_multiple_of(3);
        if third && self.is(Breakage::NeverReturns) {
            std::future::pending::<()>().await;
        }
        if third && self.is(Breakage::Panics) {
            #[expect(clippy::panic, reason = "this breakage is a panic")]
            {
                panic!("as this breakage asks");
            }
        }
    }

    /// Asks for the lease, then does what cannot be taken back.
    async fn step(&self, hands: &Hands<'_>, act: Act) -> Result<(), AttemptOutcome> {
        let id = hands.job.id;
        let unasked = match act {
            Act::Promote => self.is(Breakage::PromotesUnasked),
            Act::Create | Act::Start | Act::Adopt => self.is(Breakage::MakesUnasked),
        };
        if !unasked && hands.job.lease.confirm().await.is_err() {
            self.hit("disowned");
            return Err(AttemptOutcome::Disowned);
        }
        let word = act.word();
        let step = self.process.at_once(word).await;
        let name = {
            let mut state = self.world().lock();
            state.acts(act, hands.job.lease.fence(), &hands.seat);
            let daemon = &mut state.daemon;
            match act {
                Act::Create => {
                    let number = id.number.get();
                    let labelled = !(number == 1 && self.is(Breakage::LeaksContainer));
                    daemon.create(id, &hands.script, labelled);
                }
                Act::Start | Act::Adopt => {
                    daemon.start(id);
                }
                Act::Promote => daemon.promoted.push(id),
            }
            state.model.attempt_name(id)
        };
        self.process.tell(format_args!("{word} {name}"));
        self.process.after(word, step).await;
        Ok(())
    }

    /// Containers, from nothing to the running agent.
    async fn bring_up(&self, hands: &Hands<'_>) -> Result<(), AttemptOutcome> {
        let id = hands.job.id;
        let failed = |cause| Err(self.over(hands, Ending::Fails(cause)));
        let prepared = sleep(hands.script.prepare);
        let prepared = hands.job.pause.run_until_cancelled(prepared);
        if prepared.await.is_none() {
            self.hit("not prepared");
            return Err(AttemptOutcome::NotBegun);
        }
        let name = id.object_name("app");
        if !self.is(Breakage::AnnouncesNothing) {
            match self.announce(hands, &name).await {
                Ok(()) => {}
                // With a stale lease, too: nobody must take that for the attempt's end.
                Err(_) => return failed(Cause::DaemonUnreachable),
            }
        }
        if self.world().lock().daemon.is_down() {
            self.hit("daemon down at create");
            return failed(Cause::DaemonUnreachable);
        }
        self.begins(id, &name);
        self.step(hands, Act::Create).await?;
        let job = hands.job;
        let made = job.pause.run_until_cancelled(sleep(hands.script.create));
        if made.await.is_none() {
            self.hit("not begun");
            sleep(hands.script.create).await;
            let removed = self.take_away(id, &hands.script).await;
            return Err(match removed {
                Ok(()) => AttemptOutcome::NotBegun,
                Err(_) => AttemptOutcome::Paused,
            });
        }
        self.step(hands, Act::Start).await
    }

    /// Checks what must be so before a container is made.
    fn begins(&self, id: AttemptId, name: &str) {
        let mut state = self.world().lock();
        let attempt = state.model.attempt_name(id);
        if !state.model.is_announced(id, name) {
            let what = format!("a container of {attempt} is made");
            state.model.fail(Invariant::Announced, what);
        }
        if state.model.is_doomed(id) {
            let what = format!("{attempt} begins");
            state.model.fail(Invariant::CancelHeeded, what);
        }
    }

    async fn announce(&self, hands: &Hands<'_>, name: &str) -> StoreResult<()> {
        let intent = Intent {
            kind: ObjectKind::Container,
            name: name.to_owned(),
            labels: std::collections::BTreeMap::new(),
        };
        let fence = hands.job.lease.fence();
        self.store.intend(fence, &intent, self.clock.now()).await
    }

    /// The agent at work, until something ends it.
    async fn watch(&self, hands: &Hands<'_>) -> AttemptOutcome {
        let job = hands.job;
        loop {
            let stop = self.world().lock().daemon.next_stop(job.id, &hands.script);
            tokio::select! {
                biased;
                () = job.cancel.cancelled() => return self.cancelled(hands).await,
                () = job.pause.cancelled() => return self.freeze(hands),
                () = sleep_until(stop.0) => {}
            }
            match stop.1 {
                Stop::End(ending) => return self.end(hands, ending).await,
                Stop::Call(number) => {
                    let call = job.cancel.run_until_cancelled(self.call(hands, number));
                    match call.await {
                        Some(Ok(())) | None => {}
                        Some(Err(Failed::Disowned)) => return AttemptOutcome::Disowned,
                        Some(Err(Failed::With(cause))) => {
                            return self.end(hands, Ending::Fails(cause)).await;
                        }
                    }
                }
            }
        }
    }

    /// A call of the model: money is drawn, the provider answers, what it cost is booked.
    async fn call(&self, hands: &Hands<'_>, number: usize) -> Result<(), Failed> {
        let Some(call) = hands.script.calls.get(number).copied() else {
            return Ok(());
        };
        let (id, fence) = (hands.job.id, hands.job.lease.fence());
        let real = self.world().lock().planned(id.task).cap;
        let free = self.is(Breakage::DrawsAboveCap);
        let draw = Draw {
            least: call.drawn,
            wanted: call.drawn,
            caps: MoneyCaps {
                task: (!free).then_some(real),
                ..MoneyCaps::default()
            },
        };
        let progress = Progress {
            phase: "working".to_owned(),
            ..Progress::default()
        };
        hands.job.lease.progress(&progress).await;
        let drawn = async {
            loop {
                let now = self.clock.now();
                match self.store.draw(fence, draw, now).await {
                    Ok(drawn) => return Some(drawn),
                    Err(StoreError::Stale) => return None,
                    Err(_) => sleep(AGAIN).await,
                }
            }
        };
        match timeout(Duration::from_secs(60), drawn).await {
            Ok(Some(Drawn::Granted(_))) => {}
            Ok(Some(Drawn::Refused { .. })) => {
                self.hit("cap reached");
                return Err(Failed::With(Cause::BudgetLimit));
            }
            Ok(None) => return Err(Failed::Disowned),
            Err(_) => return Err(Failed::With(Cause::ProviderUnreachable)),
        }
        self.serve(id, &hands.script, call.costs);
        let now = self.clock.now();
        // A failure leaves the money drawn: it may have been spent.
        let back = call.drawn - call.costs;
        let booked = self.store.settle(fence, call.costs, back, now);
        booked.await.ok();
        Ok(())
    }

    fn serve(&self, id: AttemptId, script: &Script, costs: u64) {
        let mut state = self.world().lock();
        state.daemon.answered(id, script, costs);
        let billed = state.daemon.billed(id.task);
        let task = state.model.tasks.get(&id.task);
        let drawn = task.map_or(0, |task| task.open + task.spent);
        if billed > drawn {
            let what = format!(
                "{} was billed {billed} of {drawn}",
                state.model.name(id.task)
            );
            state.model.fail(Invariant::MoneyBounded, what);
        }
    }

    fn freeze(&self, hands: &Hands<'_>) -> AttemptOutcome {
        self.hit("frozen");
        let mut state = self.world().lock();
        state.daemon.freeze(hands.job.id, &hands.script);
        AttemptOutcome::Paused
    }

    async fn cancelled(&self, hands: &Hands<'_>) -> AttemptOutcome {
        self.hit("cancelled at work");
        self.world().lock().daemon.kill(hands.job.id);
        if self.take_away_for_good(hands).await.is_none() {
            return AttemptOutcome::Paused;
        }
        self.result(hands, TaskState::Cancelled, None)
    }

    /// The agent is done: that is written down, then its change is promoted where there is one.
    async fn end(&self, hands: &Hands<'_>, ending: Ending) -> AttemptOutcome {
        {
            let mut state = self.world().lock();
            state.daemon.ended.insert(hands.job.id, ending);
            state.daemon.kill(hands.job.id);
        }
        self.close(hands, ending).await
    }

    /// What follows the end, once or, where a process died in it, again.
    async fn close(&self, hands: &Hands<'_>, ending: Ending) -> AttemptOutcome {
        let id = hands.job.id;
        let promoted = self.world().lock().daemon.promoted.contains(&id);
        let claims = self.is(Breakage::ClaimsSuccess);
        if ending == Ending::Succeeds
            && !promoted
            && !claims
            && let Err(outcome) = self.step(hands, Act::Promote).await
        {
            return outcome;
        }
        let over = self.over(hands, ending);
        match self.take_away_for_good(hands).await {
            Some(()) => over,
            None => AttemptOutcome::Paused,
        }
    }

    /// Removes, however long it takes; nothing where the engine is being stopped meanwhile.
    async fn take_away_for_good(&self, hands: &Hands<'_>) -> Option<()> {
        while self.take_away(hands.job.id, &hands.script).await.is_err() {
            self.hit("remove fails");
            hands.job.pause.run_until_cancelled(sleep(AGAIN)).await?;
        }
        Some(())
    }

    async fn take_away(&self, id: AttemptId, script: &Script) -> Result<(), String> {
        let step = self.process.before("container remove").await;
        let removed = self.world().lock().daemon.remove(id, script);
        self.process.after("container remove", step).await;
        removed
    }

    fn over(&self, hands: &Hands<'_>, ending: Ending) -> AttemptOutcome {
        let state = match ending {
            Ending::Succeeds => TaskState::Completed,
            _ => TaskState::Failed,
        };
        let AttemptOutcome::Over(mut result) = self.result(hands, state, ending.cause()) else {
            return AttemptOutcome::Paused;
        };
        match ending {
            Ending::RefusedUntil(_, after) => {
                let after = SignedDuration::try_from(after).unwrap_or_default();
                result.reset_at = self.clock.now().checked_add(after).ok();
            }
            Ending::RefusedFor(wait) => result.retry_after = Some(wait),
            Ending::Succeeds | Ending::Fails(_) | Ending::Hangs | Ending::Vanishes => {}
        }
        AttemptOutcome::Over(result)
    }

    fn result(&self, hands: &Hands<'_>, state: TaskState, cause: Option<Cause>) -> AttemptOutcome {
        let id = hands.job.id;
        let told = {
            let world = self.world().lock();
            Told {
                state,
                cause,
                work: world.daemon.work(id, &hands.script),
                micro_dollars: world.daemon.billed.get(&id).copied().unwrap_or_default(),
            }
        };
        let route = hands.job.model.clone().unwrap_or_default();
        AttemptOutcome::Over(Box::new(AttemptResult {
            report: report(id, &route, told),
            reset_at: None,
            retry_after: None,
        }))
    }
}
