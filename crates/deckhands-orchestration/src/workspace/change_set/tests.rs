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

#[test]
fn a_directory_that_became_what_is_refused_is_an_error_too() {
    type Work = fn(&Tree);
    let rows: [Work; 3] = [
        |t| t.link("sub", "/etc"),
        |t| t.fifo("sub"),
        |t| t.socket("sub"),
    ];
    for (number, work) in rows.into_iter().enumerate() {
        let tree = Tree::new(&[("a", "one"), ("sub/b", "two")]);
        let before = Manifest::take(tree.path()).unwrap();
        fs::remove_dir_all(tree.join("sub")).unwrap();
        work(&tree);
        let change = ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap());
        let told: Vec<_> = change.findings().into_iter().map(|f| f.severity).collect();
        assert_eq!(told, [Severity::Error], "row {number}");
    }
}

/// A change of nothing but refused paths, so many of them new and so many there before.
fn refusing(new: usize, there: usize) -> ChangeSet {
    let refused = |prefix: &str, number: usize, was_there: bool| RefusedPath {
        path: format!("{prefix}{number:03}").into(),
        why: Refusal::Pipe,
        was_there,
    };
    let new = (0..new).map(|number| refused("a", number, false));
    ChangeSet {
        refused: new
            .chain((0..there).map(|number| refused("b", number, true)))
            .collect(),
        ..ChangeSet::default()
    }
}

#[test]
fn only_so_many_refused_paths_are_told_the_gravest_first() {
    let count = |change: ChangeSet| {
        let findings = change.findings();
        let grave = findings.iter().filter(|f| f.severity == Severity::Error);
        (findings.len(), grave.count())
    };
    assert_eq!(count(refusing(99, 1)), (100, 1));
    assert_eq!(count(refusing(5000, 1)), (101, 1));
    assert_eq!(count(refusing(0, 5000)), (101, 101));
    let findings = refusing(5000, 3).findings();
    assert!(findings[0].message.starts_with("`b000` is "));
    assert_eq!(
        findings[100].message,
        "and 4903 more paths are not taken over"
    );
    assert_eq!(findings[100].severity, Severity::Warning);
}

#[test]
fn a_move_that_was_broken_off_goes_on() {
    let (tree, to) = (Tree::new(&[("a", "one"), ("z", "two")]), Tree::empty());
    let before = Manifest::take(tree.path()).unwrap();
    tree.edit("a=ONE sub/b=TWO l->a -z");
    let change = ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap());
    fs::rename(tree.join("a"), to.join("a")).unwrap();
    for _again in 0..2 {
        change.move_files(tree.path(), to.path()).unwrap();
    }
    let listing: Vec<_> = to.listing().into_iter().collect();
    let expected = [("a", "ONE"), ("l", "-> a"), ("sub/", ""), ("sub/b", "TWO")];
    let expected = expected.map(|(path, content)| (path.to_owned(), content.to_owned()));
    assert_eq!(listing, expected);
    to.remove("a");
    assert!(
        change.move_files(tree.path(), to.path()).is_err(),
        "it is lost"
    );
}

#[test]
fn a_long_path_is_told_by_its_ends() {
    let path = format!("begin/{}/end", "x".repeat(4000));
    let before = Manifest::default();
    let mut after = Manifest::default();
    after.add(Path::new(&path), Err(Refusal::TooDeep));
    let findings = ChangeSet::between(&before, &after).findings();
    let told = &findings[0].message;
    assert!(
        told.starts_with("`begin/x") && told.contains("x/end` is"),
        "{told}"
    );
    assert!(told.chars().count() < 300, "{told}");
}

#[test]
fn a_change_of_a_file_whose_original_has_special_bits_is_refused() {
    for work in [(|t| t.write("a", "other")) as fn(&Tree), |t| {
        fs::remove_file(t.join("a")).unwrap()
    }] {
        let tree = Tree::new(&[("a", "one"), ("b", "two")]);
        let mut before = Manifest::take(tree.path()).unwrap();
        before.special.insert("a".into());
        work(&tree);
        tree.write("b", "more");
        let change = ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap());
        let changed: Vec<_> = change.entries.iter().map(|e| shown(&e.path)).collect();
        assert_eq!(changed, ["b"]);
        let finding = &change.findings()[0];
        assert_eq!(finding.severity, Severity::Error);
        assert!(
            finding.message.starts_with("`a` is a file with a set-id"),
            "{finding:?}"
        );
    }
}
