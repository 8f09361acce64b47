//! Waits by header and by body.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

use super::*;

const NOON: &str = "Sun, 06 Nov 1994 12:00:00 GMT";
const NOON_MS: u64 = 784_123_200_000;

fn reply(date: Option<&str>, retry_after: Option<&str>) -> Reply {
    let pairs = [(DATE, date), (RETRY_AFTER, retry_after)];
    let headers = pairs
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?.parse().unwrap())));
    Reply {
        status: 429,
        headers: HeaderMap::from_iter(headers),
        body: Bytes::new(),
        broke: None,
    }
}

#[test]
fn a_header_tells_seconds_or_a_time() {
    let month = LONGEST.as_secs();
    let rows = [
        (None, "7", Some(7)),
        (None, " 0 ", Some(0)),
        (None, "1e300", Some(month)),
        (None, "inf", Some(month)),
        (None, "-1", None),
        (None, "NaN", None),
        (None, "soon", None),
        (Some(NOON), "Sun, 06 Nov 1994 12:01:30 GMT", Some(90)),
        (Some(NOON), "Sun, 06 Nov 1994 11:59:59 GMT", Some(0)),
        (Some(NOON), "Sun, 06 Nov 2094 12:00:00 GMT", None),
        (None, NOON, None),
        (Some("today"), NOON, None),
    ];
    for (date, told, seconds) in rows {
        let wait = wait(429, &reply(date, Some(told)), None);
        assert_eq!(wait, seconds.map(Duration::from_secs), "{told}");
    }
}

#[test]
fn a_reset_in_the_body_counts_where_no_header_does() {
    let minute = Some(Duration::from_secs(60));
    let told = Some(NOON_MS + 60_000);
    assert_eq!(wait(429, &reply(Some(NOON), None), told), minute);
    assert_eq!(wait(429, &reply(Some(NOON), Some("later")), told), minute);
    let header = wait(429, &reply(Some(NOON), Some("5")), told);
    assert_eq!(header, Some(Duration::from_secs(5)));
    assert_eq!(wait(429, &reply(None, None), told), None);
    let past = wait(429, &reply(Some(NOON), None), Some(1));
    assert_eq!(past, Some(Duration::ZERO));
    let never = wait(429, &reply(Some(NOON), None), Some(u64::MAX));
    assert_eq!(never, Some(LONGEST));
}

#[test]
fn only_a_limit_or_an_overload_asks_for_a_wait() {
    for (status, waits) in [
        (429, true),
        (503, true),
        (500, false),
        (200, false),
        (402, false),
    ] {
        let wait = wait(status, &reply(None, Some("3")), None);
        assert_eq!(wait.is_some(), waits, "{status}");
    }
}
