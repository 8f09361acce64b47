//! Many calls at once on several threads.

use tokio::task::JoinSet;

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
