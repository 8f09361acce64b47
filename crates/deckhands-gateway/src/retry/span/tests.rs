//! Spans as they are written, and what is none.

use proptest::prelude::*;

use super::*;

#[test]
fn a_span_is_read_in_every_form_that_providers_have() {
    let rows = [
        // OpenAI and Groq.
        ("1s", Some(1_000)),
        ("6m0s", Some(360_000)),
        ("120ms", Some(120)),
        ("7m12.48s", Some(432_480)),
        ("1h0m0s", Some(3_600_000)),
        ("2d3h", Some(183_600_000)),
        // Google.
        ("34s", Some(34_000)),
        ("34.074824224s", Some(34_074)),
        // People.
        ("26 seconds", Some(26_000)),
        ("1 minute 30 seconds", Some(90_000)),
        (" 5 Minutes ", Some(300_000)),
        ("0s", Some(0)),
        // No spans.
        ("", None),
        ("s", None),
        ("5", None),
        ("-5s", None),
        ("1..5s", None),
        (".5s", None),
        ("5 apples", None),
        ("5s later", None),
        ("5 seconds5", None),
        ("inf s", None),
    ];
    for (text, milliseconds) in rows {
        let span = whole(text);
        assert_eq!(
            span.map(|span| span.as_millis()),
            milliseconds,
            "{text}: {span:?}"
        );
    }
}

#[test]
fn a_span_ends_where_other_words_begin() {
    let (span, rest) = leading("1.2s. visit us").unwrap();
    assert_eq!((span, rest), (Duration::from_millis(1_200), ". visit us"));
    let (span, rest) = leading("1 minute 30 things").unwrap();
    assert_eq!((span, rest), (Duration::from_secs(60), " 30 things"));
}

#[test]
fn a_span_without_measure_is_a_month() {
    let month = super::super::LONGEST;
    assert_eq!(whole(&format!("{}d", "9".repeat(400))), Some(month));
    assert_eq!(whole("40 days"), Some(month));
}

proptest! {
    #[test]
    fn no_text_harms(text in ".{0,60}") {
        let _ = whole(&text);
    }

    #[test]
    fn nor_does_what_looks_like_one(text in "[0-9. ]{0,12}(ms|s|m|h|d|days)?[0-9.smhd ]{0,20}") {
        let span = whole(&text).unwrap_or_default();
        prop_assert!(span <= super::super::LONGEST);
    }
}
