//! How failures of the ports and of agents become causes.

use std::fmt;

use deckhands_runtime::Operation;

use super::*;

/// An error whose chain repeats itself in the middle.
#[derive(Debug)]
struct Link(&'static str, Option<Box<Link>>);

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|below| below as &dyn Error)
    }
}

#[test]
fn every_kind_of_runtime_error_has_its_cause() {
    let rows = [
        (RuntimeErrorKind::Unreachable, Cause::DaemonUnreachable, 3),
        (RuntimeErrorKind::Denied, Cause::PermissionDenied, 3),
        (RuntimeErrorKind::ImageUnavailable, Cause::ImageMissing, 3),
        (RuntimeErrorKind::Exhausted, Cause::HostDiskFull, 3),
        (RuntimeErrorKind::NotFound, Cause::Unknown, 1),
        (RuntimeErrorKind::Conflict, Cause::Unknown, 1),
        (RuntimeErrorKind::InvalidSpec, Cause::Unknown, 1),
        (RuntimeErrorKind::Protocol, Cause::Unknown, 1),
        (RuntimeErrorKind::Disowned, Cause::Unknown, 1),
    ];
    for (kind, cause, code) in rows {
        let error = RuntimeError::new(Operation::Create, "x", kind).with_message("said");
        let failure = RunFailure::from(&error);
        assert_eq!((failure.cause, failure.report().code), (cause, code));
        assert_eq!(failure.message, error.to_string());
        // The daemon failed, not the agent: there is nothing to read in a transcript.
        let hint = failure.report().hint.unwrap();
        assert!(!hint.contains("transcript"), "{kind:?}: {hint}");
    }
}

#[test]
fn a_report_has_everything_and_the_better_hint() {
    let failure = Failure::new(Cause::BadKey, "401");
    let report = RunFailure::from(&failure).report();
    assert_eq!(
        (report.code, report.cause, report.message.as_str()),
        (1, Some(Cause::BadKey), "401")
    );
    assert_eq!(report.error_type, Some(Cause::BadKey.error_type()));
    assert_eq!(report.hint.as_deref(), Some(Cause::BadKey.hint()));
    let better = RunFailure::from(&failure).with_hint("do this").report();
    assert_eq!(better.hint.as_deref(), Some("do this"));
}

#[test]
fn a_chain_is_told_once_and_outermost_first() {
    let bottom = Link("disk", None);
    let repeated = Link(
        "write",
        Some(Box::new(Link("write", Some(Box::new(bottom))))),
    );
    let error = Link("copy", Some(Box::new(repeated)));
    assert_eq!(error_chain(&error), ["write", "disk"]);
    let failure = RunFailure::of_error(Cause::HostDiskFull, &error);
    assert_eq!(
        (failure.message.as_str(), failure.causes),
        ("copy", vec!["write".to_owned(), "disk".to_owned()])
    );
}
