//! What is refused for want of money, and accounts over both stores.

use std::sync::Arc;
use std::time::Duration;

use deckhands_gateway::{Draw, Ledger as _, Price, Rate};
use deckhands_model::{MoneyLevel, Priority, TaskId, Usd};
use deckhands_store::{
    Booked, LeaseTerm, MemoryStore, MoneyCaps, NewTask, QueueBounds, SqliteOptions, SqliteStore,
    Store, WorkerId, money_day,
};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

mod calls;
mod full;
mod served;

use super::*;
use crate::clock::Clock;
use crate::engine::{Lease, LeaseTimes};
use crate::request::{TaskRequest, test_request};

/// A wall clock that goes with tokio's.
#[derive(Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }
}

fn cents(cents: u64) -> Usd {
    Usd::nanos(cents * 10_000_000)
}

fn task() -> NewTask {
    NewTask {
        id: TaskId::from_random([1; 16]),
        spec: serde_json::Value::Null,
        title: String::new(),
        priority: Priority::Normal,
        category: None,
        model: None,
        batch: Some("b".to_owned()),
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: None,
    }
}

struct Place {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    _dir: tempfile::TempDir,
}

impl Place {
    /// One of each kind of store.
    fn both() -> [Self; 2] {
        let place = |store: fn(&std::path::Path) -> Arc<dyn Store>| {
            let dir = tempfile::tempdir().unwrap();
            Self {
                store: store(dir.path()),
                clock: Arc::new(TokioClock(Instant::now())),
                _dir: dir,
            }
        };
        [
            place(|_dir| Arc::new(MemoryStore::default())),
            place(|dir| {
                let file = dir.join("db");
                Arc::new(SqliteStore::open(&file, SqliteOptions::default()).unwrap())
            }),
        ]
    }

    fn lease(&self, fence: deckhands_store::Fence) -> Arc<Lease> {
        Arc::new(Lease::new(
            self.store.clone(),
            self.clock.clone(),
            LeaseTimes::default(),
            fence,
            Instant::now(),
        ))
    }

    /// The lease of a task that was handed in and claimed.
    async fn leased(&self) -> Arc<Lease> {
        let (worker, now) = (WorkerId::from_random([1; 16]), self.clock.now());
        let bounds = QueueBounds::default();
        self.store.submit(&task(), bounds, now).await.unwrap();
        let claim = self.store.claim(worker, LeaseTerm::default(), now).await;
        self.lease(claim.unwrap().unwrap().fence)
    }

    /// The lease of another worker, who goes on with the attempt.
    async fn adopted(&self, from: &Lease) -> Arc<Lease> {
        let (worker, now) = (WorkerId::from_random([2; 16]), self.clock.now());
        let (attempt, term) = (from.fence().attempt, LeaseTerm::default());
        let claim = self.store.adopt(attempt, worker, term, now).await.unwrap();
        self.lease(claim.fence)
    }
}

fn under(cap: Usd) -> MoneyCaps {
    MoneyCaps {
        task: Some(cap.as_nanos()),
        ..MoneyCaps::default()
    }
}

fn booked(open: Usd, spent: Usd) -> Booked {
    Booked {
        open: open.as_nanos(),
        spent: spent.as_nanos(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_draws_no_more_than_its_task_may_cost() {
    for place in Place::both() {
        let ledger = LeaseLedger::new(place.leased().await, under(cents(100)));
        let drawn = ledger.draw(cents(40), cents(40)).await.unwrap();
        assert_eq!(drawn, Draw::Granted(cents(40)));
        ledger.settle(cents(40), Usd::ZERO).await.unwrap();
        let drawn = ledger.draw(cents(40), cents(200)).await.unwrap();
        assert_eq!(drawn, Draw::Granted(cents(60)), "as much as fits");
        ledger.settle(cents(40), cents(20)).await.unwrap();
        let refused = ledger.draw(cents(40), cents(40)).await.unwrap();
        let Draw::Refused(refusal) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(refusal.level, MoneyLevel::Task);
        assert_eq!((refusal.cap, refusal.used), (cents(100), cents(80)));
        assert_eq!(ledger.booked().await.unwrap(), booked(Usd::ZERO, cents(80)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_caps_of_batch_and_day_hold_too() {
    let (wide, low) = (under(cents(100)), Some(cents(10).as_nanos()));
    let rows = [
        (MoneyLevel::Batch, MoneyCaps { batch: low, ..wide }),
        (MoneyLevel::Day, MoneyCaps { day: low, ..wide }),
    ];
    for (level, caps) in rows {
        for place in Place::both() {
            let ledger = LeaseLedger::new(place.leased().await, caps);
            let refused = ledger.draw(cents(11), cents(11)).await.unwrap();
            assert!(
                matches!(refused, Draw::Refused(refusal) if refusal.level == level),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_lost_the_lease_draws_nothing() {
    for place in Place::both() {
        let lease = place.leased().await;
        let ledger = LeaseLedger::new(lease.clone(), under(cents(100)));
        sleep(Duration::from_secs(41)).await;
        // 45 s of term without a renewal, 5 s of margin.
        assert!(ledger.draw(cents(1), cents(1)).await.is_err());
        assert!(lease.lost().is_cancelled());
        assert_eq!(ledger.booked().await.unwrap(), Booked::default());
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_adopts_an_attempt_settles_what_it_drew() {
    for place in Place::both() {
        let first = place.leased().await;
        let before = LeaseLedger::new(first.clone(), under(cents(100)));
        before.draw(cents(30), cents(30)).await.unwrap();
        sleep(Duration::from_secs(46)).await;
        let after = LeaseLedger::new(place.adopted(&first).await, under(cents(100)));
        // The one before comes too late with what it knows.
        assert!(before.settle(cents(5), cents(25)).await.is_err());
        let open = booked(cents(30), Usd::ZERO);
        assert_eq!(after.booked().await.unwrap(), open);
        let refused = after.draw(cents(71), cents(71)).await.unwrap();
        assert!(matches!(refused, Draw::Refused(_)), "what is open counts");
        after.draw(cents(10), cents(10)).await.unwrap();
        after.settle(cents(7), cents(3)).await.unwrap();
        let uncertain = booked(cents(30), cents(7));
        assert_eq!(after.booked().await.unwrap(), uncertain);
    }
}

/// A provider may charge more than the most that was drawn for its call. That is booked, and takes nothing
/// of what the process before had drawn: it may all have been spent.
#[tokio::test(start_paused = true)]
async fn what_is_charged_above_all_that_was_drawn_is_not_taken_from_the_process_before() {
    for place in Place::both() {
        let first = place.leased().await;
        let before = LeaseLedger::new(first.clone(), under(cents(100)));
        before.draw(cents(30), cents(30)).await.unwrap();
        before.settle(cents(5), cents(5)).await.unwrap();
        sleep(Duration::from_secs(46)).await;
        let after = LeaseLedger::new(place.adopted(&first).await, under(cents(100)));
        after.draw(cents(10), cents(10)).await.unwrap();
        after.settle(cents(25), Usd::ZERO).await.unwrap();
        // 20 of the first are open still; 5 and 25 are spent.
        let expected = booked(cents(20), cents(30));
        assert_eq!(after.booked().await.unwrap(), expected);
        // Nor is more given back than is there.
        after.draw(cents(10), cents(10)).await.unwrap();
        after.settle(cents(4), cents(30)).await.unwrap();
        let expected = booked(cents(20), cents(34));
        assert_eq!(after.booked().await.unwrap(), expected);
        // Over the cap, if need be: it was spent.
        after.settle(cents(90), Usd::ZERO).await.unwrap();
        let expected = booked(cents(20), cents(124));
        assert_eq!(after.booked().await.unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_counts_for_the_day_of_everybody() {
    for place in Place::both() {
        let ledger = |n: u8, own: Option<Usd>| {
            let book: Arc<dyn deckhands_store::Money> = place.store.clone();
            RunLedger::new(
                book,
                format!("run {n}"),
                (own, Some(cents(100))),
                place.clock.clone(),
            )
        };
        let (one, two) = (ledger(1, Some(cents(50))), ledger(2, None));
        one.draw(cents(40), cents(40)).await.unwrap();
        one.settle(cents(40), Usd::ZERO).await.unwrap();
        let own = one.draw(cents(20), cents(20)).await.unwrap();
        let Draw::Refused(refusal) = own else {
            panic!("{own:?}");
        };
        assert_eq!((refusal.level, refusal.cap), (MoneyLevel::Task, cents(50)));
        two.draw(cents(60), cents(60)).await.unwrap();
        let day = two.draw(cents(1), cents(1)).await.unwrap();
        assert!(
            matches!(day, Draw::Refused(refusal) if refusal.level == MoneyLevel::Day),
            "{day:?}"
        );
        assert_eq!(one.booked().await.unwrap(), booked(Usd::ZERO, cents(40)));
        // It dies: what it had drawn stays.
        drop(two);
        let day = money_day(place.clock.now());
        let days = place.store.money_of_days(day).await.unwrap();
        assert_eq!(days[0].sum.open, cents(60).as_nanos());
        assert_eq!(days[0].sum.spent, cents(40).as_nanos());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_without_a_cap_has_no_account_and_one_with_a_day_s_cap_needs_a_book() {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock(Instant::now()));
    let payer = || "run 1".to_owned();
    let request = test_request("/w".into());
    assert!(ledger_of_run(&request, payer(), &clock).is_none());
    let capped = TaskRequest {
        max_cost: Some(cents(100)),
        ..request.clone()
    };
    let own = ledger_of_run(&capped, payer(), &clock).unwrap();
    own.draw(cents(70), cents(70)).await.unwrap();
    own.settle(cents(20), Usd::ZERO).await.unwrap();
    assert_eq!(own.booked().await.unwrap(), booked(cents(50), cents(20)));
    let mut by_day = request;
    by_day.money.per_day = Some(cents(100));
    assert!(by_day.is_capped());
    assert!(ledger_of_run(&by_day, payer(), &clock).is_none());
    by_day.money.book = Some(Arc::new(MemoryStore::default()));
    assert!(ledger_of_run(&by_day, payer(), &clock).is_some());
}

#[test]
fn an_assumed_price_is_for_what_nobody_knows() {
    let model = |name: &str| deckhands_model::ModelId::resolve(name).unwrap();
    let limits = |unknown| MoneyLimits {
        unknown_price: unknown,
        ..MoneyLimits::default()
    };
    let unknown = model("openrouter/no/price");
    assert_eq!(limits(None).price(&unknown, None), None);
    let rate = Rate::picodollars(15_000_000);
    let assumed = limits(Some(Usd::dollars(15)));
    assert_eq!(assumed.price(&unknown, None), Some(Price::of(rate, rate)));
    let least = limits(Some(Usd::nanos(1))).price(&unknown, None).unwrap();
    assert_eq!(least.input, Rate::picodollars(1), "never less than told");
    let known = model("openai/gpt-4o");
    assert_eq!(
        assumed.price(&known, None),
        limits(None).price(&known, None)
    );
    assert_eq!(
        assumed.price(&model("openrouter/a/b:free"), None),
        Some(Price::FREE)
    );
    let local = model("ollama/qwen3");
    assert_eq!(assumed.price(&local, None), Some(Price::FREE));
    let away = Some("http://10.0.0.7:11434/v1");
    assert_eq!(assumed.price(&local, away), Some(Price::of(rate, rate)));
    assert_eq!(limits(None).price(&local, away), None);
}

#[test]
fn under_a_cap_a_model_without_a_price_is_not_called() {
    let model = |name: &str| deckhands_model::ModelId::resolve(name).unwrap();
    let (known, unknown) = (model("openai/gpt-4o"), model("openrouter/no/price"));
    let open = test_request("/w".into());
    assert!(open.affords(&known, None) && open.affords(&unknown, None));
    let mut capped = open;
    capped.max_cost = Some(cents(100));
    assert!(capped.affords(&known, None) && !capped.affords(&unknown, None));
    capped.money.unknown_price = Some(Usd::dollars(15));
    assert!(capped.affords(&unknown, None));
}
