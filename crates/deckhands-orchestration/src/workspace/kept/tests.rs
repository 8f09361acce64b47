//! Records of changes: what is read back, and what is refused.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::super::manifest::Manifest;
use super::super::test_tree::Tree;
use super::*;

/// What the agent made of a small tree.
fn change(agent: impl Fn(&Tree)) -> ChangeSet {
    let tree = Tree::new(&[("a", "one"), ("run", "two"), ("sub/b", "three")]);
    tree.link("l", "a");
    let before = Manifest::take(tree.path()).unwrap();
    agent(&tree);
    ChangeSet::between(&before, &Manifest::take(tree.path()).unwrap())
}

/// The record that is written of a change, and read again with another text.
fn reread(change: &ChangeSet, alter: impl Fn(&str) -> String) -> io::Result<Option<ChangeSet>> {
    let dir = Tree::empty();
    let path = dir.join("change.json");
    write_record(&path, change).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let altered = alter(&text);
    std::fs::write(&path, altered).unwrap();
    read_record(&path)
}

#[test]
fn every_kind_of_change_is_read_back_as_it_was() {
    let odd: [&[u8]; 3] = [b"not-\xff-utf8", b"two\nlines", b"with space/below"];
    let change = change(|tree| {
        tree.edit("a=ONE run+x l->run sub/b->a new/deep=x new/deep+x -run");
        for name in odd {
            tree.write(PathBuf::from(OsStr::from_bytes(name)), "x");
        }
    });
    assert_eq!(change.entries.len(), 8);
    let back = reread(&change, str::to_owned).unwrap();
    assert_eq!(back, Some(change));
}

#[test]
fn a_change_that_was_never_recorded_is_none() {
    let dir = Tree::empty();
    assert_eq!(read_record(&dir.join("change.json")).unwrap(), None);
}

#[test]
fn a_record_that_is_cut_off_is_refused_wherever_it_is_cut() {
    let change = change(|tree| tree.edit("a=ONE"));
    let length = serde_json::to_string(&change.entries).unwrap().len();
    for cut in (0..length).step_by(17) {
        let read = reread(&change, |text| text[..cut].to_owned());
        assert_eq!(
            read.unwrap_err().kind(),
            io::ErrorKind::InvalidData,
            "{cut}"
        );
    }
}

#[test]
fn what_no_attempt_can_have_recorded_is_refused() {
    // A path is a list of bytes: `a` is 97.
    let path = |bytes: &str| ("\"path\":[97]", format!("\"path\":[{bytes}]"));
    let name = |name: &str| {
        let bytes: Vec<_> = name.bytes().map(|byte| byte.to_string()).collect();
        path(&bytes.join(","))
    };
    let rows = [
        path(""),
        name("../a"),
        name("/a"),
        name("."),
        name(".git/config"),
        name("sub/.git"),
        name(".deckhands-promotion-1/a"),
        name("z"),
        ("\"version\":1", "\"version\":2".to_owned()),
        // The link leads to `a`.
        (
            "{\"Link\":{\"target\":[97]}}",
            "{\"Link\":{\"target\":[47]}}".to_owned(),
        ),
    ];
    let change = change(|tree| tree.edit("a=ONE sub/b->../a new->a"));
    for (from, to) in rows {
        let read = reread(&change, |text| {
            let altered = text.replace(from, &to);
            assert_ne!(altered, text, "{from}");
            altered
        });
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData, "{to}");
    }
}

#[test]
fn a_link_in_the_place_of_a_record_is_not_followed() {
    let dir = Tree::new(&[("other", "{}")]);
    dir.link("change.json", "other");
    assert!(read_record(&dir.join("change.json")).is_err());
}
