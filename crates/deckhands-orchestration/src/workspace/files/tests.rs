//! Nothing but plain files is read, and nothing that is there is written to.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::super::test_tree::Tree;
use super::*;

#[test]
fn only_plain_files_are_opened() {
    let tree = Tree::new(&[("a", "x"), ("d/b", "x")]);
    tree.link("l", "a");
    tree.fifo("pipe");
    assert!(open_plain(&tree.join("a")).is_ok());
    for name in ["l", "pipe", "d", "/dev/zero"] {
        assert!(open_plain(&tree.join(name)).is_err(), "{name}");
    }
}

#[test]
fn a_copy_is_never_written_through_a_link() {
    let tree = Tree::new(&[("a", "new"), ("outside", "old")]);
    tree.link("target", "outside");
    let error = copy_one(&tree.join("a"), &tree.join("target"), &|| false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(tree.join("outside")).unwrap(), "old");
}

#[test]
fn parents_are_judged_without_following_links() {
    let tree = Tree::new(&[("d/e/f", "x"), ("file", "x")]);
    tree.link("l", "d");
    let rows = [
        ("d/e/f", true),
        ("new", true),
        ("l/e/f", false),
        ("file/x", false),
        ("no/x", false),
    ];
    for (path, real) in rows {
        assert_eq!(
            has_real_parents(tree.path(), Path::new(path)),
            real,
            "{path}"
        );
    }
}
