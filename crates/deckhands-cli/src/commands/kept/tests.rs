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

#[test]
fn every_error_has_its_code_and_what_to_do() {
    let (task_id, path) = (task_id, || "/w".into());
    let word = || "x".to_owned();
    let promote = PromoteError {
        action: "write to",
        path: path(),
        source: denied(),
    };
    let unknown = KeptError::Unknown {
        word: word(),
        recent: vec![task_id()],
    };
    let damaged = KeptError::Damaged {
        task_id: task_id(),
        source: denied(),
    };
    let unproved = KeptError::Unproved {
        task_id: task_id(),
        why: "it was rejected".to_owned(),
    };
    let rows = [
        (unknown, 2, "the newest are 01234567"),
        (KeptError::Live { task_id: task_id() }, 1, "wait"),
        (
            KeptError::NoChange { task_id: task_id() },
            2,
            "deckhands diff 01234567",
        ),
        (unproved, 2, "deckhands apply 01234567 --yes"),
        (
            KeptError::NoWorkspace { path: path() },
            2,
            "--workspace DIR",
        ),
        (KeptError::NotKept { task_id: task_id() }, 1, "git apply"),
        (damaged, 1, "nothing was changed"),
        (KeptError::Promote(promote), 3, "apply again"),
        (
            KeptError::Io {
                path: path(),
                source: denied(),
            },
            3,
            "state directory",
        ),
    ];
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
