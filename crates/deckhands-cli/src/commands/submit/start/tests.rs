//! Times and durations, and what is neither.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_time_or_how_long_from_now() {
    let now = at("2026-01-01T00:00:00Z");
    let rows = [
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00Z"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("90s", "2026-01-01T00:01:30Z"),
        ("2h", "2026-01-01T02:00:00Z"),
        ("1h30m", "2026-01-01T01:30:00Z"),
        ("1h 30m", "2026-01-01T01:30:00Z"),
    ];
    for (when, expected) in rows {
        assert_eq!(time(when, now).unwrap(), at(expected), "{when}");
    }
}

#[test]
fn what_is_neither_is_refused_with_examples() {
    let now = at("2026-01-01T00:00:00Z");
    for when in ["", "5", "tomorrow", "-2h", "2026-01-31", "9999999999h"] {
        let error = time(when, now).unwrap_err().0;
        assert_eq!(error.code, 2, "{when}");
        assert!(error.hint.unwrap().contains("RFC 3339"), "{when}");
    }
}
