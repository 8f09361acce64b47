//! Carries out one run on a clock of its own and judges it.

use std::cell::Cell;
use std::pin::pin;
use std::sync::{Arc, Once};
use std::time::Duration;

use deckhands_orchestration::engine::{
    Attempts, Engine, EngineEvent, EngineObserver, EngineParts, EngineReport, EngineSettings,
    StopSignals,
};
use deckhands_orchestration::{Clock, route_health};
use deckhands_store::{MemoryStore, Page, Queries, TaskFilter};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::agents::FakeAttempts;
use crate::breakage::Breakage;
use crate::clock::{SeededIds, WallClock};
use crate::invariant::{Invariant, Violation};
use crate::plan::{End, Event, Life, Plan, TaskPlan};
use crate::process::{Fault, Process};
use crate::store::SimStore;
use crate::trace::Coverage;
use crate::users::User;
use crate::verdict;
use crate::world::{Planned, World};

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Of everything that happened.
    pub(crate) hash: String,
    pub(crate) violations: Vec<Violation>,
    pub(crate) lines: Vec<String>,
    pub(crate) coverage: Coverage,
}

/// How long a healthy engine may take for the rest. Parked tasks wait for minutes, those that a
/// clock was set back for for hours.
const DRAIN: Duration = Duration::from_secs(8 * 3600);

thread_local! {
    static PANICS: Cell<u64> = const { Cell::new(0) };
    /// Panics are meant here: they are counted and not told.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Carries out a seed, twice: the second run must be the first one again.
pub(crate) fn simulate(seed: u64, breakage: Option<Breakage>) -> Outcome {
    let mut outcome = run(seed, breakage, false);
    let again = run(seed, breakage, false);
    if again.hash != outcome.hash {
        outcome.violations.push(Violation {
            invariant: Invariant::Replays,
            what: format!("{} once, then {}", outcome.hash, again.hash),
        });
    }
    outcome
}

/// Carries out a seed once.
pub(crate) fn run(seed: u64, breakage: Option<Breakage>, keep_lines: bool) -> Outcome {
    count_panics();
    QUIET.set(breakage == Some(Breakage::Panics));
    let before = PANICS.get();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let mut outcome = match runtime {
        Ok(runtime) => runtime.block_on(async {
            // The clock is paused somewhere between two ticks of the timers. From a tick on, all
            // times are the same in every run.
            sleep(Duration::from_millis(1)).await;
            Sim::new(seed, breakage, keep_lines).run().await
        }),
        Err(error) => Outcome {
            hash: String::new(),
            violations: vec![Violation {
                invariant: Invariant::NoPanic,
                what: format!("no runtime: {error}"),
            }],
            lines: Vec::new(),
            coverage: Coverage::default(),
        },
    };
    let panics = PANICS.get() - before;
    if panics > 0 {
        outcome.violations.push(Violation {
            invariant: Invariant::NoPanic,
            what: format!("{panics} panics"),
        });
    }
    outcome
}

/// A worker's panic is caught by its engine; here it counts, on the thread that runs the seed.
fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            if !QUIET.get() {
                before(info);
            }
        }));
    });
}

/// One run. Cheap to clone; clones share the world.
#[derive(Clone, Debug)]
struct Sim {
    plan: Arc<Plan>,
    world: Arc<World>,
    store: MemoryStore,
    /// Disturbances are over.
    over: CancellationToken,
}

impl Sim {
    fn new(seed: u64, breakage: Option<Breakage>, keep_lines: bool) -> Self {
        let plan = Plan::of(seed);
        let world = World::new(seed, breakage, keep_lines);
        for (number, task) in plan.tasks.iter().enumerate() {
            let cap = task.cap;
            let planned = Planned { number, cap };
            world.lock().planned.insert(task.id, planned);
        }
        Self {
            plan: Arc::new(plan),
            world: Arc::new(world),
            store: MemoryStore::default(),
            over: CancellationToken::new(),
        }
    }

    async fn run(self) -> Outcome {
        let mut all = JoinSet::new();
        for engine in 0..self.plan.engines.len() {
            all.spawn(Box::pin(self.clone().lives(engine)));
        }
        self.outside().await;
        self.over.cancel();
        all.join_all().await;
        self.clear_up().await;
        self.drain().await;
        self.judge().await
    }

    /// What happens from outside, up to the end of all disturbances.
    async fn outside(&self) {
        let start = Instant::now();
        let mut users = JoinSet::new();
        for (number, (at, event)) in self.plan.events.iter().enumerate() {
            sleep_until(start + *at).await;
            self.event(event, number, &mut users);
        }
        sleep_until(start + self.plan.chaos).await;
        {
            let mut state = self.world.lock();
            state.troubles.clear();
            state.daemon.down_until = None;
        }
        self.world.tell("world", "calms down");
        users.join_all().await;
    }

    fn event(&self, event: &Event, number: usize, users: &mut JoinSet<()>) {
        match event {
            Event::Jump(by) => return self.world.jump(*by),
            Event::Trouble(trouble, lasts) => {
                self.world
                    .tell("store", format_args!("{trouble:?} for {lasts:?}"));
                let until = Instant::now() + *lasts;
                return self.world.lock().troubles.push((*trouble, until));
            }
            Event::DaemonDown(lasts) => {
                self.world.tell("dock", format_args!("down for {lasts:?}"));
                self.world.lock().daemon.down_until = Some(Instant::now() + *lasts);
                return;
            }
            _ => {}
        }
        let (sim, event, name) = (self.clone(), event.clone(), format!("u{number}"));
        users.spawn(async move {
            let user = sim.user(&name, None);
            let task = |number: usize| &sim.plan.tasks[number];
            match event {
                Event::Submit(number) => sim.submit(&name, task(number)).await,
                Event::Twin(number, id) => user.submit(task(number), id).await,
                Event::Clash(number, id) => user.clash(task(number), id).await,
                Event::Cancel(number) => user.cancel(task(number)).await,
                Event::Hold(number) => user.hold(task(number)).await,
                Event::Release(number) => {
                    let task = task(number);
                    user.release(&task.name, task.id).await;
                }
                Event::Jump(_) | Event::Trouble(..) | Event::DaemonDown(_) => {}
            }
        });
    }

    fn process(&self, name: &str, fault: Option<Fault>) -> (Arc<Process>, SimStore) {
        let process = Process::new(name.to_owned(), self.world.clone(), fault);
        let process = Arc::new(process);
        let store = SimStore::new(self.store.clone(), process.clone());
        (process, store)
    }

    /// Hands a task in; one whose program dies at that is handed in once more.
    async fn submit(&self, name: &str, task: &TaskPlan) {
        if let Some(side) = task.submitter_dies {
            let (what, at) = ("submit", 0);
            let user = self.user(name, Some(Fault::Dies { what, at, side }));
            tokio::select! {
                biased;
                () = user.process.died() => {}
                () = user.submit(task, task.id) => return,
            }
            sleep(Duration::from_secs(5)).await;
        }
        self.user(name, None).submit(task, task.id).await;
    }

    fn user(&self, name: &str, fault: Option<Fault>) -> User {
        let (process, store) = self.process(name, fault);
        User {
            process,
            store,
            clock: self.world.clock.clone(),
            bounds: self.plan.bounds,
        }
    }

    /// One engine that is started again and again.
    async fn lives(self, engine: usize) {
        for (number, life) in self.plan.engines[engine].iter().enumerate() {
            if self.over.is_cancelled() {
                return;
            }
            let wait = self.over.run_until_cancelled(sleep(life.after));
            if wait.await.is_none() {
                return;
            }
            let name = format!("e{engine}.{number}");
            self.life(&name, [engine, number], life).await;
        }
    }

    async fn life(&self, name: &str, purpose: [usize; 2], life: &Life) {
        let clock = self.world.clock.off(life.clock_off);
        let settings = self.plan.settings.clone();
        let started = self.engine(name, life.fault, purpose, (clock, settings));
        let (process, engine) = started.await;
        process.tell("starts");
        let signals = StopSignals::default();
        let mut run = pin!(engine.run(&signals));
        let end = tokio::select! {
            biased;
            () = process.died() => return,
            report = &mut run => return tell_left(&process, report),
            () = self.over.cancelled() => life.end,
            () = sleep(life.lasts) => life.end,
        };
        process.tell(format_args!("{end:?}"));
        match end {
            End::Killed => return process.kill(),
            End::Stopped => signals.stop.cancel(),
            End::Cancelled => signals.cancel.cancel(),
        }
        tokio::select! {
            biased;
            () = process.died() => {}
            report = &mut run => tell_left(&process, report),
        }
    }

    async fn engine(
        &self,
        name: &str,
        fault: Option<Fault>,
        [engine, life]: [usize; 2],
        (clock, mut settings): (WallClock, EngineSettings),
    ) -> (Arc<Process>, Engine) {
        let (process, store) = self.process(name, fault);
        let attempts = FakeAttempts {
            process: process.clone(),
            store: store.clone(),
            clock: clock.clone(),
            slots: settings.workers,
        };
        if self.world.is(Breakage::OneSlotMore) {
            settings.workers += 1;
        }
        store.restarted(clock.now()).await;
        let [engine, life] = [engine, life].map(|part| u64::try_from(part).unwrap_or(u64::MAX));
        let ids = SeededIds::new(self.plan.seed, &[0x1d5, engine, life], self.world.breakage);
        let observer = Observer(process.clone());
        let clock: Arc<dyn Clock> = Arc::new(clock);
        let parts = EngineParts {
            store: Arc::new(store),
            attempts: Arc::new(attempts),
            health: route_health(self.plan.breaker, &clock),
            clock,
            ids: Arc::new(ids),
            observer: Arc::new(observer),
        };
        (process, Engine::new(parts, settings))
    }

    /// Users release what is still held, so that everything can end.
    async fn clear_up(&self) {
        let user = self.user("clear", None);
        let all = Page {
            offset: 0,
            limit: u64::MAX,
        };
        let now = self.world.clock.now();
        let listed = self.store.list(&TaskFilter::default(), all, now).await;
        let held = listed.unwrap_or_default().into_iter().filter(|t| t.held);
        for task in held.filter(|task| !task.state.is_terminal()) {
            user.release(&task.title, task.id).await;
        }
    }

    /// A healthy engine does the rest.
    async fn drain(&self) {
        let settings = EngineSettings {
            drain: true,
            ..self.plan.settings.clone()
        };
        let clock = self.world.clock.clone();
        let (process, engine) = self
            .engine("drain", None, [usize::MAX, 0], (clock.clone(), settings))
            .await;
        let signals = StopSignals::default();
        match timeout(DRAIN, engine.run(&signals)).await {
            Ok(report) => tell_left(&process, report),
            Err(_) => {
                let what = "not everything ended".to_owned();
                self.world.fail(Invariant::AllDone, what);
                process.kill();
            }
        }
        // What was asked of the daemon by processes that died is there by now, and cleared up.
        sleep(Duration::from_secs(120)).await;
        let (process, store) = self.process("reap", None);
        let reaper = FakeAttempts {
            process,
            store,
            clock,
            slots: 0,
        };
        reaper.tidy_up().await;
        sleep(Duration::from_secs(120)).await;
        reaper.tidy_up().await;
    }

    async fn judge(&self) -> Outcome {
        let (_, store) = self.process("judge", None);
        let policies = &self.plan.settings.policies;
        verdict::judge(&self.world, &store, policies.budget.attempts).await;
        let violations = self.world.take_violations();
        let mut state = self.world.lock();
        if state.model.refused_stale() > 0 {
            state.coverage.hit("stale writes refused".to_owned());
        }
        Outcome {
            hash: state.trace.hash(),
            violations,
            lines: state.trace.take_lines(),
            coverage: std::mem::take(&mut state.coverage),
        }
    }
}

fn tell_left(process: &Process, report: EngineReport) {
    process.tell(format_args!(
        "leaves after {} attempts, {} left",
        report.attempts, report.left
    ));
}

/// Puts what an engine tells into the trace.
#[derive(Debug)]
struct Observer(Arc<Process>);

impl EngineObserver for Observer {
    fn tell(&self, event: EngineEvent) {
        let world = &self.0.world;
        let name = |task| world.lock().model.name(task).to_owned();
        let line = match event {
            EngineEvent::Started {
                attempt, adopted, ..
            } => {
                let attempt = world.lock().model.attempt_name(attempt);
                format!("at work on {attempt}, adopted {adopted}")
            }
            EngineEvent::Ended { task, state, cause } => {
                let name = name(task);
                world.hit(format!("task {state:?}"));
                format!("{name} ends {state:?} {cause:?}")
            }
            EngineEvent::Again { task, at, note } => {
                world.hit("again".to_owned());
                format!("{} again at {at}: {note}", name(task))
            }
            EngineEvent::Paused(attempt) => {
                format!("paused {}", world.lock().model.attempt_name(attempt))
            }
            EngineEvent::Left(attempt) => {
                world.hit("left".to_owned());
                format!("left {}", world.lock().model.attempt_name(attempt))
            }
            EngineEvent::Mode(mode) => format!("is {mode:?}"),
            EngineEvent::StoreTrouble(text) => {
                world.hit("store trouble".to_owned());
                format!("store: {text}")
            }
            EngineEvent::DaemonTrouble(text) => format!("daemon: {text}"),
            EngineEvent::NoKey { attempt, .. } => format!("{attempt}: left for want of a key"),
            EngineEvent::DaemonBack => "daemon: well again".to_owned(),
        };
        self.0.tell(line);
    }
}
