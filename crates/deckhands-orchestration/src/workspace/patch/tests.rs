//! The kept patch: `git apply` and `patch -p1` make the result of the original with it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;

use super::super::manifest::Manifest;
use super::super::test_tree::{Tree, run};
use super::super::{CopyOptions, copy_workspace};
use super::*;

type Files<'a> = &'a [(PathBuf, Vec<u8>)];

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn diff(before: &Tree, after: &Tree) -> String {
    let take = |tree: &Tree| Manifest::take(tree.path()).unwrap();
    let change = ChangeSet::between(&take(before), &take(after));
    unified_diff(before.path(), after.path(), &change)
}

/// Applies the patch with the named program and compares.
fn applies(program: &str, arguments: &[&str], before: &Tree, after: &Tree) {
    let patch = Tree::new(&[("change.patch", diff(before, after))]);
    let file = patch.join("change.patch");
    let copy = Tree::empty();
    let options = CopyOptions {
        include_ignored: true,
        max_bytes: None,
        leave_out: Vec::new(),
    };
    copy_workspace(before.path(), copy.path(), &options, &|| false).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).arg(&file).current_dir(copy.path());
    command.env("GIT_CEILING_DIRECTORIES", copy.path().parent().unwrap());
    run(command);
    assert_eq!(
        copy.listing(),
        after.listing(),
        "{program}:\n{}",
        fs::read_to_string(file).unwrap()
    );
}

fn by_git(before: &Tree, after: &Tree) {
    applies("git", &["apply", "-p1"], before, after);
}

fn by_patch(before: &Tree, after: &Tree) {
    applies("patch", &["-p1", "--quiet", "-i"], before, after);
}

fn files(before: Files<'_>, after: Files<'_>) {
    let (before, after) = (Tree::new(before), Tree::new(after));
    by_git(&before, &after);
    by_patch(&before, &after);
}

#[test]
fn contents() {
    let long: String = (0..200).map(|n| format!("line {n}\n")).collect();
    let edited = long
        .replace("line 7\n", "")
        .replace("line 90\n", "line 90\nmore\n")
        .replace("line 199\n", "end");
    let rows: [(&str, &str); 9] = [
        ("a\r", "b\r"),
        ("one\ntwo\n", "one\n2\n"),
        ("one\n", "one"),
        ("one", "one\n"),
        ("one", "two"),
        (&long, &edited),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\rb\rc\n", "a\rB\rc\n"),
        ("\u{fc}\n\u{2028}x\u{85}\n", "\u{df}\n\u{2028}y\u{85}\n"),
    ];
    for (old, new) in rows {
        files(&[(path(b"f"), old.into())], &[(path(b"f"), new.into())]);
        files(&[(path(b"f"), new.into())], &[(path(b"f"), old.into())]);
    }
}

#[test]
fn created_and_deleted_files() {
    let keep = (path(b"keep"), b"x\n".to_vec());
    for content in ["text\n", "no end", "", "\n"] {
        for name in ["new", "deep/down/new"] {
            let file = (path(name.as_bytes()), content.as_bytes().to_vec());
            let (without, with) = (
                Tree::new(std::slice::from_ref(&keep)),
                Tree::new(&[keep.clone(), file]),
            );
            by_git(&without, &with);
            by_patch(&without, &with);
            by_git(&with, &without);
            if !content.is_empty() {
                by_patch(&with, &without);
            }
        }
    }
}

#[test]
fn names_of_any_kind() {
    let rows: [&[u8]; 8] = [
        b"with space",
        "gr\u{fc}\u{df}e \u{2713}".as_bytes(),
        b"two\nlines",
        b"tab\there",
        b"not-\xff-utf8",
        b"quo\"te",
        b"back\\slash",
        b" lead",
    ];
    for name in rows {
        files(
            &[(path(name), b"one\n".to_vec())],
            &[(path(name), b"two\n".to_vec())],
        );
        let keep = (path(b"keep"), b"x\n".to_vec());
        files(
            std::slice::from_ref(&keep),
            &[keep.clone(), (path(name), b"two\n".to_vec())],
        );
    }
}

#[test]
fn modes_and_links() {
    type Work = fn(&Tree);
    let rows: [Work; 6] = [
        |t| t.mode("a", 0o755),
        |t| {
            t.mode("a", 0o755);
            t.write("a", "changed\n");
        },
        |t| t.mode("run", 0o644),
        |t| t.link("new", "a"),
        |t| {
            t.remove("l");
            t.link("l", "run");
        },
        |t| t.remove("l"),
    ];
    for work in rows {
        let tree = || {
            let tree = Tree::new(&[("a", "one\n"), ("run", "two\n")]);
            tree.mode("run", 0o755);
            tree.link("l", "a");
            tree
        };
        let (before, after) = (tree(), tree());
        work(&after);
        by_git(&before, &after);
    }
}

#[test]
fn a_file_that_becomes_a_link_and_back() {
    let (file, link) = (
        Tree::new(&[("a", "one\n"), ("b", "x\n")]),
        Tree::new(&[("b", "x\n")]),
    );
    link.link("a", "b");
    by_git(&file, &link);
    by_git(&link, &file);
}

#[test]
fn what_is_no_text_is_named_only() {
    let large = vec![b'x'; (1 << 20) + 1];
    let rows: [(&[u8], &[u8]); 4] = [
        (b"a\0b", b"text"),
        (b"text", b"\xff\xfe"),
        (b"", b"\0"),
        (b"text", &large),
    ];
    for (old, new) in rows {
        let (before, after) = (
            Tree::new(&[("f", old), ("t", b"1\n")]),
            Tree::new(&[("f", new), ("t", b"2\n")]),
        );
        let text = diff(&before, &after);
        assert!(text.contains("Binary files a/f and b/f differ\n"), "{text}");
        assert!(text.contains("-1\n+2\n"), "the others are there: {text}");
        assert!(text.len() < 1000);
    }
}

#[test]
fn after_much_text_the_other_files_are_named_only() {
    let text = "0123456789abcde\n".repeat((1 << 20) / 16);
    let files: Vec<_> = (0..20)
        .map(|n| (format!("f{n:02}"), text.as_str()))
        .collect();
    let (before, after) = (Tree::empty(), Tree::new(&files));
    let patch = diff(&before, &after);
    assert!(patch.len() < MAX_ALL + (2 << 20), "{}", patch.len());
    assert!(patch.contains("+++ b/f00\n"));
    assert!(patch.contains("Binary files a/f19 and b/f19 differ\n"));
}

#[test]
fn nothing_changed_is_an_empty_patch() {
    let tree = Tree::new(&[("a", "x")]);
    assert_eq!(diff(&tree, &tree), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_applies(old in "([ab\r]{0,2}\n){0,6}[ab\r]{0,2}", new in "([ab\r]{0,2}\n){0,6}[ab\r]{0,2}") {
        let tree = |text: &str| Tree::new(&[("f", text), ("keep", "x")]);
        prop_assume!(old != new);
        by_git(&tree(&old), &tree(&new));
    }
}
