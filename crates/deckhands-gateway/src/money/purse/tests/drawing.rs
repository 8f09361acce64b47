//! When money is drawn, how much, and what happens when there is none.

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn the_first_call_draws_a_slice_and_the_next_ones_take_from_it() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(reserve(&purse, 10).await.unwrap());
    }
    let first = Done::Drew {
        least: 10,
        wanted: 50,
        got: 50,
    };
    assert_eq!(ledger.done(), [first]);
    assert_eq!(state(&purse), [50, 50, 0, 0]);
    // Of the next one nothing is there.
    held.push(reserve(&purse, 20).await.unwrap());
    let second = Done::Drew {
        least: 20,
        wanted: 100,
        got: 100,
    };
    assert_eq!(ledger.done(), [second]);
    // And of a large one the larger part is missing: 300 less the 80 that are left.
    held.push(reserve(&purse, 300).await.unwrap());
    let third = Done::Drew {
        least: 220,
        wanted: 1420,
        got: 220,
    };
    assert_eq!(ledger.done(), [third]);
    assert_eq!(state(&purse), [370, 370, 0, 0]);
    assert_eq!(ledger.figures(), (370, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_for_which_the_cap_has_no_room_is_refused_by_the_ledgers_figures() {
    let ledger = Slow::capped(100);
    let purse = purse(&ledger, PLAIN);
    let held = reserve(&purse, 90).await.unwrap();
    let Refused::Cap(refusal) = reserve(&purse, 11).await.unwrap_err() else {
        panic!("not by the cap");
    };
    let expected = Refusal {
        level: MoneyLevel::Task,
        cap: Usd::nanos(100),
        used: Usd::nanos(90),
    };
    assert_eq!(refusal, expected);
    assert_eq!(state(&purse), [90, 90, 0, 0]);
    // A smaller one has room, and so has the same one when the first cost less than was held.
    let small = reserve(&purse, 10).await.unwrap();
    held.settle(spent(80));
    small.settle(spent(9));
    reserve(&purse, 11).await.unwrap().unused();
    assert_eq!(state(&purse), [100, 0, 89, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_slice_is_drawn_ahead_so_that_nobody_waits_for_the_disk() {
    let ledger = Slow::capped(1000);
    let policy = PursePolicy { low: 2, ..PLAIN };
    let purse = purse(&ledger, policy);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(reserve(&purse, 10).await.unwrap());
    }
    ledger.done();
    let before = Instant::now();
    // After this 10 are left: less than for two.
    held.push(reserve(&purse, 10).await.unwrap());
    assert_eq!(ledger.done(), []);
    pass(2).await;
    let ahead = Done::Drew {
        least: 40,
        wanted: 40,
        got: 40,
    };
    assert_eq!(ledger.done(), [ahead]);
    let waited = before.elapsed();
    for _ in 0..3 {
        held.push(reserve(&purse, 10).await.unwrap());
    }
    assert_eq!(before.elapsed(), waited);
    assert_eq!(ledger.done(), []);
}

#[tokio::test(start_paused = true)]
async fn a_slice_ahead_that_is_refused_harms_nobody_and_is_not_asked_for_again_and_again() {
    let ledger = Slow::capped(60);
    let purse = purse(&ledger, PursePolicy { low: 2, ..PLAIN });
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(reserve(&purse, 10).await.unwrap());
        pass(2).await;
    }
    let refused = ledger.done().into_iter();
    let refused = refused.filter(|done| matches!(done, Done::Refused(_)));
    assert_eq!(refused.count(), 1);
    // The last ten are for whoever needs them.
    held.push(reserve(&purse, 10).await.unwrap());
    assert_eq!(state(&purse), [60, 60, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn near_a_cap_less_is_drawn_at_once_and_more_again_where_there_is_room() {
    let ledger = Slow::capped(100);
    let other = Slow::new(ledger.inner.below(&[]), Duration::ZERO);
    let purse = purse(&ledger, PLAIN);
    other.draw(Usd::nanos(60), Usd::nanos(60)).await.unwrap();
    let mut wanted = Vec::new();
    for round in 0..7 {
        if round == 3 {
            other.settle(Usd::ZERO, Usd::nanos(60)).await.unwrap();
        }
        let held = reserve(&purse, 10).await.unwrap();
        held.settle(spent(0));
        // As if it lay idle.
        let free = purse.state().drawn;
        purse.shared.state().take_free();
        ledger.settle(Usd::ZERO, free).await.unwrap();
        purse.shared.state().settled(Usd::ZERO, free);
        for done in ledger.done() {
            if let Done::Drew { wanted: all, .. } = done {
                wanted.push(all / 10 - 1);
            }
        }
    }
    // 40 are left, then 100.
    assert_eq!(wanted, [4, 2, 3, 4, 4, 4, 4]);
}

#[tokio::test(start_paused = true)]
async fn what_costs_nothing_needs_no_money() {
    let ledger = Slow::capped(0);
    let purse = purse(&ledger, PLAIN);
    reserve(&purse, 0).await.unwrap().settle(spent(0));
    assert!(matches!(reserve(&purse, 1).await, Err(Refused::Cap(_))));
    reserve(&purse, 0).await.unwrap().unused();
    assert_eq!(state(&purse), [0; 4]);
}

#[tokio::test(start_paused = true)]
async fn who_came_first_is_served_first() {
    let ledger = Slow::capped(100);
    let purse = Arc::new(purse(&ledger, PLAIN));
    let mut waiting = JoinSet::new();
    for nanos in [60, 50, 20] {
        let purse = Arc::clone(&purse);
        waiting.spawn(async move { (nanos, reserve(&purse, nanos).await) });
    }
    let mut ends = Vec::new();
    while let Some(end) = waiting.join_next().await {
        ends.push(end.unwrap());
    }
    let granted = |nanos| {
        let end = ends.iter().find(|(asked, _)| *asked == nanos);
        end.unwrap().1.is_ok()
    };
    assert!(granted(60) && !granted(50) && granted(20));
    // After two draws without room the third one was for one call more like it, and fitted.
    assert_eq!(state(&purse), [100, 80, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_one_who_waits() {
    let ledger = Slow::capped(100);
    let purse = purse(&ledger, PursePolicy { slice: 0, ..PLAIN });
    reserve(&purse, 50).await.unwrap().unused();
    let mut wide = Box::pin(reserve(&purse, 80));
    assert!(futures::poll!(&mut wide).is_pending());
    // It would fit into the 50 that are here.
    let mut small = Box::pin(reserve(&purse, 40));
    assert!(futures::poll!(&mut small).is_pending());
    let held = wide.await.unwrap();
    assert!(matches!(small.await, Err(Refused::Cap(_))));
    assert_eq!(held.worst(), Usd::nanos(80));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_refused_in_anothers_place() {
    let ledger = Slow::capped(100);
    let purse = purse(&ledger, PLAIN);
    let mut wide = Box::pin(reserve(&purse, 200));
    assert!(futures::poll!(&mut wide).is_pending());
    let mut small = Box::pin(reserve(&purse, 50));
    assert!(futures::poll!(&mut small).is_pending());
    tokio::task::yield_now().await;
    // The ledger is about to refuse the 200, and nobody wants them any more.
    drop(wide);
    small.await.unwrap().unused();
    let done = ledger.done();
    assert!(
        matches!(done[..], [Done::Refused(_), Done::Drew { least: 50, .. }]),
        "{done:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_he_waits_holds_nothing() {
    let inner = MemoryLedger::new(&[(MoneyLevel::Task, Usd::nanos(100))]);
    let ledger = Slow::new(inner, Duration::from_millis(10));
    let purse = purse(&ledger, PursePolicy { slice: 0, ..PLAIN });
    let wait = Duration::from_millis(5);
    assert!(
        tokio::time::timeout(wait, reserve(&purse, 60))
            .await
            .is_err()
    );
    pass(20).await;
    // The draw was made all the same: it is here, for the next one.
    assert_eq!(state(&purse), [60, 0, 0, 0]);
    reserve(&purse, 60).await.unwrap().unused();
    assert_eq!(ledger.done().len(), 1);
    // Told, but gone before he heard of it.
    let mut wide = Box::pin(reserve(&purse, 70));
    assert!(futures::poll!(&mut wide).is_pending());
    pass(20).await;
    assert_eq!(state(&purse), [70, 70, 0, 0]);
    drop(wide);
    assert_eq!(state(&purse), [70, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn while_the_ledger_fails_only_what_is_drawn_is_used() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let first = reserve(&purse, 10).await.unwrap();
    ledger.fail(true);
    let covered = reserve(&purse, 40).await.unwrap();
    let error = reserve(&purse, 1).await.unwrap_err();
    assert!(matches!(error, Refused::Ledger(_)));
    assert_eq!(error.to_string(), "no money can be drawn for the call");
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "the ledger of money cannot be written");
    assert_eq!(cause.source().unwrap().to_string(), "the disk is full");
    // What a call gives back is there for the next one.
    covered.unused();
    reserve(&purse, 30).await.unwrap().unused();
    ledger.fail(false);
    reserve(&purse, 50).await.unwrap().unused();
    first.unused();
    assert_eq!(state(&purse), [50 + 10 + 200, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_breaks_its_word_is_told_apart() {
    #[derive(Debug)]
    struct Mean;
    #[async_trait]
    impl Ledger for Mean {
        async fn draw(&self, _: Usd, _: Usd) -> Result<Draw, LedgerError> {
            Ok(Draw::Granted(Usd::ZERO))
        }
        async fn settle(&self, _: Usd, _: Usd) -> Result<(), LedgerError> {
            Ok(())
        }
    }
    let purse = Purse::open(Arc::new(Mean), PLAIN);
    assert!(matches!(reserve(&purse, 1).await, Err(Refused::Ledger(_))));
}
