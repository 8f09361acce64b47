//! Money that is bounded: calls are forwarded as far as they fit under the cap, and no further.

use std::sync::Arc;

use deckhands_model::{Cause, ModelId, ModelWay, TaskState, Usd};
use deckhands_runtime::test_util::Script;
use deckhands_store::{Draw, MemoryStore, Money, MoneyCaps, Queries as _, money_day};

use crate::stored_keys::{engine, submit};
use crate::support::{Agent, Answers, Provider, World};

/// An answer for which the provider charges 0.40 dollars.
const DEAR: &str = r#"{"id": "1", "model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.4}}"#;

/// At 50 dollars for a million tokens, one of the calls below costs at most 0.46 dollars and some bytes more: 8192
/// tokens of output and 1024 for what a provider adds.
const PRICE: Usd = Usd::dollars(50);

fn cents(cents: u64) -> Usd {
    Usd::nanos(cents * 10_000_000)
}

/// Writes a file, calls its model so often, and goes on waiting.
fn caller(times: usize, answers: &Answers) -> Script {
    let answers = answers.clone();
    let agent = Agent::new().wakes().writes("half.txt", "half\n");
    agent
        .does(move |spec| answers.call(spec, times, None))
        .hangs()
}

fn machine_at(provider: &Provider, app: Script) -> World {
    World::new().agent(app).asking(|request| {
        request.way = ModelWay::Relay;
        request.model = ModelId::resolve("openai/m").expect("a model");
        request.base_url = Some(provider.url());
        request.money.unknown_price = Some(PRICE);
    })
}

#[tokio::test(start_paused = true)]
async fn the_calls_that_fit_are_forwarded_and_the_next_one_ends_the_attempt() {
    // It could take more.
    let (provider, answers) = (Provider::answers(5, 200, DEAR), Answers::default());
    let world = machine_at(&provider, caller(4, &answers));
    let world = world.asking(|request| request.max_cost = Some(cents(100)));
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::BudgetLimit)));
    // With 0.80 spent there is room for 0.20, and a call can cost 0.46.
    assert_eq!(provider.calls().len(), 2);
    assert_eq!(answers.statuses()[..3], [200, 200, 400]);
    assert!(
        answers.text().contains("ExceededBudget"),
        "{}",
        answers.text()
    );
    let error = ran.report.error.as_ref().unwrap();
    // 0.80 are spent; the rest was drawn for the second call, which cost less.
    let told = "the cap of $1.00 for the task is reached: $0.8";
    assert!(error.message.contains(told), "{}", error.message);
    let hint = error.hint.as_ref().unwrap();
    assert!(hint.contains("--max-cost"), "{hint}");
    let patch = std::fs::read_to_string(ran.report.patch.as_ref().unwrap()).unwrap();
    assert!(patch.contains("half.txt"), "what it did is kept: {patch}");
    let money = ran.report.money.unwrap();
    let booked = (money.cap_usd, money.spent_usd, money.uncertain_usd);
    assert_eq!(booked, (Some(1.0), 0.8, 0.0), "what was served is booked");
}

#[tokio::test(start_paused = true)]
async fn a_stored_task_is_paid_from_the_store_and_not_tried_again() {
    let (provider, answers) = (Provider::answers(5, 200, DEAR), Answers::default());
    let world = machine_at(&provider, caller(4, &answers)).in_time();
    let world = world.asking(|request| request.max_cost = Some(cents(100)));
    let store = Arc::new(MemoryStore::default());
    let task = submit(&world, &store, "openai/m").await;
    engine(&world, store.clone()).await;
    world.assert_no_problems();
    assert_eq!(provider.calls().len(), 2);
    let result = store.result(task).await.unwrap().unwrap();
    let cause = result.error.as_ref().and_then(|error| error.cause);
    assert_eq!(
        (result.state, cause),
        (TaskState::Failed, Some(Cause::BudgetLimit))
    );
    assert_eq!(result.attempts.len(), 1, "more money is the user's to give");
    assert!(result.patch.is_some(), "what it did is kept");
    let sum = store.money(task).await.unwrap().sum();
    assert_eq!((sum.open, sum.spent), (0, cents(80).as_nanos()));
    let money = result.money.unwrap();
    let booked = (money.cap_usd, money.spent_usd, money.uncertain_usd);
    assert_eq!(booked, (Some(1.0), 0.8, 0.0));
}

#[tokio::test(start_paused = true)]
async fn what_others_spent_today_counts_for_the_day_s_cap() {
    let (provider, answers) = (Provider::answers(5, 200, DEAR), Answers::default());
    let world = machine_at(&provider, caller(4, &answers));
    let store = Arc::new(MemoryStore::default());
    let nanos = cents(40).as_nanos();
    let draw = Draw {
        least: nanos,
        wanted: nanos,
        caps: MoneyCaps::default(),
    };
    store
        .draw_for("run other", draw, world.now())
        .await
        .unwrap();
    let book: Arc<dyn Money> = store.clone();
    let world = world.asking(|request| {
        request.money.per_day = Some(cents(100));
        request.money.book = Some(book);
    });
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::BudgetLimit)));
    assert_eq!(provider.calls().len(), 1);
    let message = &ran.report.error.as_ref().unwrap().message;
    assert!(
        message.contains("the cap of $1.00 for the day"),
        "{message}"
    );
    let money = ran.report.money.unwrap();
    assert_eq!((money.cap_usd, money.spent_usd), (None, 0.4));
    let days = store.money_of_days(money_day(world.now())).await.unwrap();
    let sum = days[0].sum;
    assert_eq!(
        (sum.open, sum.spent),
        (nanos, nanos),
        "the other's is open still"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_cannot_be_held_is_refused_before_anything_is_made() {
    let nothing = || Provider::answers(0, 200, DEAR);
    let unpriced = machine_at(&nothing(), Agent::new().hangs()).asking(|request| {
        request.max_cost = Some(cents(100));
        request.money.unknown_price = None;
    });
    let without_book = machine_at(&nothing(), Agent::new().hangs()).asking(|request| {
        request.money.per_day = Some(cents(100));
    });
    let direct = machine_at(&nothing(), Agent::new().hangs()).asking(|request| {
        request.max_cost = Some(cents(100));
        request.way = ModelWay::Direct;
    });
    for world in [unpriced, without_book, direct] {
        let ran = world.run().await;
        assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::BadInput)));
        assert_eq!(world.runtime.created_specs().len(), 0);
    }
}
