//! Waits by header, by body and by limit, in the forms that providers have.

use bytes::Bytes;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOON: &str = "Sun, 06 Nov 1994 12:00:00 GMT";
const NOON_MS: u64 = 784_123_200_000;

/// A day on which seconds since 1970 have ten digits.
const LATER: &str = "Fri, 27 Nov 2026 12:00:00 GMT";
const LATER_S: u64 = 1_795_780_800;

fn reply<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Reply {
    let headers = headers.into_iter();
    let headers = headers.map(|(name, text)| (name.parse().unwrap(), text.parse().unwrap()));
    Reply {
        status: 429,
        headers: headers.collect(),
        body: Bytes::new(),
        broke: None,
    }
}

fn by_header(date: Option<&str>, told: &str) -> Option<Duration> {
    let date = date.map(|date| (DATE.as_str(), date));
    let told = (RETRY_AFTER.as_str(), told);
    wait(
        429,
        &reply(date.into_iter().chain([told])),
        &Complaint::default(),
    )
}

fn complaint(body: &Value) -> Complaint {
    Complaint::of_body(body.to_string().as_bytes())
}

fn of_words(words: &str) -> Complaint {
    complaint(&json!({ "error": { "message": words } }))
}

fn millis(wait: Option<Duration>) -> Option<u128> {
    wait.map(|wait| wait.as_millis())
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
        let wait = by_header(date, told);
        assert_eq!(wait, seconds.map(Duration::from_secs), "{told}");
    }
}

#[test]
fn milliseconds_are_finer_than_seconds() {
    let rows = [
        ("250", "1", Some(250)),
        ("0", "1", Some(0)),
        ("soon", "1", Some(1_000)),
        ("1e300", "1", Some(LONGEST.as_millis())),
    ];
    for (fine, coarse, expected) in rows {
        let reply = reply([("retry-after-ms", fine), ("retry-after", coarse)]);
        let wait = wait(429, &reply, &Complaint::default());
        assert_eq!(millis(wait), expected, "{fine}");
    }
}

#[test]
fn a_reset_in_the_body_counts_where_no_header_does() {
    let minute = Some(Duration::from_secs(60));
    let until = |reset| Complaint {
        reset,
        ..Complaint::default()
    };
    let told = until(Some(NOON_MS + 60_000));
    let noon = || ("date", NOON);
    assert_eq!(wait(429, &reply([noon()]), &told), minute);
    let unread = reply([noon(), ("retry-after", "later")]);
    assert_eq!(wait(429, &unread, &told), minute);
    let header = wait(429, &reply([noon(), ("retry-after", "5")]), &told);
    assert_eq!(header, Some(Duration::from_secs(5)));
    assert_eq!(wait(429, &reply([]), &told), None);
    let past = wait(429, &reply([noon()]), &until(Some(1)));
    assert_eq!(past, Some(Duration::ZERO));
    let never = wait(429, &reply([noon()]), &until(Some(u64::MAX)));
    assert_eq!(never, Some(LONGEST));
    let seconds = wait(429, &reply([("date", LATER)]), &until(Some(LATER_S + 60)));
    assert_eq!(seconds, minute);
}

#[test]
fn an_error_names_its_time_in_words_or_in_a_field() {
    let words = [
        // OpenAI.
        (
            "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, \
             Used 29000, Requested 2000. Please try again in 1.2s. Visit us to learn more.",
            Some(1_200),
        ),
        (
            "Limit 3, Used 3, Requested 1. Please try again in 20s.",
            Some(20_000),
        ),
        (
            "on requests per day (RPD): please try again in 6m0s",
            Some(360_000),
        ),
        ("Please try again in 20ms.", Some(20)),
        // Groq.
        (
            "Please try again in 7m12.48s. Need more tokens?",
            Some(432_480),
        ),
        // Google, by itself and within another one's text.
        ("Please retry in 34.074824224s.", Some(34_074)),
        (
            r#"{"error":{"details":[{"retryDelay": "34s"}]}}"#,
            Some(34_000),
        ),
        (r#"{\"retryDelay\": \"34s\"}"#, Some(34_000)),
        // Azure.
        ("Please retry after 26 seconds.", Some(26_000)),
        ("Retry in 2s, or try again in 3s", Some(3_000)),
        // None that could be.
        ("Please retry shortly.", None),
        ("Please try again in a minute", None),
        ("Please try again in 5", None),
        ("retry after 2026-11-27", None),
        ("we tried again in 5s", None),
        ("", None),
    ];
    for (words, expected) in words {
        let wait = wait(429, &reply([]), &of_words(words));
        assert_eq!(millis(wait), expected, "{words}");
    }
    let details = json!([
        { "@type": "type.googleapis.com/google.rpc.QuotaFailure" },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s" },
    ]);
    let google = json!([{ "error": { "code": 429, "message": "quota", "details": details } }]);
    let wait = wait(429, &reply([]), &complaint(&google));
    assert_eq!(wait, Some(Duration::from_secs(34)));
}

/// The headers of limits beside the words of the error, and the wait in milliseconds.
type Limits<'a> = (&'a [(&'a str, &'a str)], &'a str, Option<u128>);

const LIMITS: [Limits<'static>; 12] = [
    // OpenAI, Groq.
    (
        &[
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-ratelimit-remaining-tokens", "1500"),
            ("x-ratelimit-reset-tokens", "90ms"),
        ],
        "",
        Some(360_000),
    ),
    // Two of them: the last to end.
    (
        &[
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "2s"),
        ],
        "on requests per min",
        Some(2_000),
    ),
    // Of none is nothing left: the one that the error names wants more than there is.
    (
        &[
            ("x-ratelimit-remaining-requests", "2"),
            ("x-ratelimit-reset-requests", "8m"),
            ("x-ratelimit-remaining-tokens", "1000"),
            ("x-ratelimit-reset-tokens", "3s"),
        ],
        "Rate limit reached on tokens per min (TPM): Limit 30000, Requested 2000",
        Some(3_000),
    ),
    (
        &[
            ("x-ratelimit-reset-requests", "8s"),
            ("x-ratelimit-reset-tokens", "3s"),
        ],
        "too many requests",
        Some(8_000),
    ),
    // None that anything points at.
    (
        &[
            ("x-ratelimit-remaining-requests", "2"),
            ("x-ratelimit-reset-requests", "8s"),
        ],
        "slow down",
        None,
    ),
    // Cerebras.
    (
        &[
            ("x-ratelimit-remaining-requests-day", "100"),
            ("x-ratelimit-reset-requests-day", "33011.382867"),
            ("x-ratelimit-remaining-tokens-minute", "0"),
            ("x-ratelimit-reset-tokens-minute", "11.382867"),
        ],
        "",
        Some(11_382),
    ),
    // OpenRouter: milliseconds since 1970.
    (
        &[
            ("date", LATER),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1795780890000"),
        ],
        "",
        Some(90_000),
    ),
    // GitHub and others: seconds since 1970, with nothing beside it.
    (
        &[("date", LATER), ("x-ratelimit-reset", "1795780830")],
        "",
        Some(30_000),
    ),
    // A time of day says nothing without a date.
    (&[("x-ratelimit-reset", "1795780830")], "", None),
    // Anthropic.
    (
        &[
            ("date", LATER),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2026-11-27T12:00:12Z",
            ),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-11-27T13:00:00Z"),
        ],
        "",
        Some(12_000),
    ),
    // A limit of which something is left and which stands for everything.
    (
        &[("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "9")],
        "",
        None,
    ),
    (
        &[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "soon"),
        ],
        "",
        None,
    ),
];

#[test]
fn the_limit_that_is_used_up_tells_its_end() {
    for (headers, words, expected) in LIMITS {
        let reply = reply(headers.iter().copied());
        let wait = wait(429, &reply, &of_words(words));
        assert_eq!(millis(wait), expected, "{headers:?} {words}");
    }
}

#[test]
fn the_body_is_believed_before_the_limits_and_a_header_before_both() {
    let limits = [
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "3s"),
    ];
    let words = of_words("Please try again in 2s");
    assert_eq!(millis(wait(429, &reply(limits), &words)), Some(2_000));
    let asked = limits.into_iter().chain([("retry-after", "1")]);
    assert_eq!(millis(wait(429, &reply(asked), &words)), Some(1_000));
    // Limits that go on beside an overload are not what is waited for.
    assert_eq!(wait(503, &reply(limits), &Complaint::default()), None);
}

#[test]
fn only_a_limit_or_an_overload_asks_for_a_wait() {
    for (status, waits) in [
        (429, true),
        (503, true),
        (529, true),
        (500, false),
        (200, false),
        (402, false),
    ] {
        let reply = reply([("retry-after", "3")]);
        let wait = wait(status, &reply, &Complaint::default());
        assert_eq!(wait.is_some(), waits, "{status}");
    }
}

proptest! {
    #[test]
    fn whatever_a_provider_says_the_wait_is_bounded(
        headers in prop::collection::vec((0..8usize, "[ -~]{0,40}"), 0..8),
        words in ".{0,200}",
        number in any::<f64>(),
        reset: Option<u64>,
    ) {
        const NAMES: [&str; 8] = [
            "date", "retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-remaining",
            "x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-reset",
        ];
        let numbered = (NAMES[3].to_owned(), number.to_string());
        let headers = headers.into_iter().map(|(name, value)| (NAMES[name].to_owned(), value));
        let headers: HeaderMap = headers
            .chain([numbered])
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, HeaderValue::try_from(value).unwrap())
            })
            .collect();
        let reply = Reply { headers, ..reply([]) };
        let complaint = Complaint { reset, ..of_words(&words) };
        for status in [429, 503] {
            let wait = wait(status, &reply, &complaint).unwrap_or_default();
            prop_assert!(wait <= LONGEST, "{wait:?}");
        }
    }
}
