//! Indexes as git writes them, and as it never would.

use std::fs;

use super::super::test_tree::Tree;
use super::*;

fn repository(options: &[&str]) -> Tree {
    let tree = Tree::new(&[
        ("a", "one"),
        ("sub/b", "two"),
        ("sub/bc", "three"),
        ("sub/deep/with space", "four"),
        ("untracked", "five"),
    ]);
    tree.link("l", "a");
    tree.write(format!("long/{}", "x".repeat(200)), "six");
    tree.git(&[&["init", "-q"], options].concat());
    tree.git(&["add", "a", "sub", "l", "long"]);
    tree
}

fn named(tree: &Tree) -> Vec<String> {
    let paths = tracked(&tree.join(".git/index"), &tree.join(".git/config"));
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

fn expected() -> Vec<String> {
    let long = format!("long/{}", "x".repeat(200));
    let names = ["a", "l", &long, "sub/b", "sub/bc", "sub/deep/with space"];
    names.map(str::to_owned).to_vec()
}

#[test]
fn every_version_of_an_index_is_read() {
    let version_of = |tree: &Tree| fs::read(tree.join(".git/index")).unwrap()[7];
    for version in [2, 4] {
        let tree = repository(&[]);
        tree.git(&["update-index", "--index-version", &version.to_string()]);
        assert_eq!((version_of(&tree), named(&tree)), (version, expected()));
    }
    // Git raises the version for a file that is only meant to be added.
    let tree = repository(&[]);
    tree.git(&["add", "--intent-to-add", "untracked"]);
    let mut all = expected();
    all.push("untracked".to_owned());
    assert_eq!((version_of(&tree), named(&tree)), (3, all));
}

#[test]
fn longer_names_of_objects_are_read() {
    assert_eq!(named(&repository(&["--object-format=sha256"])), expected());
}

#[test]
fn a_submodule_is_no_file() {
    let tree = repository(&[]);
    let commit = "1".repeat(40);
    let entry = format!("160000,{commit},module");
    tree.git(&["update-index", "--add", "--cacheinfo", &entry]);
    assert_eq!(named(&tree), expected());
}

#[test]
fn what_is_no_whole_index_counts_as_none() {
    let bytes = fs::read(repository(&[]).join(".git/index")).unwrap();
    let whole = parsed(&bytes, 20).unwrap();
    assert_eq!(whole.len(), expected().len());
    // The entries end before the checksum and what git keeps beside them.
    let entries = (0..bytes.len()).find(|end| parsed(&bytes[..*end], 20).is_some());
    for end in 0..entries.unwrap() {
        assert_eq!(parsed(&bytes[..end], 20), None, "{end}");
    }
    let version = |number: u8| [&bytes[..7], &[number], &bytes[8..]].concat();
    for number in [0, 1, 5, 255] {
        assert_eq!(parsed(&version(number), 20), None, "version {number}");
    }
    let many = [&bytes[..8], &[255; 4], &bytes[12..]].concat();
    assert_eq!(parsed(&many, 20), None, "more entries than there are");
}

#[test]
fn no_bytes_make_it_panic() {
    let bytes = fs::read(repository(&[]).join(".git/index")).unwrap();
    for version in [2, 3, 4] {
        for at in 8..bytes.len() {
            for byte in [0, 0x7f, 0x80, 0xff] {
                let mut broken = bytes.clone();
                (broken[7], broken[at]) = (version, byte);
                let _ = parsed(&broken, 20);
            }
        }
    }
}

#[test]
fn paths_that_lead_elsewhere_are_not_named() {
    let tree = repository(&[]);
    let index = tree.join(".git/index");
    let bytes = fs::read(&index).unwrap();
    let at = bytes
        .windows(6)
        .position(|part| part == b"sub/b\0")
        .unwrap();
    for name in [b"../ab", b"/sub/", b".git/"] {
        let mut broken = bytes.clone();
        broken[at..at + 5].copy_from_slice(name);
        fs::write(&index, broken).unwrap();
        assert_eq!(named(&tree).len(), expected().len() - 1, "{name:?}");
    }
}

#[test]
fn an_absent_index_and_one_behind_a_link_name_nothing() {
    let tree = repository(&[]);
    fs::rename(tree.join(".git/index"), tree.join(".git/elsewhere")).unwrap();
    assert_eq!(named(&tree), Vec::<String>::new());
    tree.link(".git/index", "elsewhere");
    assert_eq!(named(&tree), Vec::<String>::new());
}
