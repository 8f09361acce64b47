//! What is read of a tree, what is refused, and how paths are shown.

use std::ffi::OsStr;

use super::super::test_tree::{Tree, is_root};
use super::*;

fn taken(tree: &Tree) -> Manifest {
    Manifest::take(tree.path()).unwrap()
}

#[test]
fn files_and_links_with_what_counts_about_them() {
    let tree = Tree::new(&[
        ("a", "abc"),
        ("bin/run", ""),
        (".git/HEAD", "x"),
        ("sub/.git/HEAD", "x"),
    ]);
    tree.mode("bin/run", 0o711);
    tree.link("bin/back", "../a");
    let manifest = taken(&tree);
    let names: Vec<_> = manifest.entries.keys().map(|path| shown(path)).collect();
    assert_eq!(names, ["a", "bin/back", "bin/run"]);
    let hex = |hash: &[u8; 32]| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
    match &manifest.entries[Path::new("a")] {
        Entry::File {
            executable: false,
            size: 3,
            hash,
        } => assert_eq!(
            hex(hash),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        manifest.entries[Path::new("bin/run")],
        Entry::File {
            executable: true,
            size: 0,
            ..
        }
    ));
    let link = Entry::Link {
        target: PathBuf::from("../a"),
    };
    assert_eq!(manifest.entries[Path::new("bin/back")], link);
    assert!(manifest.refused.is_empty());
}

#[test]
fn links_are_judged_by_where_they_lead() {
    let inside = ["a", "./a", "sub/../a", "sub/x", "nowhere/at/all", "."];
    let outside = ["/etc/passwd", "..", "../x", "sub/../../x", "/"];
    for (targets, stays) in [(&inside[..], true), (&outside[..], false)] {
        for target in targets {
            let tree = Tree::empty();
            tree.link("l", target);
            let manifest = taken(&tree);
            assert_eq!(
                manifest.entries.contains_key(Path::new("l")),
                stays,
                "{target}"
            );
            assert_eq!(
                !manifest.refused.contains_key(Path::new("l")),
                stays,
                "{target}"
            );
        }
    }
    let tree = Tree::empty();
    tree.link("sub/deep/l", "../../a");
    tree.link("sub/deep/out", "../../../a");
    let manifest = taken(&tree);
    assert!(manifest.entries.contains_key(Path::new("sub/deep/l")));
    assert_eq!(
        manifest.refused[Path::new("sub/deep/out")],
        Refusal::OutwardLink
    );
}

#[test]
fn what_can_be_no_part_of_a_change() {
    let tree = Tree::new(&[
        ("setuid", "x"),
        ("setgid", "x"),
        ("sticky", "x"),
        ("plain", "x"),
    ]);
    tree.mode("setuid", 0o4755);
    tree.mode("setgid", 0o2755);
    tree.mode("sticky", 0o1644);
    tree.fifo("pipe");
    tree.socket("socket");
    let manifest = taken(&tree);
    let rows = [
        ("setuid", Refusal::SpecialBits),
        ("setgid", Refusal::SpecialBits),
        ("sticky", Refusal::SpecialBits),
        ("pipe", Refusal::Pipe),
        ("socket", Refusal::Socket),
    ];
    for (path, refusal) in rows {
        assert_eq!(
            manifest.refused.get(Path::new(path)),
            Some(&refusal),
            "{path}"
        );
    }
    assert_eq!(
        (manifest.refused.len(), manifest.entries.len()),
        (rows.len(), 1)
    );
    let texts: std::collections::BTreeSet<_> = rows.iter().map(|(_, why)| why.describe()).collect();
    assert_eq!(texts.len(), 3, "each reason reads differently");
}

#[test]
fn an_unreadable_file_is_refused() {
    let tree = Tree::new(&[("sealed", "x")]);
    tree.mode("sealed", 0o000);
    let manifest = taken(&tree);
    if is_root() {
        assert!(
            manifest.entries.contains_key(Path::new("sealed")),
            "the super-user reads it"
        );
    } else {
        assert_eq!(manifest.refused[Path::new("sealed")], Refusal::Unreadable);
    }
    assert!(Manifest::take(&tree.join("absent")).is_err());
}

#[test]
fn paths_are_shown_on_one_line() {
    let rows: [(&[u8], &str); 4] = [
        (b"a b/c", "a b/c"),
        ("gr\u{fc}n".as_bytes(), "gr\u{fc}n"),
        (b"two\nlines", "two\\nlines"),
        (b"\xff\x1b[31m", "\\xff\\x1b[31m"),
    ];
    for (path, text) in rows {
        assert_eq!(shown(Path::new(OsStr::from_bytes(path))), text);
    }
}
