//! How a purse ends: closed, dropped, or without its task.

use super::*;

#[tokio::test(start_paused = true)]
async fn closing_tells_everything_and_gives_the_rest_back() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let held = reserve(&purse, 10).await.unwrap();
    ledger.done();
    held.settle(spent(3));
    purse.close().await.unwrap();
    assert_eq!(ledger.done(), [Done::Settled { spent: 3, back: 47 }]);
    assert_eq!(ledger.figures(), (0, 3));
    assert_eq!(state(&purse), [3, 0, 3, 0]);
    assert!(matches!(reserve(&purse, 0).await, Err(Refused::Closed)));
    purse.close().await.unwrap();
    assert_eq!(ledger.done(), []);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_not_ended_when_the_purse_closes_is_booked_with_its_worst_case() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let (known, lost) = (
        reserve(&purse, 10).await.unwrap(),
        reserve(&purse, 10).await.unwrap(),
    );
    purse.close().await.unwrap();
    known.settle(spent(1));
    drop(lost);
    pass(1000).await;
    assert_eq!(ledger.figures(), (0, 20));
    assert_eq!(state(&purse), [20, 0, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_purse_that_cannot_close_says_so_and_goes_on_trying() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    reserve(&purse, 10).await.unwrap().settle(spent(3));
    ledger.fail(true);
    assert!(purse.close().await.is_err());
    assert!(purse.close().await.is_err());
    assert_eq!(ledger.figures(), (50, 0));
    ledger.fail(false);
    purse.close().await.unwrap();
    assert_eq!(ledger.figures(), (0, 3));
    // By itself, too.
    let purse = super::purse(&ledger, PLAIN);
    reserve(&purse, 10).await.unwrap().settle(spent(3));
    ledger.fail(true);
    assert!(purse.close().await.is_err());
    ledger.fail(false);
    pass(1100).await;
    assert_eq!(ledger.figures(), (0, 6));
    purse.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_when_the_purse_closes_is_sent_away() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let (waited, closed) = tokio::join!(reserve(&purse, 10), purse.close());
    assert!(matches!(waited, Err(Refused::Closed)));
    closed.unwrap();
    assert_eq!(ledger.figures(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_dropped_purse_had_stays_open() {
    let ledger = Slow::capped(1000);
    let purse = purse(&ledger, PLAIN);
    let first = reserve(&purse, 10).await.unwrap();
    let second = reserve(&purse, 10).await.unwrap();
    first.settle(spent(3));
    pass(60).await;
    drop(purse);
    second.settle(spent(4));
    pass(60_000).await;
    assert_eq!(ledger.figures(), (47, 3));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_task_that_is_gone() {
    #[derive(Debug)]
    struct Broken;
    #[async_trait]
    impl Ledger for Broken {
        async fn draw(&self, _: Usd, _: Usd) -> Result<Draw, LedgerError> {
            panic!("broken")
        }
        async fn settle(&self, _: Usd, _: Usd) -> Result<(), LedgerError> {
            Ok(())
        }
    }
    let purse = Purse::open(Arc::new(Broken), PLAIN);
    assert!(matches!(reserve(&purse, 1).await, Err(Refused::Closed)));
    assert!(matches!(reserve(&purse, 1).await, Err(Refused::Closed)));
    assert!(purse.close().await.is_err());
}
