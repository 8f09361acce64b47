//! Each error's exit code, and the next command it names.

use std::io;

use deckhands_orchestration::PromoteError;

use super::*;

fn task_id() -> String {
    "0123456789abcdef0123456789abcdef".to_owned()
}

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

/// Asserts the exit code, a part of the hint, and that causes are told where there are some.
fn check(rows: impl IntoIterator<Item = (KeptError, u8, &'static str)>) {
    for (error, code, hint) in rows {
        let told = told(&error).0;
        assert_eq!(told.code, code, "{error:?}");
        assert!(
            told.hint.is_some_and(|told| told.contains(hint)),
            "{error:?}"
        );
        let sources = std::error::Error::source(&error).is_some();
        assert_eq!(!told.causes.is_empty(), sources, "{error:?}");
    }
}

#[test]
fn what_is_asked_for_in_vain_has_its_code_and_what_to_do() {
    let (task_id, path) = (task_id, || "/w".into());
    let unknown = KeptError::Unknown {
        word: "x".to_owned(),
        recent: vec![task_id()],
    };
    let no_change = |ended| KeptError::NoChange {
        task_id: task_id(),
        ended,
    };
    let unproved = KeptError::Unproved {
        task_id: task_id(),
        why: "it was rejected".to_owned(),
    };
    let nothing_there = KeptError::NothingThere {
        task_id: task_id(),
        path: path(),
    };
    let (live, nowhere) = (
        KeptError::Live { task_id: task_id() },
        KeptError::NoWorkspace { path: path() },
    );
    check([
        (unknown, 2, "the newest are 01234567"),
        (live, 1, "or the other command"),
        (no_change(true), 2, "deckhands diff 01234567"),
        (no_change(false), 2, "deckhands reap"),
        (unproved, 2, "deckhands apply 01234567 --yes"),
        (nowhere, 2, "--workspace DIR"),
        (nothing_there, 2, "--workspace DIR"),
        (KeptError::NotKept { task_id: task_id() }, 1, "git apply"),
    ]);
}

#[test]
fn what_goes_wrong_has_its_code_and_what_to_do() {
    let damaged = |patch: Option<&str>| KeptError::Damaged {
        task_id: task_id(),
        patch: patch.map(Into::into),
        source: denied(),
    };
    let promote = PromoteError {
        action: "write to",
        path: "/w".into(),
        source: denied(),
    };
    let io = KeptError::Io {
        path: "/h/attempt.json".into(),
        source: denied(),
    };
    check([
        (damaged(None), 1, "run the task again"),
        (damaged(Some("/h/change.patch")), 1, "`/h/change.patch`"),
        (KeptError::Promote(promote), 3, "apply again"),
        (io, 3, "read and write `/h/attempt.json`"),
    ]);
}

#[test]
fn a_prefix_of_several_ids_is_told_with_enough_of_each() {
    let ids =
        |ends: &[&str]| -> Vec<String> { ends.iter().map(|end| format!("{end:0<32}")).collect() };
    let told_of = |ends: &[&str]| {
        let error = KeptError::Ambiguous {
            word: "0".to_owned(),
            matches: ids(ends),
        };
        let told = told(&error).0;
        assert_eq!(told.code, 2);
        told.hint.unwrap()
    };
    assert_eq!(told_of(&["01", "02"]), "say more of it: 01000000, 02000000");
    let alike = told_of(&["0123456789a", "0123456789b"]);
    assert_eq!(alike, "say more of it: 0123456789a, 0123456789b");
    let many = told_of(&["01", "02", "03", "04", "05", "06", "07"]);
    assert!(many.ends_with("05000000 and 2 more"), "{many}");
}

#[test]
fn a_home_without_tasks_says_so() {
    let error = KeptError::Unknown {
        word: "last".to_owned(),
        recent: Vec::new(),
    };
    let hint = told(&error).0.hint.unwrap();
    assert!(hint.contains("no task yet"), "{hint}");
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_what_to_do_about_it() {
    let kinds = [
        (io::ErrorKind::NotFound, "put `/h/attempt.json` back"),
        (io::ErrorKind::InvalidData, "put `/h/attempt.json` back"),
        (io::ErrorKind::UnexpectedEof, "put `/h/attempt.json` back"),
        (io::ErrorKind::PermissionDenied, "write `/h/attempt.json`"),
        (io::ErrorKind::StorageFull, "wrong with `/h/attempt.json`"),
    ];
    for (kind, action) in kinds {
        let error = KeptError::Io {
            path: "/h/attempt.json".into(),
            source: kind.into(),
        };
        let told = told(&error).0;
        let hint = told.hint.unwrap();
        assert_eq!(told.code, 3);
        assert!(hint.contains(action), "{kind:?}: {hint}");
    }
}
