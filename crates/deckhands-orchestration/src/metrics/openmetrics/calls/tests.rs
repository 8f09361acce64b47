//! Calls as scrapers see them, through the strict reader.

use deckhands_model::{CallFault, CallRecord, CallsReport, Cause, CostBy, ModelId, TryRecord};

use super::super::tests::{Read, read, value};
use crate::metrics::{Metrics, Tally};

const OPENROUTER: &str = "openrouter/vendor/a:free";

/// A good call that took 1.5 s.
fn call(route: &str, model: &str) -> CallRecord {
    CallRecord {
        call: 1,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        route: Some(ModelId::resolve(route).unwrap()),
        model: Some(model.to_owned()),
        tries: Vec::new(),
        status: Some(200),
        fault: None,
        cause: None,
        streamed: false,
        input_tokens: Some(700),
        output_tokens: Some(50),
        cached_tokens: Some(600),
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

fn of(calls: &[CallRecord]) -> Read {
    let mut report = CallsReport::default();
    calls.iter().for_each(|call| report.add(call));
    let metrics = Metrics {
        calls: report.models,
        ..Tally::default().metrics()
    };
    read(&metrics.openmetrics())
}

/// Two good calls of one model, one of another, and one that failed after a failed try.
fn sample() -> Read {
    let failed = CallRecord {
        tries: vec![TryRecord {
            route: ModelId::resolve(OPENROUTER).unwrap(),
            status: Some(503),
            fault: CallFault::Refused,
            cause: Cause::ProviderError,
            took_s: 0.1,
            retry_after_s: None,
        }],
        fault: Some(CallFault::Refused),
        cause: Some(Cause::RateLimited),
        model: None,
        input_tokens: None,
        output_tokens: None,
        cached_tokens: None,
        cost_usd: None,
        cost_by: None,
        ..call(OPENROUTER, "")
    };
    let long = CallRecord {
        took_s: 100.0,
        input_tokens: Some(70_000_000),
        ..call(OPENROUTER, "a-1")
    };
    of(&[
        call(OPENROUTER, "a-1"),
        long,
        call("xai/grok", "grok-9"),
        failed,
    ])
}

const CHAT: (&str, &str) = ("gen_ai_operation_name", "chat");
const PROVIDER: (&str, &str) = ("gen_ai_provider_name", "openrouter");
const ASKED: (&str, &str) = ("gen_ai_request_model", "vendor/a:free");
const ANSWERED: (&str, &str) = ("gen_ai_response_model", "a-1");

#[test]
fn tokens_are_a_histogram_by_the_names_and_bounds_of_the_conventions() {
    let read = sample();
    let name = "gen_ai_client_token_usage";
    let labels = |kind| [CHAT, PROVIDER, ASKED, ANSWERED, ("gen_ai_token_type", kind)];
    let figure = |what: &str, kind| value(&read, &format!("{name}_{what}"), &labels(kind));
    assert_eq!(figure("count", "input"), Some(2.0));
    assert_eq!(figure("sum", "input"), Some(70_000_700.0));
    assert_eq!(figure("sum", "output"), Some(100.0));
    let below = |bound| {
        let labels = [labels("input").as_slice(), &[("le", bound)]].concat();
        value(&read, &format!("{name}_bucket"), &labels)
    };
    for (bound, count) in [
        ("1.0", 0.0),
        ("256.0", 0.0),
        ("1024.0", 1.0),
        ("67108864.0", 1.0),
        ("+Inf", 2.0),
    ] {
        assert_eq!(below(bound), Some(count), "{bound}");
    }
}

#[test]
fn durations_are_told_apart_by_what_went_wrong() {
    let read = sample();
    let name = "gen_ai_client_operation_duration_seconds";
    let good = [CHAT, PROVIDER, ASKED, ANSWERED];
    let failed = [CHAT, PROVIDER, ASKED, ("error_type", "RateLimited")];
    for (labels, count, sum) in [(good, 2.0, 101.5), (failed, 1.0, 1.5)] {
        assert_eq!(value(&read, &format!("{name}_count"), &labels), Some(count));
        assert_eq!(value(&read, &format!("{name}_sum"), &labels), Some(sum));
        let bounds: Vec<f64> = read
            .iter()
            .filter(|((sample, found), _)| {
                let fits = |label: &(&str, &str)| {
                    found.contains(&(label.0.to_owned(), label.1.to_owned()))
                };
                *sample == format!("{name}_bucket") && labels.iter().all(fits)
            })
            .filter_map(|((_, found), _)| found.last()?.1.parse().ok())
            .filter(|bound: &f64| bound.is_finite())
            .collect();
        assert_eq!(bounds.len(), 14, "{bounds:?}");
    }
    let below = |bound| {
        let labels = [good.as_slice(), &[("le", bound)]].concat();
        value(&read, &format!("{name}_bucket"), &labels)
    };
    assert_eq!((below("1.28"), below("2.56")), (Some(0.0), Some(1.0)));
    assert_eq!((below("81.92"), below("+Inf")), (Some(1.0), Some(2.0)));
    assert_eq!(below("0.01"), Some(0.0));
}

#[test]
fn providers_have_the_names_of_the_conventions() {
    let read = sample();
    let labels = [
        CHAT,
        ("gen_ai_provider_name", "x_ai"),
        ("gen_ai_request_model", "grok"),
        ("gen_ai_response_model", "grok-9"),
    ];
    let name = "gen_ai_client_operation_duration_seconds_count";
    assert_eq!(value(&read, name, &labels), Some(1.0));
}

/// A name, labels that it has among others, and its value.
type Sample<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

#[test]
fn our_own_counters_say_what_the_conventions_do_not() {
    let read = sample();
    let own = [("route", OPENROUTER), ("model", "a-1")];
    let rows: [Sample<'_>; 8] = [
        ("deckhands_calls_total", &own, 2.0),
        (
            "deckhands_calls_total",
            &[("route", OPENROUTER), ("cause", "RateLimited")],
            1.0,
        ),
        (
            "deckhands_calls_failed_tries_total",
            &[("cause", "ProviderError")],
            1.0,
        ),
        (
            "deckhands_calls_failed_tries_total",
            &[("cause", "RateLimited")],
            1.0,
        ),
        ("deckhands_calls_cached_tokens_total", &own, 1200.0),
        ("deckhands_calls_cost_dollars_total", &own, 0.005),
        ("deckhands_calls_cost_unknown_total", &own, 0.0),
        ("deckhands_calls_held_seconds_total", &[], 1.0),
    ];
    for (name, labels, expected) in rows {
        assert_eq!(value(&read, name, labels), Some(expected), "{name}");
    }
}

#[test]
fn what_nobody_told_has_no_sample() {
    let silent = CallRecord {
        route: None,
        input_tokens: None,
        output_tokens: None,
        cached_tokens: None,
        cost_usd: None,
        cost_by: None,
        ..call(OPENROUTER, "a-1")
    };
    let read = of(&[silent]);
    let names: Vec<&str> = read.keys().map(|(name, _)| name.as_str()).collect();
    for absent in ["token_usage", "cached_tokens", "cost_dollars"] {
        assert!(names.iter().all(|name| !name.contains(absent)), "{absent}");
    }
    let unknown = value(
        &read,
        "deckhands_calls_cost_unknown_total",
        &[("model", "a-1")],
    );
    assert_eq!(unknown, Some(1.0));
    let none = of(&[]);
    assert!(none.keys().all(|(name, _)| !name.contains("calls")));
}
