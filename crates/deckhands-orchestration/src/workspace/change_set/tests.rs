//! What counts as a change, and how it is told.

use std::fs;

use super::super::test_tree::Tree;
use super::*;

/// The change that `work` makes of a tree of three files, as `kind path bytes`, and what is refused.
fn check(work: impl FnOnce(&Tree)) -> (Vec<String>, Vec<String>) {
    let tree = Tree::new(&[("a", "one"), ("sub/b", "two"), ("c", "three")]);
    tree.link("l", "a");
    let before = Manifest::take(tree.path()).unwrap();
    work(&tree);
    let change = ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap());
    let told = change
        .changes()
        .into_iter()
        .map(|c| format!("{:?} {} {}", c.kind, c.path, c.bytes));
    (
        told.collect(),
        change.findings().into_iter().map(|f| f.message).collect(),
    )
}

#[test]
fn each_kind_of_change() {
    type Work = fn(&Tree);
    let rows: [(Work, &[&str]); 12] = [
        (|_| {}, &[]),
        (|t| t.write("n/new", "12"), &["Created n/new 2"]),
        (|t| t.write("a", "changed"), &["Modified a 7"]),
        (|t| t.write("a", "eno"), &["Modified a 3"]),
        (|t| t.write("a", "one"), &[]),
        (|t| t.remove("sub/b"), &["Deleted sub/b 0"]),
        (|t| t.mode("a", 0o755), &["Modified a 3"]),
        (|t| t.mode("a", 0o600), &[]),
        (
            |t| {
                t.remove("l");
                t.link("l", "c");
            },
            &["Modified l 0"],
        ),
        (
            |t| {
                t.remove("a");
                t.link("a", "c");
            },
            &["Modified a 0"],
        ),
        (|t| fs::create_dir(t.join("empty")).unwrap(), &[]),
        (
            |t| {
                t.write(".git/config", "x");
                t.write("sub/.git/hooks/h", "x");
            },
            &[],
        ),
    ];
    for (number, (work, told)) in rows.into_iter().enumerate() {
        let (changes, refused) = check(work);
        assert_eq!(changes, told, "row {number}");
        assert!(refused.is_empty(), "row {number}: {refused:?}");
    }
}

#[test]
fn what_is_refused_is_a_warning_and_no_change() {
    type Work = fn(&Tree);
    let rows: [(Work, &str); 5] = [
        (
            |t| t.link("out", "/etc"),
            "`out` is a link that leads out of the workspace and is not taken over",
        ),
        (
            |t| t.fifo("pipe"),
            "`pipe` is a named pipe and is not taken over",
        ),
        (
            |t| t.socket("sock"),
            "`sock` is a socket and is not taken over",
        ),
        (
            |t| t.mode("a", 0o4755),
            "`a` is a file with a set-id or sticky bit and is not taken over",
        ),
        (
            |t| {
                t.remove("a");
                t.link("a", "../x");
            },
            "`a` is a link that leads out of the workspace and is not taken over",
        ),
    ];
    for (work, message) in rows {
        assert_eq!(check(work), (Vec::new(), vec![message.to_owned()]));
    }
}

#[test]
fn what_was_refused_before_is_not_told_again() {
    let tree = Tree::new(&[("a", "one")]);
    tree.link("out", "/etc");
    tree.fifo("pipe");
    let before = Manifest::take(tree.path()).unwrap();
    let same = ChangeSet::between(&before, &before);
    assert!(same.is_empty() && same.refused.is_empty());
    assert_eq!(same.still_refused, ["out", "pipe"].map(PathBuf::from));
    tree.remove("pipe");
    tree.link("pipe", "/etc");
    let change = ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap());
    let pipe = RefusedPath {
        path: "pipe".into(),
        why: Refusal::OutwardLink,
        was_there: false,
    };
    assert_eq!(change.refused, [pipe]);
    assert!(change.is_empty());
}

#[test]
fn what_was_there_and_is_refused_now_is_an_error() {
    type Work = fn(&Tree);
    let rows: [(Work, Severity); 5] = [
        (|t| t.fifo("new"), Severity::Warning),
        (|t| t.link("new", "/etc"), Severity::Warning),
        (|t| t.edit("a|"), Severity::Error),
        (|t| t.edit("a->/etc"), Severity::Error),
        (|t| t.mode("a", 0o4755), Severity::Error),
    ];
    for (number, (work, severity)) in rows.into_iter().enumerate() {
        let tree = Tree::new(&[("a", "one")]);
        let before = Manifest::take(tree.path()).unwrap();
        work(&tree);
        let change = ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap());
        let told: Vec<_> = change.findings().into_iter().map(|f| f.severity).collect();
        assert_eq!(told, [severity], "row {number}");
    }
}
