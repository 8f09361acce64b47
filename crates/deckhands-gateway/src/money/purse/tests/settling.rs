//! What is booked, and when the ledger hears of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn settlements_reach_the_ledger_together_after_50_ms() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let (first, second) = (
        reserve(&purse, 10).await.unwrap(),
        reserve(&purse, 10).await.unwrap(),
    );
    ledger.done();
    first.settle(spent(3));
    pass(20).await;
    second.settle(spent(4));
    pass(29).await;
    assert_eq!(ledger.done(), []);
    assert_eq!(state(&purse), [50, 0, 7, 0]);
    pass(3).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 7, back: 0 }]);
    assert_eq!(ledger.figures(), (43, 7));
    pass(500).await;
    assert_eq!(ledger.done(), []);
}

#[tokio::test(start_paused = true)]
async fn what_ends_while_a_batch_is_being_written_is_in_the_next_one() {
    let inner = MemoryLedger::new(&[(MoneyLevel::Task, Usd::nanos(1000))]);
    let ledger = Slow::new(inner, Duration::from_millis(20));
    let purse = purse(&ledger, PLAIN);
    let (first, second) = (
        reserve(&purse, 10).await.unwrap(),
        reserve(&purse, 10).await.unwrap(),
    );
    ledger.done();
    first.settle(spent(3));
    pass(60).await;
    second.settle(spent(4));
    pass(12).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 3, back: 0 }]);
    pass(80).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 4, back: 0 }]);
    assert_eq!(ledger.figures(), (43, 7));
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_books_its_worst_case_and_what_was_not_used_nothing() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    drop(reserve(&purse, 10).await.unwrap());
    assert_eq!(state(&purse), [50, 0, 10, 10]);
    reserve(&purse, 10).await.unwrap().unused();
    assert_eq!(state(&purse), [50, 0, 10, 10]);
    let held = reserve(&purse, 10).await.unwrap();
    assert_eq!(held.worst(), Usd::nanos(10));
    held.settle(spent(1));
    assert_eq!(state(&purse), [50, 0, 11, 10]);
    pass(60).await;
    assert_eq!(ledger.figures(), (39, 11));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cost_more_than_its_worst_case_is_booked_in_full() {
    let ledger = Slow::capped(100);
    let purse = purse(&ledger, PursePolicy { slice: 0, ..PLAIN });
    let (dear, other) = (
        reserve(&purse, 10).await.unwrap(),
        reserve(&purse, 20).await.unwrap(),
    );
    dear.settle(spent(50));
    // 30 are drawn, 50 spent and 20 held: 40 are missing before anything else goes out.
    ledger.done();
    let next = reserve(&purse, 5).await.unwrap();
    let drew = Done::Drew {
        least: 45,
        wanted: 45,
        got: 45,
    };
    assert_eq!(ledger.done(), [drew]);
    assert_eq!(state(&purse), [75, 25, 50, 0]);
    pass(60).await;
    assert_eq!(ledger.figures(), (25, 50));
    next.settle(spent(5));
    other.settle(spent(20));
    purse.close().await.unwrap();
    assert_eq!(ledger.figures(), (0, 75));
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_beyond_the_draw_is_not_drawn_again_once_it_is_booked() {
    let ledger = Slow::capped(100);
    let purse = purse(&ledger, PursePolicy { slice: 0, ..PLAIN });
    reserve(&purse, 10).await.unwrap().settle(spent(30));
    pass(60).await;
    assert_eq!(ledger.figures(), (0, 30));
    ledger.done();
    reserve(&purse, 5).await.unwrap().settle(spent(5));
    let drew = Done::Drew {
        least: 5,
        wanted: 5,
        got: 5,
    };
    assert_eq!(ledger.done(), [drew]);
    purse.close().await.unwrap();
    assert_eq!(ledger.figures(), (0, 35));
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_the_ledger_did_not_take_is_kept_and_tried_again() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let (first, second) = (
        reserve(&purse, 10).await.unwrap(),
        reserve(&purse, 10).await.unwrap(),
    );
    ledger.done();
    ledger.fail(true);
    first.settle(spent(3));
    pass(100).await;
    assert_eq!(ledger.done(), [Done::Failed]);
    second.settle(spent(4));
    pass(100).await;
    assert_eq!(ledger.done(), []);
    assert_eq!(state(&purse), [50, 0, 7, 0]);
    // What is spent and not booked is not free for others.
    assert!(matches!(reserve(&purse, 44).await, Err(Refused::Ledger(_))));
    ledger.fail(false);
    ledger.done();
    pass(1000).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 7, back: 0 }]);
    assert_eq!(ledger.figures(), (43, 7));
}

#[tokio::test(start_paused = true)]
async fn what_lies_idle_is_given_back_and_drawn_anew_when_it_is_needed() {
    let ledger = Slow::capped(1000);
    let idle = Duration::from_secs(10);
    let purse = purse(&ledger, PursePolicy { idle, ..PLAIN });
    let held = reserve(&purse, 10).await.unwrap();
    ledger.done();
    pass(9_000).await;
    assert_eq!(ledger.done(), []);
    // A call that is under way keeps what it needs, however long it takes, and nothing else.
    pass(1_010).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 0, back: 40 }]);
    assert_eq!(state(&purse), [10, 10, 0, 0]);
    pass(60_000).await;
    held.settle(spent(4));
    pass(9_000).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 4, back: 0 }]);
    assert_eq!(state(&purse), [10, 0, 4, 0]);
    pass(1_010).await;
    assert_eq!(ledger.done(), [Done::Settled { spent: 0, back: 6 }]);
    assert_eq!(ledger.figures(), (0, 4));
    pass(60_000).await;
    assert_eq!(ledger.done(), []);
    reserve(&purse, 10).await.unwrap().unused();
    assert_eq!(ledger.done().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_who_calls_all_the_time_gives_back_what_he_does_not_need() {
    let ledger = Slow::capped(1000);
    let idle = Duration::from_secs(10);
    let purse = purse(&ledger, PursePolicy { idle, ..PLAIN });
    for _ in 0..12 {
        let held = reserve(&purse, 10).await.unwrap();
        pass(900).await;
        held.unused();
    }
    let given_back = Done::Settled { spent: 0, back: 40 };
    assert_eq!(ledger.done()[1..], [given_back]);
}

#[tokio::test(start_paused = true)]
async fn while_somebody_waits_nothing_is_kept_from_him() {
    let ledger = Slow::capped(1000);
    let pressure = Pressure::new();
    let purse = purse_under(&ledger, PursePolicy { low: 2, ..PLAIN }, &pressure);
    let held = reserve(&purse, 10).await.unwrap();
    assert_eq!(state(&purse), [50, 10, 0, 0]);
    pressure.raise();
    pass(10).await;
    assert_eq!(state(&purse), [10, 10, 0, 0]);
    // A call needs what it needs, and nothing is drawn beside it.
    let other = reserve(&purse, 20).await.unwrap();
    assert_eq!(state(&purse), [30, 30, 0, 0]);
    other.settle(spent(5));
    pass(100).await;
    assert_eq!(ledger.figures(), (10, 5));
    // Nobody waits any more.
    pass(5_000).await;
    held.settle(spent(5));
    let _next = reserve(&purse, 20).await.unwrap();
    assert!(purse.state().drawn > Usd::nanos(100), "{purse:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_gets_what_is_being_given_back() {
    let inner = MemoryLedger::new(&[(MoneyLevel::Task, Usd::nanos(1000))]);
    let ledger = Slow::new(inner, Duration::from_millis(100));
    let idle = Duration::from_secs(10);
    let purse = purse(&ledger, PursePolicy { idle, ..PLAIN });
    reserve(&purse, 10).await.unwrap().unused();
    // The ledger is about to take all 50 back.
    pass(10_050).await;
    let held = reserve(&purse, 10).await.unwrap();
    assert_eq!(ledger.figures(), (50, 0));
    assert_eq!(state(&purse), [50, 10, 0, 0]);
    // One that fails to take it leaves it here.
    held.unused();
    ledger.fail(true);
    pass(10_150).await;
    assert_eq!(state(&purse), [50, 0, 0, 0]);
    reserve(&purse, 50).await.unwrap().unused();
}
