//! What each failure of the client means. The words are those of Docker 20.10, and of newer ones where they differ.

use std::io;

use bollard::errors::Error;

use super::{classify, has_status};
use crate::error::Operation::{
    self, Control, Create, CreateNetwork, GetArchive, Inspect, Logs, Probe, Pull, Remove, Start,
};
use crate::error::RuntimeError;
use crate::error::RuntimeErrorKind::{
    self as Kind, Conflict, Denied, Exhausted, ImageUnavailable, InvalidSpec, NotFound, Protocol,
    Unreachable,
};

fn answered(operation: Operation, status_code: u16, message: &str) -> RuntimeError {
    let message = message.to_owned();
    classify(
        operation,
        "x",
        Error::DockerResponseServerError {
            status_code,
            message,
        },
    )
}

/// Operation, status, words, and what they mean.
const REFUSALS: &[(Operation, u16, &str, Kind)] = &[
    (Create, 404, "No such image: nowhere:1", ImageUnavailable),
    (Create, 404, "No such container: abc", InvalidSpec),
    (
        Create,
        409,
        "Conflict. The container name \"/x\" is already in use by container",
        Conflict,
    ),
    (
        Create,
        400,
        "invalid mount config for type \"bind\": bind source path does not exist: /y",
        InvalidSpec,
    ),
    (
        Create,
        500,
        "mkdir /var/lib/docker/overlay2/1-init: no space left on device",
        Exhausted,
    ),
    (
        Create,
        500,
        "open /var/lib/docker: Disk quota exceeded",
        Exhausted,
    ),
    (Create, 500, "something broke", Protocol),
    (Start, 404, "No such container: x", NotFound),
    (Start, 404, "network nowhere not found", InvalidSpec),
    (
        Start,
        400,
        "exec: \"nope\": executable file not found in $PATH",
        InvalidSpec,
    ),
    (
        Start,
        500,
        "Bind for 127.0.0.1:80 failed: port is already allocated",
        Conflict,
    ),
    (
        Start,
        500,
        "fork/exec /usr/bin/containerd-shim: cannot allocate memory",
        Exhausted,
    ),
    (
        Start,
        500,
        "failed to initialize logging driver: compression cannot be enabled",
        InvalidSpec,
    ),
    (
        Start,
        409,
        "cannot join network of a non running container: y",
        Conflict,
    ),
    (Start, 304, "", Conflict),
    (Control, 500, "Container x is not paused", Conflict),
    (Control, 409, "Container x is not running", Conflict),
    (
        Logs,
        500,
        "configured logging driver does not support reading",
        InvalidSpec,
    ),
    (Inspect, 404, "No such container: x", NotFound),
    (
        GetArchive,
        404,
        "Could not find the file /y in container x",
        NotFound,
    ),
    (
        CreateNetwork,
        409,
        "network with name x already exists",
        Conflict,
    ),
    (
        CreateNetwork,
        400,
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
        Exhausted,
    ),
    (
        CreateNetwork,
        500,
        "all predefined address pools have been fully subnetted",
        Exhausted,
    ),
    (
        Remove,
        403,
        "error while removing network: network x id 1 has active endpoints",
        Conflict,
    ),
    (
        Remove,
        403,
        "bridge is a pre-defined network and cannot be removed",
        InvalidSpec,
    ),
    (
        Remove,
        500,
        "container x: driver \"overlay2\" failed to remove root filesystem",
        Protocol,
    ),
    (
        Probe,
        403,
        "access denied by the authorization plugin",
        Denied,
    ),
    (Probe, 401, "", Denied),
    (Probe, 404, "page not found", Protocol),
    (Probe, 503, "the proxy found no daemon", Unreachable),
    (
        Pull,
        500,
        "Get \"https://r.invalid/v2/\": dial tcp: lookup r.invalid: no such host",
        ImageUnavailable,
    ),
    (
        Pull,
        404,
        "manifest for x:1 not found: manifest unknown",
        ImageUnavailable,
    ),
    (
        Pull,
        403,
        "denied: requested access to the resource is denied",
        ImageUnavailable,
    ),
    (Pull, 400, "invalid reference format", InvalidSpec),
];

#[test]
fn refusals_by_status_and_words() {
    for (operation, status, words, kind) in REFUSALS {
        let error = answered(*operation, *status, words);
        assert_eq!(error.kind, *kind, "{operation:?} {status} {words}");
        assert_eq!(error.message.as_deref().unwrap_or_default(), *words);
    }
}

#[test]
fn words_are_one_line_and_no_source() {
    let error = answered(Operation::Create, 500, "first\n\tsecond  third\n");
    assert_eq!(
        error.to_string(),
        "create container x: unexpected answer: first second third"
    );
    assert!(error.source.is_none(), "the words are not told twice");
}

#[test]
fn failures_inside_an_answer() {
    let stream = |words: &str| Error::DockerStreamError {
        error: words.to_owned(),
    };
    let rows = [
        (
            Operation::Pull,
            "toomanyrequests: rate limit",
            ImageUnavailable,
        ),
        (
            Operation::Pull,
            "write /var/lib/docker/tmp/1: no space left on device",
            Exhausted,
        ),
        (Operation::Logs, "the log is broken", Protocol),
    ];
    for (operation, words, kind) in rows {
        let error = classify(operation, "x", stream(words));
        assert_eq!((error.kind, error.message.as_deref()), (kind, Some(words)));
    }
}

#[test]
fn failures_of_the_connection() {
    let rows = [
        (io::ErrorKind::NotFound, Unreachable),
        (io::ErrorKind::ConnectionRefused, Unreachable),
        (io::ErrorKind::ConnectionReset, Unreachable),
        (io::ErrorKind::UnexpectedEof, Unreachable),
        (io::ErrorKind::Other, Unreachable),
        (io::ErrorKind::PermissionDenied, Denied),
    ];
    for (io_kind, kind) in rows {
        let error = classify(
            Operation::Probe,
            "x",
            Error::IOError {
                err: io_kind.into(),
            },
        );
        assert_eq!((error.kind, &error.message), (kind, &None), "{io_kind:?}");
        assert!(error.source.is_some(), "the library's error is kept");
    }
}

#[test]
fn everything_else() {
    let not_json = serde_json::from_str::<u8>("?").unwrap_err();
    let cut_off = serde_json::from_str::<Vec<u8>>("[1,").unwrap_err();
    let utf8 = String::from_utf8(vec![0xff]).unwrap_err().utf8_error();
    let rows = [
        (Error::RequestTimeoutError, Unreachable),
        (Error::SocketNotFoundError("/x".to_owned()), Unreachable),
        (Error::JsonSerdeError { err: cut_off }, Unreachable),
        (Error::JsonSerdeError { err: not_json }, Protocol),
        (
            Error::JsonDataError {
                message: "x".to_owned(),
                column: 1,
            },
            Protocol,
        ),
        (Error::APIVersionParseError {}, Protocol),
        (Error::MissingSessionBuildkitError {}, Protocol),
        (Error::MissingVersionBuildkitError {}, Protocol),
        (Error::StrParseError { err: utf8 }, Protocol),
        (
            Error::StrFmtError {
                err: std::fmt::Error,
            },
            Protocol,
        ),
        (Error::HttpHeaderNotFoundError("x".to_owned()), Protocol),
        (
            Error::DockerContainerWaitError {
                error: "x".to_owned(),
                code: 1,
            },
            Protocol,
        ),
        (
            Error::UnsupportedURISchemeError {
                uri: "x".to_owned(),
            },
            InvalidSpec,
        ),
    ];
    for (error, kind) in rows {
        let text = error.to_string();
        assert_eq!(classify(Operation::Wait, "x", error).kind, kind, "{text}");
    }
}

#[test]
fn status_is_told() {
    let message = String::new();
    let error = Error::DockerResponseServerError {
        status_code: 404,
        message,
    };
    assert!(has_status(&error, 404));
    assert!(!has_status(&error, 409));
    assert!(!has_status(&Error::RequestTimeoutError, 404));
}
