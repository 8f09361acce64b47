//! What is told of an application, and what needs a word before it.

use deckhands_model::ChangeKind;

use super::*;
use crate::sample::{change, plain};

fn report() -> ApplyReport {
    ApplyReport {
        task_id: "0123456789abcdef0123456789abcdef".to_owned(),
        workspace: "/w".into(),
        applied: true,
        already_applied: false,
        changes: vec![change("new.txt", ChangeKind::Created)],
        conflict: Vec::new(),
        patch: "/home/change.patch".into(),
        notes: Vec::new(),
    }
}

#[test]
fn what_changed_is_told() {
    let expected = "applied (task 01234567) in /w\n  + new.txt (6 bytes)\n";
    assert_eq!(plain(&text(&report())), expected);
    let again = ApplyReport {
        already_applied: true,
        notes: vec!["a note".to_owned()],
        ..report()
    };
    let told = plain(&text(&again));
    assert!(
        told.starts_with("already applied (task 01234567)"),
        "{told}"
    );
    assert!(told.ends_with("note: a note\n"), "{told}");
}

#[test]
fn a_conflict_names_the_paths_and_where_the_change_is() {
    let conflict = ApplyReport {
        applied: false,
        conflict: vec!["a\u{1b}[2J".to_owned()],
        ..report()
    };
    let told = plain(&text(&conflict));
    assert!(told.starts_with("not applied"), "{told}");
    assert!(
        told.contains("! a changed in the workspace meanwhile\n"),
        "{told}"
    );
    assert!(
        told.ends_with("the change is kept in /home/change.patch\n"),
        "{told}"
    );
}

#[test]
fn the_root_needs_the_user_s_word() {
    let args = |workspace: Option<&str>, yes| ApplyArgs {
        id: "last".to_owned(),
        workspace: workspace.map(Into::into),
        yes,
    };
    let refused = guard_workspace(&args(Some("/"), false)).unwrap_err().0;
    assert_eq!(refused.code, 2);
    for fine in [
        args(Some("/"), true),
        args(Some("/nowhere"), false),
        args(None, false),
    ] {
        assert!(guard_workspace(&fine).is_ok(), "{fine:?}");
    }
}
