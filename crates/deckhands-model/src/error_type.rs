//! The seven error types, the six recovery strategies and the five failure classes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The public classification of a failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    /// The provider, the sandbox or the daemon could not be reached or broke off.
    Connection,
    /// Something took longer than its deadline.
    Timeout,
    /// The key or the account was refused.
    Authentication,
    /// Too many requests.
    RateLimit,
    /// Input, environment or result did not pass a rule.
    Validation,
    /// The agent itself went wrong.
    Sdk,
    /// Nothing known fits.
    Unknown,
}

/// One step of the recovery ladder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Again at once.
    Retry,
    /// Again after a growing delay.
    RetryWithBackoff,
    /// Again with another model route.
    FallbackModel,
    /// A stand-in result; only under `--simulate`, never a success.
    FallbackMock,
    /// Stop calling the route for a while.
    CircuitBreak,
    /// Give up and tell a person.
    Escalate,
}

/// What a failure means for the policy that decides what comes next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// May pass by itself.
    Transient,
    /// Passes after a wait or on another route.
    RateLimited,
    /// A bound was used up; only a larger bound helps.
    Exhausted,
    /// The work was refused; the same request gives the same answer.
    Rejected,
    /// Nothing we can do without a person.
    Permanent,
}

/// A word outside a closed vocabulary.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{word}` is no {what}: expected one of {expected}")]
pub struct UnknownWord {
    /// What the word should have been, e.g. `error type`.
    pub what: &'static str,
    /// The refused word.
    pub word: String,
    /// The accepted words, comma separated.
    pub expected: String,
}

impl ErrorType {
    /// All types, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Connection,
        Self::Timeout,
        Self::Authentication,
        Self::RateLimit,
        Self::Validation,
        Self::Sdk,
        Self::Unknown,
    ];

    /// The short form that JSON documents carry.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Authentication => "authentication",
            Self::RateLimit => "rate_limit",
            Self::Validation => "validation",
            Self::Sdk => "sdk",
            Self::Unknown => "unknown",
        }
    }

    /// The ladder of strategies for this type, first step first.
    #[must_use]
    pub const fn strategies(self) -> &'static [Strategy] {
        use Strategy::{
            CircuitBreak, Escalate, FallbackMock, FallbackModel, Retry, RetryWithBackoff,
        };
        match self {
            Self::Connection => &[RetryWithBackoff, CircuitBreak, FallbackMock],
            Self::Timeout | Self::Unknown => &[Retry, FallbackMock],
            Self::Authentication => &[Escalate],
            Self::RateLimit => &[RetryWithBackoff, FallbackModel, CircuitBreak],
            Self::Validation => &[FallbackMock, Escalate],
            Self::Sdk => &[Retry, CircuitBreak, FallbackMock],
        }
    }
}

impl FromStr for ErrorType {
    type Err = UnknownWord;

    /// Accepts the short form and the long one (`connection` and `connection_error`).
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let short = text.strip_suffix("_error").unwrap_or(text);
        Self::ALL
            .into_iter()
            .find(|t| t.word() == short)
            .ok_or_else(|| UnknownWord {
                what: "error type",
                word: text.to_owned(),
                expected: Self::ALL.map(Self::word).join(", "),
            })
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Strategy {
    /// All six strategies.
    pub const ALL: [Self; 6] = [
        Self::Retry,
        Self::RetryWithBackoff,
        Self::FallbackModel,
        Self::FallbackMock,
        Self::CircuitBreak,
        Self::Escalate,
    ];
}

#[cfg(test)]
mod tests;
