//! Where it listens, and what is told of calls.

use std::time::Duration;

use deckhands_model::{CallFault, Cause, ModelId, Try, Usage};

use super::*;

#[test]
fn it_listens_to_nobody_elses_machine() {
    for good in ["127.0.0.1:0", "[::1]:4170", "127.9.9.9:1"] {
        assert!(refuse_strangers(good.parse().unwrap()).is_ok(), "{good}");
    }
    for bad in ["0.0.0.0:4170", "[::]:4170", "192.168.1.5:80"] {
        let error = refuse_strangers(bad.parse().unwrap())
            .unwrap_err()
            .0
            .message;
        assert!(error.contains("of this machine alone"), "{error}");
    }
}

#[test]
fn a_call_is_told_with_its_route_and_its_failed_tries() {
    let route = |name: &str| ModelId::resolve(name).unwrap();
    let fact = GatewayFact {
        call: 7,
        route: Some(route("openai/b")),
        earlier: vec![Try {
            route: route("openai/a"),
            status: Some(429),
            fault: CallFault::Refused,
            detail: String::new(),
            cause: Cause::RateLimited,
            retry_after: None,
            took: Duration::from_millis(250),
        }],
        cause: None,
        status: Some(200),
        fault: None,
        detail: String::new(),
        retry_after: None,
        model: Some("b-2026".to_owned()),
        usage: Usage {
            cost_usd: Some(0.0012),
            ..Usage::default()
        },
        took: Duration::from_millis(1500),
        held: Duration::ZERO,
        gave_up: false,
        account: deckhands_model::CallAccount::default(),
    };
    let words = words(&fact);
    assert_eq!(
        words,
        "call 7: served by openai/b in 1.5 s, $0.0012, after a failed try"
    );
    let line = line(&fact);
    assert_eq!(line["earlier"][0]["status"], 429);
    assert_eq!(line["route"], "openai/b");
    assert_eq!(line["took_s"], 1.5);
}
