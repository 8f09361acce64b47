//! What is told of a call for whoever keeps accounts.

use std::time::SystemTime;

use deckhands_model::{CallCost, CostBy, Usd};
use deckhands_testkit::{Dialect, ProviderError, Reply};

use super::*;
use crate::money::Price;

/// A call of 700 tokens in and 50 out costs 0.0008 dollars.
fn price() -> Price {
    Price::per_million(1.0, 2.0).unwrap()
}

const TABLE: Usd = Usd::nanos(800_000);

async fn rig(price: Option<Price>, steps: impl IntoIterator<Item = Step>) -> Rig {
    let bind = ([127, 0, 0, 1], 0).into();
    let llm = ScriptedLlm::start(Script::new(steps), bind).await.unwrap();
    let limits = SessionLimits {
        hold: Duration::from_secs(60),
        pause: Duration::from_millis(1),
        ..QUICK
    };
    let mut spec = spec(
        upstream(&llm.base_url("127.0.0.1"), "openrouter"),
        TOKEN,
        limits,
    );
    spec.routes[0].price = price;
    let (session, facts) = gateway().open(spec).unwrap();
    Rig {
        llm,
        session,
        facts,
    }
}

/// A good answer whose provider tells this cost.
fn told(cost: Option<f64>) -> Step {
    let mut step = Step::say("hello");
    step.usage.cost = cost;
    step
}

fn silent() -> Step {
    Step::say("hello").wrong_usage(WrongUsage::Absent)
}

#[tokio::test]
async fn a_cost_is_told_with_whose_figure_it_is_and_the_other_one() {
    let cost = |nanos, by, other| {
        let usd = Usd::nanos(nanos);
        Some(CallCost { usd, by, other })
    };
    let provider = CostBy::Provider;
    let rows = [
        (
            Some(price()),
            told(None),
            cost(800_000, CostBy::Table, None),
            0,
        ),
        (
            Some(price()),
            told(Some(0.0025)),
            cost(2_500_000, provider, Some(TABLE)),
            0,
        ),
        (
            Some(price()),
            told(Some(0.0008)),
            cost(800_000, provider, None),
            0,
        ),
        (None, told(Some(0.0025)), cost(2_500_000, provider, None), 0),
        (None, told(None), None, 1),
        (Some(price()), silent(), None, 1),
        (Some(Price::FREE), silent(), cost(0, CostBy::Table, None), 0),
    ];
    for (number, (price, step, expected, unknown)) in rows.into_iter().enumerate() {
        let mut rig = rig(price, [step]).await;
        let seen = rig.chat(json!({})).await;
        assert_eq!(seen.status, 200, "{number}: {seen:?}");
        let fact = rig.fact();
        assert_eq!(fact.account.cost, expected, "{number}");
        assert_eq!(fact.account.unknown, unknown, "{number}");
        let known = expected.map(|cost| cost.usd.as_f64());
        assert_eq!(fact.usage.cost_usd, known, "{number}");
        assert_began_when_it_came(&fact);
        assert!(!fact.account.streamed);
    }
}

/// The clock of these tests stands, so a call seems to have begun as long before it as it took.
fn assert_began_when_it_came(fact: &GatewayFact) {
    let began = fact.account.began.unwrap();
    let age = SystemTime::UNIX_EPOCH.duration_since(began).unwrap();
    assert!(age >= fact.took, "{age:?}, {:?}", fact.took);
}

#[tokio::test]
async fn tries_that_may_have_cost_something_are_told_and_refusals_are_not() {
    let refused = Step::provider_error(Dialect::OpenRouter, ProviderError::Unavailable);
    let rows = [(refused, 0), (Step::new(Reply::Truncate), 1)];
    for (first, unknown) in rows {
        let mut rig = rig(Some(price()), [first, told(Some(0.0025))]).await;
        assert_eq!(rig.chat(json!({})).await.status, 200);
        let fact = rig.fact();
        assert_eq!((fact.earlier.len(), fact.account.unknown), (1, unknown));
        assert_eq!(fact.account.lost, Usd::ZERO);
        assert_eq!(fact.usage.cost_usd, Some(0.0025));
    }
}

#[tokio::test]
async fn a_stream_has_its_account_too() {
    let mut rig = rig(Some(price()), [told(Some(0.0025))]).await;
    let seen = rig.chat(json!({ "stream": true })).await;
    assert_eq!(seen.status, 200, "{seen:?}");
    let fact = rig.fact();
    let account = fact.account;
    assert!(account.streamed && account.began.is_some());
    let cost = account.cost.unwrap();
    assert_eq!((cost.by, cost.other), (CostBy::Provider, Some(TABLE)));
}
