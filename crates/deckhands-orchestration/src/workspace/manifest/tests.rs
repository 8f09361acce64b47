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

/// The names of what is read of a result, where `before` was a repository.
fn read_names(before: &Tree, result: &Tree) -> Vec<String> {
    let mut before = taken(before);
    before.repositories.insert(PathBuf::new(), 0);
    let manifest = Manifest::of_result(result.path(), &before, true).unwrap();
    let all = manifest.entries.keys().chain(manifest.refused.keys());
    let mut names: Vec<String> = all.map(|path| shown(path)).collect();
    names.sort();
    names
}

#[test]
fn what_is_new_and_ignored_is_left_out() {
    let before = Tree::new(&[("target/kept", "x"), ("old.log", "x")]);
    let result = Tree::new(&[
        (".gitignore", "*.log\n/target/\nno\\\n[\n"),
        ("old.log", "changed"),
        ("new.log", "x"),
        ("new", "x"),
        ("target/kept", "x"),
        ("target/new", "x"),
        ("target/deep/new", "x"),
        ("sub/.gitignore", "!fine.log\n/here\n"),
        ("sub/fine.log", "x"),
        ("sub/bad.log", "x"),
        ("sub/here", "x"),
        ("sub/deep/here", "x"),
        ("sub/target/new", "x"),
    ]);
    result.fifo("pipe.log");
    let seen = [
        ".gitignore",
        "new",
        "old.log",
        "sub/.gitignore",
        "sub/deep/here",
        "sub/fine.log",
        "sub/target/new",
        "target/kept",
    ];
    assert_eq!(read_names(&before, &result), seen);
    let plain = Manifest::of_result(result.path(), &taken(&before), true).unwrap();
    assert!(
        plain.entries.contains_key(Path::new("new.log")),
        "no repository before"
    );
}

#[test]
fn only_plain_small_ignore_files_in_the_tree_count() {
    type Work = fn(&Tree);
    let rows: [Work; 6] = [
        |t| t.fifo(".gitignore"),
        |t| t.link(".gitignore", "/dev/zero"),
        |t| t.link(".gitignore", "rules"),
        |t| fs::create_dir(t.join(".gitignore")).unwrap(),
        |t| {
            t.write(".gitignore", "*.log\n");
            let file = fs::File::options().write(true).open(t.join(".gitignore"));
            file.unwrap().set_len(1 << 40).unwrap();
        },
        |t| {
            t.fifo(".git/info/exclude");
            t.fifo("sub/.git");
        },
    ];
    for (number, work) in rows.into_iter().enumerate() {
        let result = Tree::new(&[("a.log", "x"), ("rules", "*.log\n")]);
        work(&result);
        let seen = read_names(&Tree::empty(), &result);
        assert!(seen.contains(&"a.log".to_owned()), "row {number}: {seen:?}");
    }
}

#[test]
fn huge_files_are_refused_without_reading_them() {
    let sparse = |tree: &Tree, name: &str, size: u64| {
        let file = fs::File::create(tree.join(name)).unwrap();
        file.set_len(size).unwrap();
    };
    let tree = Tree::new(&[("small", "x")]);
    sparse(&tree, "huge", 1 << 40);
    sparse(&tree, "above", (2 << 30) + 1);
    let manifest = taken(&tree);
    for name in ["huge", "above"] {
        assert_eq!(
            manifest.refused[Path::new(name)],
            Refusal::TooLarge,
            "{name}"
        );
    }
    assert!(manifest.entries.contains_key(Path::new("small")));
}

#[test]
fn names_that_promotions_use_are_refused() {
    let tree = Tree::new(&[
        (".deckhands-promotion-1/journal.json", "x"),
        ("sub/.deckhands-promotion-1", "x"),
    ]);
    let manifest = taken(&tree);
    let name = Path::new(".deckhands-promotion-1/journal.json");
    assert_eq!(manifest.refused[name], Refusal::Reserved);
    assert_eq!(manifest.entries.len(), 1);
}

#[test]
fn every_bound_holds_and_what_was_read_before_does_not_count() {
    let tree = Tree::new(&[("a", "12345"), ("b", "12345"), ("c", "123456")]);
    let nothing = Manifest::default();
    let bounded = |before: &Manifest, bounds| {
        let manifest = read::read_within(tree.path(), before, false, bounds);
        manifest.map(|manifest| manifest.refused.len())
    };
    let all = read::Bounds {
        file: 6,
        all: 16,
        paths: 3,
        path_bytes: 3,
    };
    assert_eq!(bounded(&nothing, all).unwrap(), 0);
    assert_eq!(
        bounded(&nothing, read::Bounds { file: 5, ..all }).unwrap(),
        1
    );
    assert_eq!(
        bounded(&nothing, read::Bounds { all: 15, ..all }).unwrap(),
        1
    );
    let known = taken(&tree);
    assert_eq!(
        bounded(
            &known,
            read::Bounds {
                file: 0,
                all: 0,
                ..all
            }
        )
        .unwrap(),
        0
    );
    for few in [
        read::Bounds { paths: 2, ..all },
        read::Bounds {
            path_bytes: 2,
            ..all
        },
    ] {
        let error = bounded(&nothing, few).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
