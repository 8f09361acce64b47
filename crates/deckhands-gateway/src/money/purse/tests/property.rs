//! Drawn interleavings of calls, settlements, failures and crashes, on a paused clock.
//!
//! After each step, at each level: what was served, with the worst case for what nobody knows yet, is at most
//! what the ledger has open and spent, and that is at most the cap.

use proptest::prelude::*;
use tokio::task::{AbortHandle, JoinSet};

use super::*;

const TASKS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A call of this task, with this worst case.
    Reserve(usize, u64),
    /// One of the calls ends, having cost so many thousandths of its worst case.
    Settle(usize, u64),
    /// One of the calls ends, and nobody says what it cost.
    Drop(usize),
    /// One of the calls did not go out.
    Unused(usize),
    /// One of those who wait goes away.
    Leave(usize),
    Fail(usize, bool),
    Pass(u64),
    /// Somebody waits for money.
    Press,
    /// A task's process dies, and another one goes on with the task.
    Crash(usize),
    /// A task's attempt ends, and it gets another one.
    Close(usize),
}

/// Without crashes and drops everything is known.
fn ops(certain: bool) -> impl Strategy<Value = Vec<Op>> {
    let (task, any) = (0..TASKS, any::<usize>());
    let known = prop_oneof![
        10 => (task.clone(), 0..300_u64).prop_map(|(task, worst)| Op::Reserve(task, worst)),
        8 => (any, 0..=1000_u64).prop_map(|(which, share)| Op::Settle(which, share)),
        2 => any.prop_map(Op::Unused),
        2 => any.prop_map(Op::Leave),
        2 => (task.clone(), proptest::bool::ANY).prop_map(|(task, failing)| Op::Fail(task, failing)),
        5 => (0..70_u64).prop_map(Op::Pass),
        1 => (2_000..12_000_u64).prop_map(Op::Pass),
        1 => Just(Op::Press),
    ];
    let unknown = prop_oneof![
        3 => any.prop_map(Op::Drop),
        1 => task.clone().prop_map(Op::Crash),
        1 => task.prop_map(Op::Close),
    ];
    let op = if certain {
        known.boxed()
    } else {
        prop_oneof![31 => known, 5 => unknown].boxed()
    };
    prop::collection::vec(op, 1..80)
}

fn policies() -> impl Strategy<Value = PursePolicy> {
    (0..6_u32, 0..4_u32).prop_map(|(slice, low)| PursePolicy {
        slice,
        low,
        idle: Duration::from_secs(10),
    })
}

/// Caps of the day, a task and an attempt.
fn caps() -> impl Strategy<Value = [u64; 3]> {
    [200..2000_u64, 200..2000, 200..2000]
}

/// What was served, in nanodollars.
#[derive(Clone, Copy, Default)]
struct Served {
    /// By calls that said what they cost.
    known: u64,
    /// The worst cases of calls that did not.
    unknown: u64,
}

impl Served {
    fn most(self) -> u64 {
        self.known + self.unknown
    }
}

struct Call {
    task: usize,
    /// Which attempt of its task made it.
    attempt: usize,
    held: Reservation,
}

struct Attempt {
    purse: Arc<Purse>,
    ledger: Arc<Slow>,
    number: usize,
    served: Served,
    waiting: Vec<AbortHandle>,
}

type Waited = (usize, usize, u64, Result<Reservation, Refused>);

struct World {
    caps: [u64; 3],
    policy: PursePolicy,
    pressure: Pressure,
    day: MemoryLedger,
    tasks: Vec<MemoryLedger>,
    attempts: Vec<Attempt>,
    /// By each task, its earlier attempts included.
    served: [Served; TASKS],
    calls: Vec<Call>,
    waiting: JoinSet<Waited>,
    failed: bool,
}

impl World {
    fn new(caps: [u64; 3], policy: PursePolicy) -> Self {
        let day = MemoryLedger::new(&[(MoneyLevel::Day, Usd::nanos(caps[0]))]);
        let task = |_| day.below(&[(MoneyLevel::Task, Usd::nanos(caps[1]))]);
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut world = Self {
            caps,
            policy,
            pressure: Pressure::new(),
            day,
            tasks,
            attempts: Vec::new(),
            served: [Served::default(); TASKS],
            calls: Vec::new(),
            waiting: JoinSet::new(),
            failed: false,
        };
        world.attempts = (0..TASKS).map(|task| world.attempt(task, 0)).collect();
        world
    }

    fn attempt(&self, task: usize, number: usize) -> Attempt {
        let caps = [(MoneyLevel::Attempt, Usd::nanos(self.caps[2]))];
        let ledger = Slow::new(self.tasks[task].below(&caps), Duration::from_millis(3));
        Attempt {
            purse: Arc::new(purse_under(&ledger, self.policy, &self.pressure)),
            ledger,
            number,
            served: Served::default(),
            waiting: Vec::new(),
        }
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Reserve(task, worst) => self.reserve(task, worst),
            Op::Settle(which, share) => {
                if let Some(call) = self.take(which) {
                    let cost = call.held.worst().as_nanos() * share / 1000;
                    self.serve(&call, |served| served.known += cost);
                    call.held.settle(spent(cost));
                }
            }
            Op::Drop(which) => {
                if let Some(call) = self.take(which) {
                    let worst = call.held.worst().as_nanos();
                    self.serve(&call, |served| served.unknown += worst);
                }
            }
            Op::Unused(which) => {
                if let Some(call) = self.take(which) {
                    call.held.unused();
                }
            }
            Op::Leave(which) => {
                let mut all = self.attempts.iter().flat_map(|attempt| &attempt.waiting);
                let count = all.clone().count().max(1);
                all.nth(which % count)
                    .into_iter()
                    .for_each(AbortHandle::abort);
            }
            Op::Fail(task, failing) => {
                self.failed |= failing;
                self.attempts[task].ledger.fail(failing);
            }
            Op::Pass(millis) => self.pass(millis).await,
            Op::Press => self.pressure.raise(),
            Op::Crash(task) => self.crash(task),
            Op::Close(task) => self.close(task).await,
        }
    }

    /// In ten parts, so that the rule is looked at in between.
    async fn pass(&mut self, millis: u64) {
        for _ in 0..10 {
            pass(millis.div_ceil(10)).await;
            self.collect();
            self.check();
        }
    }

    fn reserve(&mut self, task: usize, worst: u64) {
        let attempt = &mut self.attempts[task];
        let (purse, number) = (Arc::clone(&attempt.purse), attempt.number);
        let call = async move { (task, number, worst, reserve(&purse, worst).await) };
        attempt.waiting.push(self.waiting.spawn(call));
    }

    fn take(&mut self, which: usize) -> Option<Call> {
        let count = self.calls.len();
        (count > 0).then(|| self.calls.swap_remove(which % count))
    }

    fn serve(&mut self, call: &Call, add: impl Fn(&mut Served)) {
        add(&mut self.served[call.task]);
        let attempt = &mut self.attempts[call.task];
        if attempt.number == call.attempt {
            add(&mut attempt.served);
        }
    }

    /// Whatever the process knew is gone; what it had sent out is served or not, nobody knows.
    fn crash(&mut self, task: usize) {
        self.collect();
        for waiting in &self.attempts[task].waiting {
            waiting.abort();
        }
        self.lose(task);
        let number = self.attempts[task].number + 1;
        self.attempts[task] = self.attempt(task, number);
    }

    async fn close(&mut self, task: usize) {
        self.collect();
        self.lose(task);
        if self.attempts[task].purse.close().await.is_ok() {
            let open = self.attempts[task].ledger.figures().0;
            assert_eq!(open, 0, "closed with money open");
            let number = self.attempts[task].number + 1;
            self.attempts[task] = self.attempt(task, number);
        }
    }

    /// Nobody hears any more what the calls of a task's present attempt cost.
    fn lose(&mut self, task: usize) {
        let number = self.attempts[task].number;
        let lost = |call: &mut Call| call.task == task && call.attempt == number;
        let lost: Vec<Call> = self.calls.extract_if(.., lost).collect();
        for call in lost {
            let worst = call.held.worst().as_nanos();
            self.serve(&call, |served| served.unknown += worst);
        }
    }

    /// Looks at those who waited and were answered.
    fn collect(&mut self) {
        while let Some(waited) = self.waiting.try_join_next() {
            let Ok((task, attempt, worst, answer)) = waited else {
                continue;
            };
            match answer {
                Ok(held) => self.calls.push(Call {
                    task,
                    attempt,
                    held,
                }),
                Err(Refused::Cap(refusal)) => {
                    let used = refusal.used.as_nanos();
                    assert!(
                        used + worst > refusal.cap.as_nanos(),
                        "{refusal}, asked {worst}"
                    );
                }
                Err(Refused::Ledger(_)) => assert!(self.failed, "nothing had failed"),
                Err(Refused::Closed) => {
                    let now = &self.attempts[task];
                    let closed =
                        now.number != attempt || now.purse.shared.state().life != Life::Open;
                    assert!(closed, "it was open");
                }
            }
        }
    }

    /// The rule, at each level.
    fn check(&self) {
        let held = |task: usize, attempt: Option<usize>| -> u64 {
            let calls = self.calls.iter().filter(|call| call.task == task);
            let calls = calls.filter(|call| attempt.is_none_or(|number| call.attempt == number));
            calls.map(|call| call.held.worst().as_nanos()).sum()
        };
        let mut day = 0;
        for (task, attempt) in self.attempts.iter().enumerate() {
            let all = self.served[task].most() + held(task, None);
            day += all;
            covered(&self.tasks[task], all);
            let own = attempt.served.most() + held(task, Some(attempt.number));
            covered(&attempt.ledger.inner, own);
        }
        covered(&self.day, day);
    }

    /// Everything ends well.
    async fn finish(&mut self) {
        for attempt in &self.attempts {
            attempt.ledger.fail(false);
        }
        pass(2000).await;
        self.collect();
        self.check();
        while let Some(call) = self.take(0) {
            let cost = call.held.worst().as_nanos() / 3;
            self.serve(&call, |served| served.known += cost);
            call.held.settle(spent(cost));
        }
        self.check();
        for attempt in &self.attempts {
            attempt.purse.close().await.unwrap();
        }
        self.check();
    }
}

fn covered(ledger: &MemoryLedger, served: u64) {
    let account = *ledger.accounts().last().unwrap();
    let used = account.used().as_nanos();
    assert!(served <= used, "{served} served, {account:?}");
    assert!(account.used() <= account.cap, "{account:?}");
}

async fn play(caps: [u64; 3], policy: PursePolicy, ops: &[Op]) -> World {
    let mut world = World::new(caps, policy);
    for op in ops {
        world.step(*op).await;
        world.check();
        // Whoever can go on does, without any time passing.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        world.collect();
        world.check();
    }
    world.finish().await;
    world
}

fn paused() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

proptest! {
    #[test]
    fn served_is_at_most_what_the_ledger_has_and_that_is_at_most_the_cap(
        caps in caps(), policy in policies(), ops in ops(false),
    ) {
        paused().block_on(play(caps, policy, &ops));
    }

    #[test]
    fn without_crash_and_drop_the_ledger_has_spent_what_was_served_and_nothing_open(
        caps in caps(), policy in policies(), ops in ops(true),
    ) {
        paused().block_on(async {
            let world = play(caps, policy, &ops).await;
            let mut all = 0;
            for (task, served) in world.tasks.iter().zip(world.served) {
                let account = *task.accounts().last().unwrap();
                assert_eq!(served.unknown, 0);
                assert_eq!((account.open.as_nanos(), account.spent.as_nanos()), (0, served.known));
                all += served.known;
            }
            let day = world.day.accounts()[0];
            assert_eq!((day.open.as_nanos(), day.spent.as_nanos()), (0, all));
        });
    }
}
