//! The seven types with their words, and the ladder of each.

use super::Strategy::{
    CircuitBreak, Escalate, FallbackMock, FallbackModel, Retry, RetryWithBackoff,
};
use super::*;

/// Long word, type and ladder, as the documentation lists them.
const TABLE: [(&str, ErrorType, &[Strategy]); 7] = [
    (
        "connection_error",
        ErrorType::Connection,
        &[RetryWithBackoff, CircuitBreak, FallbackMock],
    ),
    ("timeout_error", ErrorType::Timeout, &[Retry, FallbackMock]),
    (
        "authentication_error",
        ErrorType::Authentication,
        &[Escalate],
    ),
    (
        "rate_limit_error",
        ErrorType::RateLimit,
        &[RetryWithBackoff, FallbackModel, CircuitBreak],
    ),
    (
        "validation_error",
        ErrorType::Validation,
        &[FallbackMock, Escalate],
    ),
    (
        "sdk_error",
        ErrorType::Sdk,
        &[Retry, CircuitBreak, FallbackMock],
    ),
    ("unknown_error", ErrorType::Unknown, &[Retry, FallbackMock]),
];

#[test]
fn words_and_ladders() {
    for (long, kind, ladder) in TABLE {
        let short = long.strip_suffix("_error").unwrap();
        assert_eq!(long.parse(), Ok(kind));
        assert_eq!(short.parse(), Ok(kind));
        assert_eq!((kind.word(), kind.to_string().as_str()), (short, short));
        assert_eq!(
            serde_json::to_string(&kind).unwrap(),
            format!("\"{short}\"")
        );
        assert_eq!(kind.strategies(), ladder, "{long}");
    }
    assert_eq!(TABLE.map(|(_, kind, _)| kind), ErrorType::ALL);
}

#[test]
fn other_words_are_refused_with_the_ones_that_work() {
    for word in [
        "",
        "_error",
        "Connection",
        "conn",
        "sdk_error_error",
        "timeouts",
    ] {
        let error = word.parse::<ErrorType>().unwrap_err();
        assert_eq!(error.word, word);
        assert_eq!(
            error.to_string(),
            format!(
                "`{word}` is no error type: expected one of connection, timeout, authentication, \
                 rate_limit, validation, sdk, unknown"
            )
        );
    }
}

#[test]
fn strategies_and_classes_have_their_words() {
    let rows = [
        (Retry, "retry"),
        (RetryWithBackoff, "retry_with_backoff"),
        (FallbackModel, "fallback_model"),
        (FallbackMock, "fallback_mock"),
        (CircuitBreak, "circuit_break"),
        (Escalate, "escalate"),
    ];
    assert_eq!(rows.map(|(strategy, _)| strategy), Strategy::ALL);
    for (strategy, word) in rows {
        assert_eq!(
            serde_json::to_string(&strategy).unwrap(),
            format!("\"{word}\"")
        );
        let used = ErrorType::ALL
            .iter()
            .any(|t| t.strategies().contains(&strategy));
        assert!(used, "{word} is on no ladder");
    }
    let json = serde_json::to_string(&FailureClass::RateLimited).unwrap();
    assert_eq!(json, "\"rate_limited\"");
}
