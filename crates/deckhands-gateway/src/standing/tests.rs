//! When a relay gives up.

use bytes::Bytes;
use http::HeaderMap;

use super::*;
use crate::reply::{Ending, Reply};
use crate::secret::Veil;
use crate::verdict::judge;

const GOOD: &str = r#"{"choices":[{"finish_reason":"stop"}]}"#;

fn verdict(status: u16) -> Verdict {
    let reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from_static(GOOD.as_bytes()),
        broke: None,
    };
    judge(&Ending::Replied(reply), false, &Veil::over([]))
}

/// Statuses of calls in order, and with which of them, from 1, all calls end.
fn check(give_up_after: u32, statuses: &[u16], ends_with: Option<usize>) {
    let standing = Standing::new(give_up_after);
    let ends: Vec<usize> = statuses
        .iter()
        .enumerate()
        .filter(|(_, status)| standing.count(&verdict(**status)))
        .map(|(index, _)| index + 1)
        .collect();
    assert_eq!(ends, Vec::from_iter(ends_with), "{statuses:?}");
    assert_eq!(standing.given_up().is_some(), ends_with.is_some());
}

#[test]
fn failures_in_a_row_end_all_calls_once() {
    check(3, &[503, 500, 429, 503, 200, 503, 503, 503], Some(3));
    check(3, &[503, 503, 200, 503, 503], None);
    check(3, &[503, 503, 400, 403, 503], Some(5));
    check(3, &[400, 400, 400, 403, 422, 413], None);
    check(1, &[200, 500], Some(2));
    check(0, &[500], Some(1));
}

#[test]
fn a_final_status_ends_all_calls_at_once() {
    for status in [401, 402, 404] {
        check(3, &[200, status, 200, status], Some(2));
        let standing = Standing::new(3);
        standing.count(&verdict(status));
        assert_eq!(standing.given_up().unwrap().status, status);
    }
}

#[test]
fn after_failures_the_answer_says_that_the_gateway_gave_up() {
    let standing = Standing::new(1);
    standing.count(&judge(&Ending::Silent, false, &Veil::over([])));
    let answer = standing.given_up().unwrap();
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(answer.status, 402);
    assert!(
        body.contains("the gateway gave up: no answer in time"),
        "{body}"
    );
}
