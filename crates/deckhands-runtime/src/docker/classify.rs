//! Turns every error of the client library into the ports' one classified error. The only place
//! that reads the daemon's wording; the versions it was read from are in the tests.

use std::error::Error as StdError;
use std::io;

use bollard::errors::Error;

use crate::error::{Operation, RuntimeError, RuntimeErrorKind as Kind};

/// Wording that tells more than the status, in lower case; the first that occurs wins.
const WORDS: &[(&str, Kind)] = &[
    ("no space left on device", Kind::Exhausted),
    ("disk quota exceeded", Kind::Exhausted),
    ("cannot allocate memory", Kind::Exhausted),
    ("too many open files", Kind::Exhausted),
    ("resource temporarily unavailable", Kind::Exhausted),
    ("no available network", Kind::Exhausted),
    ("no available ipv4 addresses", Kind::Exhausted),
    ("non-overlapping ipv4 address pool", Kind::Exhausted),
    ("address pools have been fully subnetted", Kind::Exhausted),
    ("no such image", Kind::ImageUnavailable),
    ("bind source path does not exist", Kind::InvalidSpec),
    ("pre-defined network", Kind::InvalidSpec),
    ("failed to initialize logging driver", Kind::InvalidSpec),
    ("does not support reading", Kind::InvalidSpec),
    ("port is already allocated", Kind::Conflict),
    ("has active endpoints", Kind::Conflict),
    ("is not running", Kind::Conflict),
    ("is not paused", Kind::Conflict),
    ("is already paused", Kind::Conflict),
];

/// What failed, on what, and how.
///
/// The daemon's words become the message; any other error of the library stays the source.
pub(super) fn classify(operation: Operation, subject: &str, error: Error) -> RuntimeError {
    let kind = kind(operation, &error);
    let mut failure = RuntimeError::new(operation, subject, kind);
    match daemons_words(&error) {
        Some(words) => failure.message = Some(words),
        None => failure.source = Some(Box::new(error)),
    }
    failure
}

/// Whether the daemon answered with this status.
pub(super) fn has_status(error: &Error, status: u16) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code, .. } if *status_code == status)
}

fn kind(operation: Operation, error: &Error) -> Kind {
    match error {
        Error::DockerResponseServerError {
            status_code,
            message,
        } => answered(operation, *status_code, message),
        Error::DockerStreamError { error } => broke_off(operation, error),
        Error::IOError { err } => not_answered(err),
        Error::HyperResponseError { err } => not_answered(err),
        Error::HyperLegacyError { err } => not_answered(err),
        Error::SocketNotFoundError(_) | Error::RequestTimeoutError => Kind::Unreachable,
        // An answer that ends in its middle.
        Error::JsonSerdeError { err } if err.is_eof() => Kind::Unreachable,
        Error::URLEncodedError { .. }
        | Error::URLParseError { .. }
        | Error::InvalidURIError { .. }
        | Error::InvalidURIPartsError { .. }
        | Error::UnsupportedURISchemeError { .. }
        | Error::HttpClientError { .. } => Kind::InvalidSpec,
        Error::JsonDataError { .. }
        | Error::JsonSerdeError { .. }
        | Error::APIVersionParseError {}
        | Error::DockerContainerWaitError { .. }
        | Error::MissingSessionBuildkitError {}
        | Error::MissingVersionBuildkitError {}
        | Error::StrParseError { .. }
        | Error::StrFmtError { .. }
        | Error::HttpHeaderNotFoundError(_)
        | Error::HttpHeaderToStrError { .. }
        | Error::Base64DecodeError { .. } => Kind::Protocol,
    }
}

/// The daemon refused.
fn answered(operation: Operation, status: u16, message: &str) -> Kind {
    if let Some(kind) = by_words(message) {
        return kind;
    }
    match (status, operation) {
        (400, _) => Kind::InvalidSpec,
        (_, Operation::Pull) => Kind::ImageUnavailable,
        (401 | 403, _) => Kind::Denied,
        // Not the container that is made, but something that it is to be made of or joined to.
        (404, Operation::Create | Operation::CreateNetwork) => Kind::InvalidSpec,
        (404, Operation::Start) if !message.contains("No such container") => Kind::InvalidSpec,
        // Whatever answers there, it is no Docker daemon.
        (404, Operation::Probe) => Kind::Protocol,
        (404, _) => Kind::NotFound,
        (304 | 409, _) => Kind::Conflict,
        (502..=504, _) => Kind::Unreachable,
        _ => Kind::Protocol,
    }
}

/// The daemon told of a failure inside an answer that had begun well.
fn broke_off(operation: Operation, message: &str) -> Kind {
    by_words(message).unwrap_or(match operation {
        Operation::Pull => Kind::ImageUnavailable,
        _ => Kind::Protocol,
    })
}

/// The connection failed before or in the middle of an answer.
fn not_answered(error: &(dyn StdError + 'static)) -> Kind {
    let io_kind = std::iter::successors(Some(error), |error| (*error).source())
        .find_map(|error| error.downcast_ref::<io::Error>())
        .map(io::Error::kind);
    match io_kind {
        Some(io::ErrorKind::PermissionDenied) => Kind::Denied,
        _ => Kind::Unreachable,
    }
}

fn by_words(message: &str) -> Option<Kind> {
    let message = message.to_lowercase();
    WORDS
        .iter()
        .find(|(words, _)| message.contains(words))
        .map(|(_, kind)| *kind)
}

/// What the daemon itself said, on one line.
fn daemons_words(error: &Error) -> Option<String> {
    let words = match error {
        Error::DockerResponseServerError { message, .. } => message,
        Error::DockerStreamError { error } | Error::DockerContainerWaitError { error, .. } => error,
        _ => return None,
    };
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests;
