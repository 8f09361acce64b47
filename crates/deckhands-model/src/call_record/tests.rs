//! What is kept of a call.

use std::time::Duration;

use super::*;
use crate::gateway_fact::{CallAccount, CallCost};
use crate::usage::Usage;
use crate::usd::Usd;

fn route(name: &str) -> ModelId {
    ModelId::resolve(name).unwrap()
}

fn fact() -> GatewayFact {
    GatewayFact {
        call: 3,
        route: Some(route("openai/b")),
        earlier: vec![Try {
            route: route("openai/a"),
            status: Some(429),
            fault: CallFault::Refused,
            detail: "the provider's words".to_owned(),
            cause: Cause::RateLimited,
            retry_after: Some(Duration::from_secs(7)),
            took: Duration::from_millis(250),
        }],
        cause: None,
        status: Some(200),
        fault: None,
        detail: String::new(),
        retry_after: None,
        model: Some("b-2026".to_owned()),
        usage: Usage {
            input_tokens: Some(700),
            output_tokens: Some(50),
            cost_usd: Some(0.0025),
        },
        took: Duration::from_millis(1500),
        held: Duration::from_secs(1),
        gave_up: false,
        account: CallAccount {
            streamed: true,
            cached_tokens: Some(600),
            cost: Some(CallCost {
                usd: Usd::nanos(2_500_000),
                by: CostBy::Provider,
                other: Some(Usd::nanos(3_000_000)),
            }),
            lost: Usd::nanos(1_000_000),
            unknown: 1,
            ..CallAccount::default()
        },
    }
}

fn record(fact: &GatewayFact) -> CallRecord {
    CallRecord::of(fact, 9, "2026-01-01T00:00:00Z".to_owned())
}

#[test]
fn a_line_has_every_field_under_its_name() {
    let line = serde_json::to_value(record(&fact())).unwrap();
    let expected = serde_json::json!({
        "call": 9, "started_at": "2026-01-01T00:00:00Z", "route": "openai/b", "model": "b-2026",
        "tries": [{
            "route": "openai/a", "status": 429, "fault": "refused", "cause": "RateLimited",
            "took_s": 0.25, "retry_after_s": 7.0,
        }],
        "status": 200, "fault": null, "cause": null, "streamed": true, "input_tokens": 700,
        "output_tokens": 50, "cached_tokens": 600, "cost_usd": 0.0025, "cost_by": "provider",
        "table_cost_usd": 0.003, "lost_usd": 0.001, "cost_unknown": 1, "took_s": 1.5, "held_s": 1.0,
        "retry_after_s": null, "gave_up": false,
    });
    assert_eq!(line, expected);
    let read: CallRecord = serde_json::from_value(line).unwrap();
    assert_eq!(read, record(&fact()));
}

#[test]
fn a_cost_that_nobody_told_is_null_and_not_nothing() {
    let mut silent = fact();
    silent.usage.cost_usd = None;
    silent.account.cost = None;
    let silent = record(&silent);
    assert_eq!((silent.cost_usd, silent.cost_by), (None, None));
    let mut played = fact();
    played.account.cost = None;
    let played = record(&played);
    assert_eq!(
        (played.cost_usd, played.cost_by),
        (Some(0.0025), Some(CostBy::Provider))
    );
}

#[test]
fn tries_are_counted_where_a_route_was_tried() {
    let good = record(&fact());
    let refused = CallRecord {
        fault: Some(CallFault::Refused),
        cause: Some(Cause::BadKey),
        ..good.clone()
    };
    // No route may be called: the last one that was tried is among the earlier ones.
    let given_up = CallRecord {
        cause: Some(Cause::QuotaUntilReset),
        ..good.clone()
    };
    let no_money = CallRecord {
        route: None,
        tries: Vec::new(),
        cause: Some(Cause::BudgetLimit),
        ..good.clone()
    };
    for (call, tried) in [(good, 2), (refused, 2), (given_up, 1), (no_money, 0)] {
        assert_eq!(call.tried(), tried, "{call:?}");
    }
}

#[test]
fn the_name_of_a_model_has_a_bound() {
    let mut long = fact();
    long.model = Some("ä".repeat(CallRecord::MAX_MODEL));
    let kept = record(&long).model.unwrap();
    assert_eq!(kept, "ä".repeat(CallRecord::MAX_MODEL / 2));
}
