//! Sessions of several tasks over one durable store, calls of every kind at the same time, and processes
//! that die or lose their lease at any moment. At each level what was served is at most what the ledger
//! has, and that is at most the cap; what nobody settles is listed as uncertain; and where nobody dies
//! the ledger has what was served, to the nanodollar.
//!
//! What was served is counted by the provider. The time is real: neither sockets nor the store's threads
//! go with a paused clock.

use std::sync::Mutex;

use deckhands_gateway::{PursePolicy, Session};
use deckhands_model::{AttemptReport, RunReport, TaskState};
use deckhands_store::{AttemptEnd, Fence, MoneySum, TaskEnd, Waiting};
use deckhands_testkit::{
    Dialect, EventForm, Mishap, Place as At, ProviderError, Reply, Script, ScriptedLlm, Step,
    Times, Usage, WrongUsage,
};
use proptest::prelude::*;
use tokio::task::{AbortHandle, JoinSet};

use super::calls::{ask, session};
use super::*;

/// Tasks at work at once; all but the last one are of the same batch.
const TASKS: usize = 3;

const BATCH: &str = "b";

/// How a call goes, and what it costs in dollars. A call can cost 0.0032 at most, and some bytes more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Cheap,
    Dear,
    /// Takes its time.
    Slow,
    /// A refusal.
    Refused,
    /// Does not say what it cost.
    Hidden,
    /// Breaks off in its middle.
    Cut,
    /// The connection is reset without an answer.
    Reset,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Cheap,
        Self::Dear,
        Self::Slow,
        Self::Refused,
        Self::Hidden,
        Self::Cut,
        Self::Reset,
    ];

    /// Of these everybody knows what they cost.
    const CERTAIN: usize = 4;

    /// By this word the provider knows what to play.
    const fn word(self) -> &'static str {
        match self {
            Self::Cheap => "cheap",
            Self::Dear => "dear",
            Self::Slow => "slow",
            Self::Refused => "refused",
            Self::Hidden => "hidden",
            Self::Cut => "cut",
            Self::Reset => "reset",
        }
    }

    fn step(self) -> Step {
        let parts = |step: Step| {
            step.streamed_as(EventForm {
                chunk_chars: 5,
                every: Some(Duration::from_millis(10)),
                ..EventForm::default()
            })
        };
        let say = |cost| {
            Step::say("one two three four").usage(Usage {
                cost: Some(cost),
                ..Usage::default()
            })
        };
        let step = match self {
            Self::Cheap => say(0.000_123_457),
            Self::Dear => say(0.003_1),
            Self::Slow => parts(say(0.000_9)).after(Duration::from_millis(30)),
            Self::Refused => Step::provider_error(Dialect::OpenRouter, ProviderError::Internal),
            Self::Hidden => say(0.001_7).wrong_usage(WrongUsage::Absent),
            Self::Cut => parts(say(0.000_8)).broken(At::Chunks(1), Mishap::Cut),
            Self::Reset => Step::new(Reply::Reset),
        };
        step.times(Times::Forever)
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A call of a task; by a process of it that has lost the lease, if there is one and `late` says so.
    Call {
        task: usize,
        kind: Kind,
        streamed: bool,
        late: bool,
    },
    /// One of the calls ends.
    Ended,
    /// The client of one of them goes away.
    Leave(usize),
    /// The process of a task dies, and another one goes on with the attempt.
    Die(usize),
    /// Another process goes on with the attempt, and the one before does not know yet.
    Overtake(usize),
    /// The process of a task dies, and the task gets another attempt.
    Lose(usize),
    Pass(u64),
}

/// Without those of which nobody knows what was served, where it is to be `certain`.
fn ops(certain: bool) -> impl Strategy<Value = Vec<Op>> {
    let (task, which, rare) = (0..TASKS, any::<usize>(), u32::from(!certain));
    let kinds = if certain {
        Kind::CERTAIN
    } else {
        Kind::ALL.len()
    };
    let call = (task.clone(), 0..kinds, any::<bool>(), any::<bool>());
    let call = call.prop_map(|(task, kind, streamed, late)| Op::Call {
        task,
        kind: Kind::ALL[kind],
        streamed,
        late,
    });
    let op = prop_oneof![
        12 => call,
        4 => Just(Op::Ended),
        2 * rare => which.prop_map(Op::Leave),
        rare => task.clone().prop_map(Op::Die),
        rare => task.clone().prop_map(Op::Overtake),
        rare => task.prop_map(Op::Lose),
        2 => (0..60_u64).prop_map(Op::Pass),
    ];
    prop::collection::vec(op, 1..16)
}

/// Room for a few calls to some dozens at each level.
fn caps() -> impl Strategy<Value = MoneyCaps> {
    let cap = |most: u64| prop::option::weighted(0.8, 3_000_000..most);
    let all = [20_000_000, 30_000_000, 45_000_000, 60_000_000].map(cap);
    all.prop_map(|[attempt, task, batch, day]| MoneyCaps {
        attempt,
        task,
        batch,
        day,
    })
}

fn policies() -> impl Strategy<Value = PursePolicy> {
    (0..4_u32, 0..3_u32, 10..100_u64).prop_map(|(slice, low, idle)| PursePolicy {
        slice,
        low,
        idle: Duration::from_millis(idle),
    })
}

/// A wall clock that is set by hand.
#[derive(Debug)]
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// What was served at a level, and what is booked there.
#[derive(Debug)]
struct Level {
    name: String,
    served: u64,
    booked: MoneySum,
    cap: Option<u64>,
}

/// A task at work.
struct Work {
    fence: Fence,
    /// Of its present attempt, the one that has the lease last.
    processes: Vec<Session>,
    calls: Vec<AbortHandle>,
}

struct World {
    llm: ScriptedLlm,
    store: Arc<dyn Store>,
    clock: Arc<Hand>,
    caps: MoneyCaps,
    policy: PursePolicy,
    works: Vec<Work>,
    calls: JoinSet<u16>,
    workers: u8,
    _dir: tempfile::TempDir,
}

/// Each attempt calls a model of its own, so that the provider counts for each.
fn model(task: usize, attempt: u32) -> String {
    format!("task-{task}-attempt-{attempt}")
}

fn id(task: usize) -> TaskId {
    TaskId::from_random([u8::try_from(task).unwrap() + 1; 16])
}

fn end(attempt: u32) -> AttemptEnd {
    AttemptEnd {
        report: AttemptReport::blank(attempt),
        events: Vec::new(),
    }
}

impl World {
    async fn new(caps: MoneyCaps, policy: PursePolicy) -> Self {
        let llm = ScriptedLlm::start(Script::new([]), ([127, 0, 0, 1], 0).into());
        let llm = llm.await.unwrap();
        for kind in Kind::ALL {
            llm.add_task(kind.word(), Script::new([kind.step()]));
        }
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("db"), SqliteOptions::default());
        let noon = Timestamp::from_second(1_800_014_400).unwrap();
        let mut world = Self {
            llm,
            store: Arc::new(store.unwrap()),
            clock: Arc::new(Hand(Mutex::new(noon))),
            caps,
            policy,
            works: Vec::new(),
            calls: JoinSet::new(),
            workers: 0,
            _dir: dir,
        };
        for task in 0..TASKS {
            let new = NewTask {
                id: id(task),
                batch: (task + 1 < TASKS).then(|| BATCH.to_owned()),
                ..super::task()
            };
            let (bounds, now) = (QueueBounds::default(), world.clock.now());
            world.store.submit(&new, bounds, now).await.unwrap();
            let fence = world.claim().await;
            assert_eq!(fence.attempt.task, id(task));
            let processes = vec![world.process(task, fence)];
            world.works.push(Work {
                fence,
                processes,
                calls: Vec::new(),
            });
        }
        world
    }

    fn worker(&mut self) -> WorkerId {
        self.workers += 1;
        WorkerId::from_random([self.workers; 16])
    }

    async fn claim(&mut self) -> Fence {
        let (worker, now) = (self.worker(), self.clock.now());
        let claim = self.store.claim(worker, LeaseTerm::default(), now).await;
        claim.unwrap().expect("a task that waits").fence
    }

    /// A process that goes on with an attempt whose lease has ended.
    async fn adopt(&mut self, task: usize) {
        let minute = Duration::from_secs(60);
        *self.clock.0.lock().unwrap() += minute;
        let (worker, now) = (self.worker(), self.clock.now());
        let attempt = self.works[task].fence.attempt;
        let adopted = self
            .store
            .adopt(attempt, worker, LeaseTerm::default(), now)
            .await;
        let fence = adopted.unwrap().fence;
        let process = self.process(task, fence);
        let work = &mut self.works[task];
        work.fence = fence;
        work.processes.push(process);
    }

    /// Opens the session of whoever has this lease.
    fn process(&self, task: usize, fence: Fence) -> Session {
        let lease = Lease::new(
            self.store.clone(),
            self.clock.clone(),
            LeaseTimes::default(),
            fence,
            Instant::now(),
        );
        let ledger = LeaseLedger::new(Arc::new(lease), self.caps);
        let model = model(task, fence.attempt.number.get());
        session(self.llm.base_url("127.0.0.1"), &model, ledger, self.policy)
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Call {
                task,
                kind,
                streamed,
                late,
            } => {
                let work = &mut self.works[task];
                let (last, first) = (work.processes.last(), work.processes.first());
                let process = if late { first } else { last };
                let process = process.expect("a process").clone();
                let call = async move { ask(&process, kind.word(), streamed).await.0 };
                work.calls.push(self.calls.spawn(call));
            }
            Op::Ended => {
                let ended = self.calls.join_next().await;
                ended.into_iter().for_each(told);
            }
            Op::Leave(which) => {
                let calls: Vec<_> = self.works.iter().flat_map(|work| &work.calls).collect();
                if let Some(call) = calls.get(which % calls.len().max(1)) {
                    call.abort();
                }
            }
            Op::Die(task) => {
                self.kill(task);
                self.adopt(task).await;
            }
            Op::Overtake(task) => self.adopt(task).await,
            Op::Lose(task) => self.lose(task).await,
            Op::Pass(millis) => sleep(Duration::from_millis(millis)).await,
        }
    }

    /// All processes of a task are gone, with all they knew.
    fn kill(&mut self, task: usize) {
        let work = &mut self.works[task];
        work.calls.drain(..).for_each(|call| call.abort());
        work.processes.clear();
    }

    async fn lose(&mut self, task: usize) {
        self.kill(task);
        self.adopt(task).await;
        self.kill(task);
        let (fence, now) = (self.works[task].fence, self.clock.now());
        let waiting = Waiting {
            not_before: None,
            recovery: serde_json::Value::Null,
            note: "it was lost".to_owned(),
        };
        let end = end(fence.attempt.number.get());
        let lost = self.store.requeue(fence, &end, &waiting, now).await;
        lost.unwrap();
        let fence = self.claim().await;
        assert_eq!(fence.attempt.task, id(task));
        let process = self.process(task, fence);
        let work = &mut self.works[task];
        work.fence = fence;
        work.processes.push(process);
    }

    /// What the provider has served to each attempt of each task so far.
    fn served(&self) -> Vec<Vec<u64>> {
        let of = |model: &str| {
            let served = self.llm.served_of(model);
            served.whole.plus(served.begun).cost_nanos
        };
        let works = self.works.iter().enumerate();
        let works = works.map(|(task, work)| {
            let attempts = 1..=work.fence.attempt.number.get();
            attempts.map(|number| of(&model(task, number))).collect()
        });
        works.collect()
    }

    /// Every level. What was served is looked at first: more may be served and booked meanwhile.
    async fn levels(&self) -> Vec<Level> {
        let served = self.served();
        let mut levels = Vec::new();
        for (task, served) in served.iter().enumerate() {
            let money = self.store.money(id(task)).await.unwrap();
            for (number, served) in (1..).zip(served) {
                let own = money.attempts.iter().find(|one| one.number == number);
                let booked = own.map(|own| MoneySum {
                    open: own.open,
                    spent: own.spent,
                    uncertain: if own.over { own.open } else { 0 },
                });
                levels.push(Level {
                    name: model(task, number),
                    served: *served,
                    booked: booked.unwrap_or_default(),
                    cap: self.caps.attempt,
                });
            }
            levels.push(Level {
                name: format!("task {task}"),
                served: served.iter().sum(),
                booked: money.sum(),
                cap: self.caps.task,
            });
        }
        levels.push(Level {
            name: "batch".to_owned(),
            served: served[..TASKS - 1].iter().flatten().sum(),
            booked: self.store.money_of_batch(BATCH).await.unwrap(),
            cap: self.caps.batch,
        });
        let day = money_day(self.clock.now());
        let days = self.store.money_of_days(day).await.unwrap();
        levels.push(Level {
            name: "day".to_owned(),
            served: served.iter().flatten().sum(),
            booked: days.first().map(|day| day.sum).unwrap_or_default(),
            cap: self.caps.day,
        });
        levels
    }

    async fn check(&self) {
        for level in self.levels().await {
            let used = level.booked.used();
            assert!(level.served <= used, "{}: {level:?}", level.name);
            let within = level.cap.is_none_or(|cap| used <= cap);
            assert!(within, "{}: {level:?}", level.name);
        }
    }

    /// The calls end, the processes that have a lease end well, and every attempt is over.
    async fn finish(&mut self) {
        while let Some(ended) = self.calls.join_next().await {
            told(ended);
        }
        self.check().await;
        for task in 0..TASKS {
            let process = self.works[task].processes.pop().expect("a process");
            process.close().await.unwrap();
            self.kill(task);
            let (fence, now) = (self.works[task].fence, self.clock.now());
            let result = RunReport::blank(id(task).to_string(), TaskState::Completed);
            let done = TaskEnd {
                state: TaskState::Completed,
                result,
                recovery: serde_json::Value::Null,
            };
            let end = end(fence.attempt.number.get());
            self.store.finish(fence, &end, &done, now).await.unwrap();
        }
        self.check().await;
    }
}

/// What a call was answered; that of a client who left is none.
fn told(ended: Result<u16, tokio::task::JoinError>) {
    match ended {
        Ok(status) => assert!([200, 400, 503].contains(&status), "{status}"),
        Err(error) => assert!(error.is_cancelled(), "{error}"),
    }
}

async fn play(caps: MoneyCaps, policy: PursePolicy, ops: &[Op]) -> World {
    let mut world = World::new(caps, policy).await;
    for op in ops {
        world.step(*op).await;
        world.check().await;
    }
    world.finish().await;
    world
}

fn in_real_time(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn served_is_at_most_what_the_ledger_has_and_that_is_at_most_the_cap(
        caps in caps(), policy in policies(), ops in ops(false),
    ) {
        in_real_time(async {
            let world = play(caps, policy, &ops).await;
            for level in world.levels().await {
                let MoneySum { open, uncertain, .. } = level.booked;
                assert_eq!(open, uncertain, "all of it is listed: {level:?}");
            }
        });
    }

    #[test]
    fn without_a_death_the_ledger_has_exactly_what_was_served(
        caps in caps(), policy in policies(), ops in ops(true),
    ) {
        in_real_time(async {
            let world = play(caps, policy, &ops).await;
            assert_eq!(world.llm.served().begun.completions, 0);
            for level in world.levels().await {
                let spent = MoneySum { open: 0, spent: level.served, uncertain: 0 };
                assert_eq!(level.booked, spent, "{level:?}");
            }
        });
    }
}
