//! Every deadline to the moment, and which time counts as work.

use tokio::time::advance;

use super::*;

const TICK: Duration = Duration::from_millis(100);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn watchdog(model: &str, deadlines: Deadlines) -> Watchdog {
    let model = ModelId::resolve(model).unwrap();
    let call = longest_model_call(Retry::default(), &model);
    Watchdog::start(deadlines, call, Measured::default(), Instant::now())
}

/// Deadlines of which only one can pass.
fn only(set: impl FnOnce(&mut Deadlines)) -> Deadlines {
    let never = secs(1_000_000);
    let mut deadlines = Deadlines {
        start: never,
        idle: secs(180),
        work: never,
        awaiting: never,
        ..Deadlines::default()
    };
    set(&mut deadlines);
    deadlines
}

/// Looks every tick until a deadline passes; gives which one and after how long.
async fn until_late(dog: &mut Watchdog, progress: &Progress) -> (EndedBy, Duration) {
    let started = Instant::now();
    loop {
        if let Some(by) = dog.look(progress, Instant::now()) {
            return (by, started.elapsed());
        }
        assert!(started.elapsed() < secs(10_000), "no deadline passes");
        advance(TICK).await;
    }
}

fn working() -> Progress {
    Progress {
        state: AgentState::Working,
        ..Progress::default()
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_event_the_start_deadline_passes() {
    let mut dog = watchdog("openai/m", Deadlines::default());
    assert_eq!(
        until_late(&mut dog, &Progress::default()).await,
        (EndedBy::StartDeadline, secs(120))
    );
    assert_eq!((dog.work(), dog.wait()), (Duration::ZERO, Duration::ZERO));
    assert_eq!(dog.start_time(Instant::now()), secs(120));
}

#[tokio::test(start_paused = true)]
async fn after_the_first_event_the_others_count() {
    let rows = [
        (
            working(),
            only(|d| d.work = secs(300)),
            "anthropic/m",
            EndedBy::IdleDeadline,
            secs(180),
        ),
        (
            working(),
            only(|d| {
                d.work = secs(60);
            }),
            "openai/m",
            EndedBy::WorkDeadline,
            secs(60),
        ),
        (
            Progress {
                state: AgentState::AwaitingInput,
                ..Progress::default()
            },
            only(|d| d.awaiting = secs(4)),
            "openai/m",
            EndedBy::Awaiting,
            secs(4),
        ),
        (
            Progress {
                waiting: true,
                ..working()
            },
            only(|d| d.work = secs(60)),
            "openrouter/a/b",
            EndedBy::IdleDeadline,
            secs(180),
        ),
    ];
    for (progress, deadlines, model, by, after) in rows {
        let mut dog = watchdog(model, deadlines);
        advance(secs(7)).await;
        dog.event(Instant::now());
        dog.look(&progress, Instant::now());
        assert_eq!(
            until_late(&mut dog, &progress).await,
            (by, after),
            "{model} {by:?}"
        );
        assert_eq!(dog.start_time(Instant::now()), secs(7));
    }
}

#[tokio::test(start_paused = true)]
async fn idle_is_never_shorter_than_the_longest_model_call() {
    // 60 s a call, 2 calls, at most 5 s between them, 30 s in reserve; three tries below for openai.
    let call = |attempts, timeout| Retry {
        attempts,
        timeout,
        ..Retry::default()
    };
    let rows = [
        ("openrouter/a/b", Retry::default(), secs(180)),
        ("openai/m", Retry::default(), secs(60 * 2 * 3 + 5 + 30)),
        ("openrouter/a/b", call(2, secs(100)), secs(100 * 2 + 5 + 30)),
        ("openai/m", call(1, secs(10)), secs(180)),
        (
            "openrouter/a/b",
            call(6, secs(60)),
            secs(60 * 6 + 5 * 5 + 30),
        ),
    ];
    for (model, retry, idle) in rows {
        let id = ModelId::resolve(model).unwrap();
        let mut dog = Watchdog::start(
            only(|_| {}),
            longest_model_call(retry, &id),
            Measured::default(),
            Instant::now(),
        );
        dog.event(Instant::now());
        assert_eq!(
            until_late(&mut dog, &working()).await,
            (EndedBy::IdleDeadline, idle),
            "{model}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_starts_the_idle_time_anew() {
    let mut dog = watchdog("openrouter/a/b", only(|_| {}));
    for _ in 0..3 {
        dog.event(Instant::now());
        advance(secs(179)).await;
        assert_eq!(dog.look(&working(), Instant::now()), None);
    }
    dog.event(Instant::now());
    assert_eq!(
        until_late(&mut dog, &working()).await,
        (EndedBy::IdleDeadline, secs(180))
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_gateway_holds_is_waited_for() {
    let mut dog = watchdog("openai/m", only(|d| d.work = secs(100)));
    dog.event(Instant::now());
    for (held, seconds) in [(false, 40), (true, 60), (false, 30)] {
        dog.held(held);
        advance(secs(seconds)).await;
        dog.event(Instant::now());
        assert_eq!(dog.look(&working(), Instant::now()), None);
    }
    assert_eq!((dog.work(), dog.wait()), (secs(70), secs(60)));
}

#[tokio::test(start_paused = true)]
async fn waiting_is_booked_apart_and_never_ends_the_work() {
    let mut dog = watchdog("openai/m", only(|d| d.work = secs(100)));
    dog.event(Instant::now());
    for (waiting, seconds) in [(false, 40), (true, 500), (false, 50), (true, 70)] {
        advance(secs(seconds)).await;
        dog.event(Instant::now());
        assert_eq!(
            dog.look(
                &Progress {
                    waiting,
                    ..working()
                },
                Instant::now()
            ),
            None
        );
    }
    assert_eq!((dog.work(), dog.wait()), (secs(90), secs(570)));
    assert_eq!(
        until_late(&mut dog, &working()).await,
        (EndedBy::WorkDeadline, secs(10))
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_state_it_stays_in_something_ends_it() {
    use AgentState::{
        AwaitingInput, Errored, Finished, RateLimited, Rejected, Starting, Stopped, Unknown,
        Working,
    };
    // With the documented deadlines; a look comes every tenth of a second.
    let (soon, idle) = (
        (EndedBy::Awaiting, secs(4)),
        (EndedBy::IdleDeadline, secs(180)),
    );
    let rows = [
        (AwaitingInput, soon),
        (RateLimited, soon),
        (Errored, soon),
        (Rejected, soon),
        (Stopped, soon),
        (Finished, soon),
        (Starting, idle),
        (Working, idle),
        (Unknown, idle),
    ];
    for (state, expected) in rows {
        let progress = Progress {
            state,
            ..Progress::default()
        };
        let mut dog = watchdog("openrouter/a/b", Deadlines::default());
        dog.event(Instant::now());
        dog.look(&progress, Instant::now());
        assert_eq!(until_late(&mut dog, &progress).await, expected, "{state:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_of_which_no_event_came_is_ended_too() {
    let progress = Progress {
        state: AgentState::RateLimited,
        ..Progress::default()
    };
    let mut dog = watchdog("openrouter/a/b", Deadlines::default());
    assert_eq!(
        until_late(&mut dog, &progress).await,
        (EndedBy::Awaiting, secs(4))
    );
}

#[test]
fn settings_beyond_all_measure_are_no_panic() {
    let model = ModelId::resolve("openai/m").unwrap();
    let retry = Retry {
        attempts: u32::MAX,
        min_wait: Duration::MAX,
        max_wait: Duration::MAX,
        timeout: Duration::MAX,
    };
    assert_eq!(longest_model_call(retry, &model), Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn leaving_the_awaiting_state_starts_it_anew() {
    let mut dog = watchdog("openai/m", only(|d| d.awaiting = secs(4)));
    dog.event(Instant::now());
    let awaiting = Progress {
        state: AgentState::AwaitingInput,
        ..Progress::default()
    };
    for _ in 0..3 {
        assert_eq!(dog.look(&awaiting, Instant::now()), None);
        advance(secs(3)).await;
        assert_eq!(dog.look(&awaiting, Instant::now()), None);
        assert_eq!(dog.look(&working(), Instant::now()), None);
    }
    assert_eq!(
        until_late(&mut dog, &awaiting).await,
        (EndedBy::Awaiting, secs(4))
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_measured_before_counts_on() {
    let before = Measured {
        begun: true,
        start: secs(9),
        work: secs(200),
        wait: secs(30),
    };
    let deadlines = only(|deadlines| deadlines.work = secs(300));
    let mut dog = Watchdog::start(deadlines, Duration::ZERO, before, Instant::now());
    assert_eq!(dog.measured(Instant::now()), before);
    let active = async |dog: &mut Watchdog, seconds| {
        for _ in 0..seconds {
            advance(secs(1)).await;
            dog.event(Instant::now());
            assert_eq!(dog.look(&working(), Instant::now()), None);
        }
    };
    active(&mut dog, 99).await;
    assert_eq!(
        dog.measured(Instant::now()),
        Measured {
            work: secs(299),
            ..before
        }
    );
    assert_eq!(
        until_late(&mut dog, &working()).await,
        (EndedBy::WorkDeadline, secs(1))
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_never_began_has_only_the_rest_of_its_start() {
    let before = Measured {
        start: secs(100),
        ..Measured::default()
    };
    let start = || Watchdog::start(Deadlines::default(), Duration::ZERO, before, Instant::now());
    let mut dog = start();
    assert_eq!(
        until_late(&mut dog, &Progress::default()).await,
        (EndedBy::StartDeadline, secs(20))
    );
    let mut dog = start();
    advance(secs(5)).await;
    dog.event(Instant::now());
    assert_eq!(dog.start_time(Instant::now()), secs(105));
}
