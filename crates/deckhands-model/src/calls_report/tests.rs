//! Calls added up, by sums that a person can check.

use proptest::prelude::*;

use super::*;
use crate::call_record::TryRecord;
use crate::gateway_fact::{CallFault, CostBy};

fn route(name: &str) -> ModelId {
    ModelId::resolve(name).unwrap()
}

/// A good call that took 1.5 s.
fn call(number: u64) -> CallRecord {
    CallRecord {
        call: number,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        route: Some(route("openai/a")),
        model: Some("a-1".to_owned()),
        tries: Vec::new(),
        status: Some(200),
        fault: None,
        cause: None,
        streamed: false,
        input_tokens: Some(700),
        output_tokens: Some(50),
        cached_tokens: None,
        cost_usd: Some(0.0025),
        cost_by: Some(CostBy::Provider),
        table_cost_usd: None,
        lost_usd: 0.0,
        cost_unknown: 0,
        took_s: 1.5,
        held_s: 0.25,
        retry_after_s: None,
        gave_up: false,
    }
}

fn tried(cause: Cause) -> TryRecord {
    TryRecord {
        route: route("openai/a"),
        status: Some(503),
        fault: CallFault::Refused,
        cause,
        took_s: 0.1,
        retry_after_s: None,
    }
}

fn over(calls: &[CallRecord]) -> CallsReport {
    let mut report = CallsReport::default();
    calls.iter().for_each(|call| report.add(call));
    report
}

#[test]
fn each_route_and_model_has_its_sums() {
    let other = CallRecord {
        route: Some(route("openai/b")),
        model: Some("b-1".to_owned()),
        tries: vec![tried(Cause::RateLimited), tried(Cause::ProviderError)],
        cached_tokens: Some(600),
        cost_by: Some(CostBy::Table),
        lost_usd: 0.001,
        ..call(3)
    };
    let failed = CallRecord {
        tries: vec![tried(Cause::ProviderError)],
        fault: Some(CallFault::Refused),
        cause: Some(Cause::ProviderError),
        model: None,
        input_tokens: None,
        output_tokens: None,
        cost_usd: None,
        cost_by: None,
        ..call(4)
    };
    let report = over(&[call(1), call(2), other, failed]);
    assert_eq!((report.count, report.failed, report.tries), (4, 1, 7));
    let causes = [("ProviderError", 3), ("RateLimited", 1)];
    let causes = causes.map(|(cause, count)| (cause.to_owned(), count));
    assert_eq!(report.failed_tries, BTreeMap::from(causes));
    assert!((report.held_s - 1.0).abs() < f64::EPSILON);
    let served: Vec<_> = report
        .models
        .iter()
        .map(|one| (one.model.as_deref(), one.cause, one.calls, one.input_tokens))
        .collect();
    let expected = [
        (Some("a-1"), None, 2, Some(1400)),
        (Some("b-1"), None, 1, Some(700)),
        (None, Some(Cause::ProviderError), 1, None),
    ];
    assert_eq!(served, expected);
    assert_eq!(report.models[0].cost_usd, Some(0.005));
    assert_eq!(report.models[0].cached_tokens, None);
    assert_eq!(report.models[1].cached_tokens, Some(600));
    assert_eq!(report.models[1].cost_usd, Some(0.0035));
    assert_eq!(report.cost(), Some(Usd::nanos(8_500_000)));
    let listed: Vec<_> = report.list.iter().map(|one| one.call).collect();
    assert_eq!((listed, report.left_out), (vec![1, 2, 3, 4], 0));
}

#[test]
fn a_cost_is_known_where_that_of_every_call_is() {
    let untold = CallRecord {
        cost_usd: None,
        cost_by: None,
        ..call(1)
    };
    let worst = CallRecord {
        cost_by: Some(CostBy::Worst),
        cost_unknown: 1,
        ..call(1)
    };
    let lost = CallRecord {
        cost_unknown: 1,
        ..call(1)
    };
    let free = CallRecord {
        cost_usd: Some(0.0),
        ..call(1)
    };
    let unpaid = CallRecord {
        route: None,
        cause: Some(Cause::BudgetLimit),
        ..untold.clone()
    };
    let rows = [
        (vec![], None),
        (vec![call(1)], Some(2_500_000)),
        (vec![call(1), untold], None),
        (vec![call(1), worst], None),
        (vec![lost], None),
        (vec![free], Some(0)),
        (vec![call(1), unpaid], Some(2_500_000)),
    ];
    for (calls, nanos) in rows {
        let report = over(&calls);
        assert_eq!(report.cost(), nanos.map(Usd::nanos), "{calls:?}");
    }
}

#[test]
fn lists_and_models_have_a_bound_and_sums_have_none() {
    let calls: Vec<_> = (1..=300)
        .map(|number| CallRecord {
            model: Some(format!("m-{number}")),
            ..call(number)
        })
        .collect();
    let report = over(&calls);
    assert_eq!(
        (report.list.len(), report.left_out),
        (CallsReport::LISTED, 100)
    );
    assert_eq!(report.models.len(), CallsReport::MODELS + 1);
    let unnamed = report.models.last().unwrap();
    assert_eq!((unnamed.model.as_deref(), unnamed.calls), (None, 200));
    let sum: u64 = report.models.iter().map(|one| one.calls).sum();
    assert_eq!((sum, report.count), (300, 300));
}

#[test]
fn figures_fall_where_the_conventions_put_them() {
    // A bound is the greatest figure of its own place.
    let rows = [
        (0, 0),
        (1, 0),
        (2, 1),
        (4, 1),
        (5, 2),
        (67_108_864, 13),
        (67_108_865, 14),
        (u64::MAX, 14),
    ];
    for (figure, place) in rows {
        let mut all = Distribution::default();
        all.add(&Distribution::TOKENS, figure);
        assert_eq!(all.counts.len(), place + 1, "{figure}");
        assert_eq!((all.count(), all.sum), (1, figure));
    }
    let report = over(&[call(1)]);
    let took = &report.models[0].took_us;
    // 1.28 s < 1.5 s <= 2.56 s
    assert_eq!((took.counts.len(), took.sum), (9, 1_500_000));
}

#[test]
fn two_halves_are_the_whole() {
    let calls: Vec<_> = (1..=260).map(call).collect();
    let whole = over(&calls);
    for middle in [0, 1, 130, 230, 260] {
        let mut first = over(&calls[..middle]);
        first.merge(&over(&calls[middle..]));
        assert_eq!(first, whole, "{middle}");
    }
}

#[test]
fn a_reader_gets_back_what_was_written() {
    let report = over(&[call(1), call(2)]);
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<CallsReport>(&text).unwrap(), report);
}

proptest! {
    #[test]
    fn sums_do_not_depend_on_their_order(
        nanos in proptest::collection::vec((0..10_u64.pow(12), 0..10_u64.pow(12)), 1..20),
    ) {
        let calls: Vec<_> = nanos
            .iter()
            .map(|(cost, took)| CallRecord {
                cost_usd: Some(Usd::nanos(*cost).as_f64()),
                held_s: std::time::Duration::from_nanos(*took).as_secs_f64(),
                ..call(1)
            })
            .collect();
        let forth = over(&calls);
        let back: Vec<_> = calls.iter().rev().cloned().collect();
        prop_assert_eq!(&forth, &over(&back));
        let sum: u64 = nanos.iter().map(|(cost, _)| cost).sum();
        prop_assert_eq!(forth.cost(), Some(Usd::nanos(sum)));
        let held: u64 = nanos.iter().map(|(_, took)| took).sum();
        let expected = std::time::Duration::from_nanos(held).as_secs_f64();
        prop_assert!((forth.held_s - expected).abs() < f64::EPSILON * expected.max(1.0));
    }
}
