//! One run, drawn from its seed: tasks, what users do, what befalls engines, store, daemon and clock.

use std::time::Duration;

use deckhands_model::{Priority, TaskId};
use deckhands_orchestration::engine::{EngineSettings, LeaseTimes};
use deckhands_resilience::budget::{RetryBudgetPolicy, TaskBudget};
use deckhands_resilience::recovery::Policies;
use deckhands_resilience::route_health::{BreakerPolicy, BreakerPolicyParts};
use deckhands_store::{LeaseTerm, QueueBounds};
use jiff::SignedDuration;

use crate::process::{Fault, STEPS, Side};
use crate::rng::Rng;

/// A whole run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Disturbances end after this.
    pub(crate) chaos: Duration,
    pub(crate) settings: EngineSettings,
    /// When its engines leave a route alone.
    pub(crate) breaker: BreakerPolicy,
    pub(crate) bounds: QueueBounds,
    pub(crate) tasks: Vec<TaskPlan>,
    /// What happens when, in order.
    pub(crate) events: Vec<(Duration, Event)>,
    /// The engines beside one another, each with its lives one after another.
    pub(crate) engines: Vec<Vec<Life>>,
}

#[derive(Clone, Debug)]
pub(crate) struct TaskPlan {
    pub(crate) id: TaskId,
    pub(crate) name: String,
    pub(crate) priority: Priority,
    pub(crate) key: Option<String>,
    pub(crate) held: bool,
    /// The program that hands it in dies at that, and is started again.
    pub(crate) submitter_dies: Option<Side>,
    pub(crate) not_before: Option<Duration>,
    /// Most that it may spend, in millionths of a dollar.
    pub(crate) cap: u64,
}

/// Something from outside.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Submit(usize),
    /// The same hand-in from another program, with another id.
    Twin(usize, TaskId),
    /// Another task under the same key.
    Clash(usize, TaskId),
    Cancel(usize),
    Hold(usize),
    Release(usize),
    Jump(SignedDuration),
    Trouble(Trouble, Duration),
    DaemonDown(Duration),
}

/// What is wrong with the store for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    Busy,
    DiskFull,
    /// Every call waits so long before it is done, and its answer so long afterwards.
    Slow {
        before: Duration,
        after: Duration,
    },
}

/// One start of an engine.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    /// From the end of the life before.
    pub(crate) after: Duration,
    pub(crate) fault: Option<Fault>,
    /// When it ends at the latest, and how.
    pub(crate) lasts: Duration,
    pub(crate) end: End,
    /// Its clock is read so much off.
    pub(crate) clock_off: SignedDuration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Killed,
    Stopped,
    /// Stopped, and what runs is cancelled.
    Cancelled,
}

/// What kind of run it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Few tasks, much trouble.
    Usual,
    /// Many tasks for one slot, so that they wait long.
    Backlog,
    /// Engines beside one another whose leases end again and again, for the clock is set forward.
    TakeOvers,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let mut rng = Rng::of(seed, &[0x91a7]);
        let kind = match rng.within(1, 100) {
            1..=8 => Kind::Backlog,
            9..=14 => Kind::TakeOvers,
            _ => Kind::Usual,
        };
        let minutes = match kind {
            Kind::Usual => rng.within(2, 15),
            Kind::TakeOvers => rng.within(3, 6),
            Kind::Backlog => rng.within(40, 60),
        };
        let chaos = Duration::from_secs(minutes * 60);
        let settings = settings(&mut rng, kind);
        let breaker = breaker(&mut rng);
        let tasks = tasks(&mut rng, kind);
        let mut events = user_events(&mut rng, &tasks, chaos);
        events.extend(troubles(&mut rng, chaos));
        if kind == Kind::TakeOvers {
            let jump = Event::Jump(SignedDuration::from_hours(1));
            let at = |_| (rng.seconds(0, chaos.as_secs()), jump.clone());
            events.extend((0..30).map(at));
        }
        events.sort_by_key(|(at, _)| *at);
        let engines = engines(&mut rng, kind, chaos);
        let small = kind == Kind::Usual && rng.percent(15);
        let max_size = if small { rng.within(2, 6) } else { 1000 };
        Self {
            seed,
            chaos,
            settings,
            breaker,
            bounds: QueueBounds { max_size },
            tasks,
            events,
            engines,
        }
    }
}

fn settings(rng: &mut Rng, kind: Kind) -> EngineSettings {
    let term = rng.seconds(24, 60);
    let lease = LeaseTimes {
        term: LeaseTerm(term),
        heartbeat: term / 5,
        margin: Duration::from_secs(5),
    };
    let attempts = u32::try_from(rng.within(1, 5)).unwrap_or(1);
    let budget = TaskBudget {
        attempts,
        ..TaskBudget::default()
    };
    let policies = Policies {
        budget,
        ..Policies::default()
    };
    let tight = RetryBudgetPolicy::try_new(20, 2, Duration::from_secs(60), 10);
    let tight = tight.ok().filter(|_| rng.percent(20));
    let other = rng.percent(50).then(|| "openai/spare".to_owned());
    EngineSettings {
        workers: match kind {
            Kind::Usual => usize::try_from(rng.within(1, 4)).unwrap_or(1),
            Kind::Backlog => 1,
            Kind::TakeOvers => 5,
        },
        lease,
        poll: rng.seconds(1, 5),
        tidy_every: Duration::from_secs(60),
        grace: rng.seconds(1, 40),
        end_within: rng.seconds(10, 60),
        policies,
        retry_budget: tight.unwrap_or_default(),
        fallback_models: other.into_iter().collect(),
        ..EngineSettings::default()
    }
}

/// Some leave a route alone at the first failure already.
fn breaker(rng: &mut Rng) -> BreakerPolicy {
    let mut some = |low, high| u32::try_from(rng.within(low, high)).unwrap_or(1);
    let failures = some(1, 5);
    let parts = BreakerPolicyParts {
        failures,
        rotate_after: failures,
        cooldown_seconds: some(10, 90),
        probes: some(1, 3),
        ..BreakerPolicyParts::default()
    };
    BreakerPolicy::try_from(parts).unwrap_or_default()
}

fn tasks(rng: &mut Rng, kind: Kind) -> Vec<TaskPlan> {
    let count = match kind {
        Kind::Usual => rng.within(1, 14),
        Kind::TakeOvers => rng.within(8, 14),
        Kind::Backlog => rng.within(50, 80),
    };
    let task = |number| {
        let priority = match rng.within(1, 10) {
            1 => Priority::Critical,
            2 | 3 => Priority::High,
            4..=7 => Priority::Normal,
            _ => Priority::Low,
        };
        TaskPlan {
            id: TaskId::from_random(rng.bytes()),
            name: format!("t{number}"),
            priority,
            key: rng.percent(30).then(|| format!("key {number}")),
            held: rng.percent(5),
            submitter_dies: rng.percent(10).then(|| side(rng)),
            not_before: rng.percent(10).then(|| rng.seconds(1, 600)),
            cap: if rng.percent(30) {
                rng.within(0, 4000)
            } else {
                1_000_000
            },
        }
    };
    (0..count).map(task).collect()
}

fn user_events(rng: &mut Rng, tasks: &[TaskPlan], chaos: Duration) -> Vec<(Duration, Event)> {
    let seconds = chaos.as_secs();
    let mut events = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        let at = if rng.percent(40) {
            rng.seconds(0, 5)
        } else {
            rng.seconds(0, seconds * 4 / 5)
        };
        let mut later = |rng: &mut Rng, event| {
            let after = rng.seconds(0, seconds.min(400));
            events.push(((at + after).min(chaos), event));
            at + after
        };
        if task.key.is_some() && rng.percent(40) {
            let id = TaskId::from_random(rng.bytes());
            later(rng, Event::Twin(number, id));
        }
        if task.key.is_some() && rng.percent(20) {
            let id = TaskId::from_random(rng.bytes());
            later(rng, Event::Clash(number, id));
        }
        if rng.percent(12) {
            let first = later(rng, Event::Cancel(number));
            let twice = rng.percent(30).then_some((first, Event::Cancel(number)));
            events.extend(twice);
        }
        let mut later = |rng: &mut Rng, event| {
            let after = rng.seconds(0, seconds.min(400));
            events.push(((at + after).min(chaos), event));
        };
        if rng.percent(8) {
            later(rng, Event::Hold(number));
        }
        if task.held || rng.percent(8) {
            later(rng, Event::Release(number));
        }
        events.push((at, Event::Submit(number)));
    }
    events
}

fn troubles(rng: &mut Rng, chaos: Duration) -> Vec<(Duration, Event)> {
    let seconds = chaos.as_secs();
    let mut events = Vec::new();
    let mut some = |rng: &mut Rng, chance, most, draw: fn(&mut Rng) -> Event| {
        if rng.percent(chance) {
            for _ in 0..rng.within(1, most) {
                events.push((rng.seconds(0, seconds), draw(rng)));
            }
        }
    };
    some(rng, 45, 3, |rng| {
        let trouble = trouble(rng);
        Event::Trouble(trouble, rng.seconds(5, 100))
    });
    some(rng, 30, 2, |rng| Event::DaemonDown(rng.seconds(5, 120)));
    some(rng, 25, 2, |rng| {
        let hours = if rng.percent(50) { 1 } else { -1 };
        Event::Jump(SignedDuration::from_hours(hours))
    });
    some(rng, 20, 1, |rng| {
        let seconds = if rng.percent(50) { 2 } else { -2 };
        Event::Jump(SignedDuration::from_secs(seconds))
    });
    events
}

fn trouble(rng: &mut Rng) -> Trouble {
    match rng.within(1, 4) {
        1 => Trouble::Busy,
        2 => Trouble::DiskFull,
        3 => Trouble::Slow {
            before: rng.seconds(0, 4),
            after: rng.seconds(0, 4),
        },
        // Longer than any lease, on one side or both.
        _ => Trouble::Slow {
            before: rng.seconds(0, 70),
            after: rng.seconds(0, 70),
        },
    }
}

fn engines(rng: &mut Rng, kind: Kind, chaos: Duration) -> Vec<Vec<Life>> {
    let count = match (kind, rng.within(1, 10)) {
        (Kind::Backlog, _) | (Kind::Usual, 1..=4) => 1,
        (Kind::Usual, 5..=8) => 2,
        (Kind::Usual | Kind::TakeOvers, _) => 3,
    };
    let calm = kind == Kind::TakeOvers || rng.percent(20);
    (0..count).map(|_| lives(rng, kind, calm, chaos)).collect()
}

fn side(rng: &mut Rng) -> Side {
    if rng.percent(50) {
        Side::Before
    } else {
        Side::After
    }
}

fn lives(rng: &mut Rng, kind: Kind, calm: bool, chaos: Duration) -> Vec<Life> {
    let mut lives = Vec::new();
    let mut passed = Duration::ZERO;
    while passed < chaos {
        let life = life(rng, kind, calm, lives.is_empty(), chaos);
        passed += life.after + life.lasts;
        lives.push(life);
    }
    lives
}

fn life(rng: &mut Rng, kind: Kind, calm: bool, first: bool, chaos: Duration) -> Life {
    let (from, to) = match kind {
        Kind::Usual | Kind::TakeOvers => (10, 240),
        Kind::Backlog => (300, 1200),
    };
    let what = STEPS[rng.index(STEPS.len())];
    let at = match what {
        "claim" | "renew" => rng.within(0, 20),
        _ => rng.within(0, 4),
    };
    let fault = match rng.within(1, 10) {
        1..=6 => Some(Fault::Dies {
            what,
            at,
            side: side(rng),
        }),
        7 => Some(Fault::StandsStill {
            what,
            at,
            lasts: rng.seconds(5, 120),
        }),
        _ => None,
    };
    let end = match rng.within(1, 10) {
        _ if what == "pause" => End::Stopped,
        1..=5 => End::Killed,
        6..=9 => End::Stopped,
        _ => End::Cancelled,
    };
    let off = i64::try_from(rng.within(0, 2000)).unwrap_or(0) - 1000;
    Life {
        after: match first {
            true => rng.seconds(0, 3),
            false if rng.percent(60) => rng.seconds(0, 20),
            false => rng.seconds(20, 120),
        },
        fault: fault.filter(|_| !calm),
        lasts: if calm { chaos } else { rng.seconds(from, to) },
        end,
        clock_off: SignedDuration::from_millis(off),
    }
}
