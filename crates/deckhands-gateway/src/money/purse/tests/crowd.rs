//! Many calls at once: on several threads, and of many agents under one cap.

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;

const PURSES: u64 = 4;
const CALLERS: u64 = 8;
const CALLS: u64 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_many_threads_what_is_booked_is_what_was_served_and_no_cap_is_passed() {
    // Room for about half of what all of them ask for.
    let cap = Usd::nanos(PURSES * CALLERS * CALLS * 60 / 2);
    let day = MemoryLedger::new(&[(MoneyLevel::Day, cap)]);
    let (mut callers, mut purses) = (JoinSet::new(), Vec::new());
    for _ in 0..PURSES {
        let ledger = Slow::new(day.below(&[]), Duration::ZERO);
        let purse = Arc::new(purse(&ledger, PursePolicy { low: 2, ..PLAIN }));
        for caller in 0..CALLERS {
            callers.spawn(call(Arc::clone(&purse), caller));
        }
        purses.push(purse);
    }
    let mut served = 0;
    while let Some(end) = callers.join_next().await {
        served += end.unwrap();
        let account = day.accounts()[0];
        assert!(account.used() <= cap, "{account:?}");
        assert!(
            account.used() >= Usd::nanos(served),
            "{account:?}, {served}"
        );
    }
    for purse in &purses {
        purse.close().await.unwrap();
    }
    let account = day.accounts()[0];
    assert_eq!(
        (account.open, account.spent),
        (Usd::ZERO, Usd::nanos(served))
    );
    assert!(served > 0);
}

/// The worst case of a call of the agents below, and what it costs.
const WORST: u64 = 100;
const COST: u64 = WORST / 10;

const AGENTS: u64 = 10;
const TURNS: u64 = 20;

/// Reserves as a session does: what others have drawn is waited for. How long that took.
async fn patient(purse: &Purse, pressure: &Pressure) -> (Reservation, Duration) {
    let begun = Instant::now();
    loop {
        match reserve(purse, WORST).await {
            Ok(held) => return (held, begun.elapsed()),
            Err(Refused::Cap(refusal)) => {
                let waited = begun.elapsed();
                assert!(waited < Duration::from_secs(60), "{refusal}");
                pressure.raise();
                sleep(Duration::from_secs(1)).await;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// Makes its calls one after the other, each of which takes this long. Its longest wait for money.
async fn agent(purse: Arc<Purse>, pressure: Pressure, takes: Duration) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..TURNS {
        let (held, waited) = patient(&purse, &pressure).await;
        longest = longest.max(waited);
        sleep(takes).await;
        held.settle(spent(COST));
    }
    purse.close().await.unwrap();
    longest
}

/// As many agents as there are worst cases beside what all of them spend. The longest wait of any.
async fn crowd(takes: Duration, pressure: impl Fn() -> Pressure) -> Duration {
    let cap = Usd::nanos(AGENTS * WORST + AGENTS * TURNS * COST);
    let day = MemoryLedger::new(&[(MoneyLevel::Day, cap)]);
    let mut agents = JoinSet::new();
    for number in 0..AGENTS {
        let pressure = pressure();
        let ledger = Slow::new(day.below(&[]), Duration::from_millis(1));
        let purse = Arc::new(purse_under(&ledger, PursePolicy::default(), &pressure));
        // Not all of them at the same pace.
        let takes = takes + takes * u32::try_from(number).unwrap() / 7;
        agents.spawn(agent(purse, pressure, takes));
    }
    let mut longest = Duration::ZERO;
    while let Some(waited) = agents.join_next().await {
        longest = longest.max(waited.unwrap());
    }
    let account = day.accounts()[0];
    let all = Usd::nanos(AGENTS * TURNS * COST);
    assert_eq!((account.open, account.spent), (Usd::ZERO, all));
    longest
}

#[tokio::test(start_paused = true)]
async fn all_agents_of_a_process_get_through_where_there_is_a_worst_case_for_each() {
    let pressure = Pressure::new();
    for millis in [5, 300, 2_000, 30_000] {
        let longest = crowd(Duration::from_millis(millis), || pressure.clone()).await;
        assert!(
            longest <= Duration::from_secs(3),
            "{millis} ms: {longest:?}"
        );
    }
}

/// Their processes know nothing of each other but by the ledger.
#[tokio::test(start_paused = true)]
async fn so_do_those_of_many_processes_a_little_later() {
    for millis in [700, 2_000, 30_000] {
        let longest = crowd(Duration::from_millis(millis), Pressure::new).await;
        assert!(
            longest <= Duration::from_secs(30),
            "{millis} ms: {longest:?}"
        );
    }
}

/// What its calls cost.
async fn call(purse: Arc<Purse>, caller: u64) -> u64 {
    let mut served = 0;
    for call in 0..CALLS {
        let worst = 20 + (caller * 7 + call * 13) % 80;
        let held = match reserve(&purse, worst).await {
            Ok(held) => held,
            Err(Refused::Cap(_)) => continue,
            Err(other) => panic!("{other}"),
        };
        if call % 3 == 0 {
            tokio::task::yield_now().await;
        }
        if call % 7 == 0 {
            held.unused();
        } else {
            let cost = worst * (call % 5 + 1) / 5;
            served += cost;
            held.settle(spent(cost));
        }
    }
    served
}
