//! Errors of every origin in the one shape.

use deckhands_model::Cause;

use super::*;

#[test]
fn each_origin_has_its_code_and_says_what_to_type() {
    let io = std::io::Error::other("disk on fire");
    let rows = [
        (
            CliError::usage("bad flag", "deckhands run --help"),
            2,
            "deckhands run --help",
        ),
        (
            CliError::environment(&io, "deckhands doctor"),
            3,
            "deckhands doctor",
        ),
        (
            CliError::from(RunFailure::new(Cause::DaemonUnreachable, "no daemon")),
            3,
            Cause::DaemonUnreachable.hint(),
        ),
        (
            CliError::from(RunFailure::new(Cause::BadInput, "no").with_hint("better")),
            2,
            "better",
        ),
        (
            CliError::new(4, "bug", Some("report it".to_owned())),
            4,
            "report it",
        ),
    ];
    for (error, code, hint) in rows {
        assert_eq!((error.0.code, error.0.hint.as_deref()), (code, Some(hint)));
    }
}

#[test]
fn only_what_concerns_a_task_has_a_type() {
    let usage = CliError::usage("bad", "hint").0;
    assert_eq!((usage.error_type, usage.cause), (None, None));
    let failure = CliError::from(RunFailure::new(Cause::ImageMissing, "no image")).0;
    assert_eq!(failure.cause, Some(Cause::ImageMissing));
    assert_eq!(failure.error_type, Some(Cause::ImageMissing.error_type()));
}
