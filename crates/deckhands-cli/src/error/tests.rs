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

#[test]
fn the_store_s_refusals_and_failures_have_their_codes() {
    let task = deckhands_model::TaskId::from_random([1; 16]);
    let rows = [
        (StoreError::Full { max: 1000 }, 1),
        (StoreError::Stale, 1),
        (StoreError::UnknownTask(task), 2),
        (StoreError::KeyTaken("k".to_owned()), 2),
        (
            StoreError::WrongState {
                task,
                state: deckhands_model::TaskState::Running,
                wanted: "retried",
            },
            2,
        ),
        (StoreError::Busy, 3),
        (StoreError::DiskFull, 3),
        (StoreError::Corrupt("page 3".to_owned()), 3),
        (StoreError::Newer { found: 9, known: 1 }, 3),
        (StoreError::ReadOnly("denied".to_owned()), 3),
        (StoreError::Other("odd".to_owned()), 3),
    ];
    for (error, code) in rows {
        let (message, hint) = (error.to_string(), error.hint());
        let told = CliError::from(error).0;
        assert_eq!(
            (told.code, told.hint.as_deref()),
            (code, Some(&*hint)),
            "{message}"
        );
        assert_eq!((told.message, told.error_type), (message, None));
    }
}
