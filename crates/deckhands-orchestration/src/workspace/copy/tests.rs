//! What a copy holds, what is left out of it, and what is told about that.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::super::manifest::{Manifest, shown};
use super::super::test_tree::{Tree, is_root};
use super::*;

const OBEY_GIT: CopyOptions = CopyOptions {
    include_ignored: false,
    max_bytes: None,
    leave_out: None,
};

fn copy_with(from: &Path, options: CopyOptions) -> (Tree, Result<CopyReport, CopyError>) {
    let to = Tree::empty();
    let report = copy_workspace(from, &to.join("copy"), &options, &|| false);
    (to, report)
}

fn copy(from: &Tree) -> (Tree, CopyReport) {
    let to = Tree::empty();
    let report = copy_workspace(from.path(), to.path(), &OBEY_GIT, &|| false).unwrap();
    (to, report)
}

fn names(report: &CopyReport) -> Vec<String> {
    report
        .manifest
        .entries
        .keys()
        .map(|path| shown(path))
        .collect()
}

#[test]
fn a_copy_equals_its_original() {
    let from = Tree::new(&[
        ("a.txt", "one"),
        ("src/main.rs", "two"),
        ("run.sh", "three"),
    ]);
    from.mode("run.sh", 0o755);
    from.link("latest", "src/main.rs");
    from.link("gone", "nowhere");
    from.link("home", "/root");
    fs::create_dir_all(from.join("empty/dir")).unwrap();
    let (to, report) = copy(&from);
    assert_eq!(to.listing(), from.listing());
    assert_eq!(
        names(&report),
        ["a.txt", "gone", "latest", "run.sh", "src/main.rs"]
    );
    assert_eq!(report.bytes, 11);
    assert_eq!(
        report.manifest.refused[Path::new("home")],
        Refusal::OutwardLink
    );
    assert_eq!(
        report.notes(),
        Vec::<String>::new(),
        "an outward link is copied, not left out"
    );
}

#[test]
fn the_manifest_on_the_way_is_the_one_of_the_copy() {
    let from = Tree::new(&[("a", "one"), ("b/c", ""), ("d", "x")]);
    from.mode("d", 0o755);
    from.link("l", "a");
    from.mode("b/c", 0o4755);
    let (to, report) = copy(&from);
    assert_eq!(Manifest::take(to.path()).unwrap(), report.manifest);
}

#[test]
fn mode_and_modification_time_are_kept() {
    let from = Tree::new(&[("old", "one"), ("sealed", "two")]);
    from.mode("old", 0o640);
    from.mode("sealed", 0o444);
    let stamp = UNIX_EPOCH + Duration::new(1_000_000_000, 123_000_000);
    for name in ["old", "sealed"] {
        fs::File::open(from.join(name))
            .unwrap()
            .set_modified(stamp)
            .unwrap();
    }
    let (to, _report) = copy(&from);
    for (name, mode) in [("old", 0o640), ("sealed", 0o444)] {
        let meta = fs::metadata(to.join(name)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o7777, mode, "{name}");
        assert_eq!(meta.modified().unwrap(), stamp, "{name}");
    }
}

#[test]
fn any_name_is_copied() {
    let rows: [&[u8]; 6] = [
        b"with space",
        "gr\u{fc}\u{df}e \u{2713}".as_bytes(),
        b"two\nlines",
        b"tab\there",
        b"not-\xff-utf8",
        b"-rf",
    ];
    let files: Vec<(PathBuf, &str)> = rows
        .iter()
        .map(|name| (PathBuf::from(OsStr::from_bytes(name)), "x"))
        .collect();
    let from = Tree::new(&files);
    let (to, report) = copy(&from);
    assert_eq!(to.listing(), from.listing());
    for (path, _) in &files {
        assert!(report.manifest.entries.contains_key(path), "{path:?}");
    }
    let told = names(&report);
    assert!(
        told.contains(&"two\\nlines".to_owned()) && told.contains(&"not-\\xff-utf8".to_owned()),
        "{told:?}"
    );
}

/// Copies a tree with an ignored file in three ways and gives what of it is in the copy.
fn ignored(from: &Tree, workspace: &str, include_ignored: bool) -> Vec<String> {
    let options = CopyOptions {
        include_ignored,
        max_bytes: None,
        leave_out: None,
    };
    let (_to, report) = copy_with(&from.join(workspace), options);
    names(&report.unwrap())
}

#[test]
fn git_s_ignore_files_hold_only_in_a_repository() {
    let files = [
        (".gitignore", "*.log\n/target/\n"),
        ("a.log", "x"),
        ("target/b", "x"),
        ("c", "x"),
        ("sub/.gitignore", "d\n"),
        ("sub/d", "x"),
        ("sub/keep", "x"),
    ];
    let all = [
        ".gitignore",
        "a.log",
        "c",
        "sub/.gitignore",
        "sub/d",
        "sub/keep",
        "target/b",
    ];
    let kept = [".gitignore", "c", "sub/.gitignore", "sub/keep"];
    let plain = Tree::new(&files);
    assert_eq!(ignored(&plain, "", false), all, "no repository");
    plain.git(&["init", "-q"]);
    assert_eq!(ignored(&plain, "", false), kept);
    assert_eq!(ignored(&plain, "", true), all, "asked for");
    plain.write(".git/info/exclude", "c\n");
    assert_eq!(
        ignored(&plain, "", false),
        [".gitignore", "sub/.gitignore", "sub/keep"]
    );
    assert_eq!(ignored(&plain, "sub", false), [".gitignore", "keep"]);
}

#[test]
fn a_workspace_below_a_repository_s_root_obeys_it_too() {
    let from = Tree::new(&[
        (".gitignore", "*.log\n"),
        ("sub/a.log", "x"),
        ("sub/b", "x"),
    ]);
    from.git(&["init", "-q"]);
    assert_eq!(ignored(&from, "sub", false), ["b"]);
    assert_eq!(ignored(&from, "sub", true), ["a.log", "b"]);
}

#[test]
fn other_ignore_files_do_not_count() {
    let from = Tree::new(&[
        (".ignore", "a\n"),
        (".rgignore", "a\n"),
        ("a", "x"),
        (".hidden", "x"),
    ]);
    from.git(&["init", "-q"]);
    assert_eq!(
        ignored(&from, "", false),
        [".hidden", ".ignore", ".rgignore", "a"]
    );
}

#[test]
fn git_s_directory_comes_whole_and_is_no_part_of_the_manifest() {
    let from = Tree::new(&[("a", "one"), ("sub/b", "two")]);
    from.git(&["init", "-q"]);
    from.git(&["add", "."]);
    from.git(&["commit", "-q", "-m", "first"]);
    from.write("sub/vendored/.git/HEAD", "ref: refs/heads/main\n");
    from.write(".git/ignored.log", "x");
    from.write(".git/info/exclude", "*.log\n");
    let (to, report) = copy(&from);
    assert_eq!(to.listing(), from.listing());
    assert_eq!(names(&report), ["a", "sub/b"]);
    assert_eq!(to.git(&["log", "--format=%s"]), "first\n");
    assert_eq!(to.git(&["status", "--porcelain", "--", "a", "sub/b"]), "");
}

#[test]
fn a_linked_work_tree_becomes_a_repository_of_its_own() {
    let (main, linked) = (Tree::new(&[("a", "one")]), Tree::empty());
    main.git(&["init", "-q", "-b", "main"]);
    main.git(&["add", "."]);
    main.git(&["commit", "-q", "-m", "first"]);
    let place = linked.join("tree");
    main.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        place.to_str().unwrap(),
    ]);
    let to = Tree::empty();
    copy_workspace(&place, to.path(), &OBEY_GIT, &|| false).unwrap();
    drop((main, linked));
    assert_eq!(to.git(&["rev-parse", "--abbrev-ref", "HEAD"]), "side\n");
    assert_eq!(to.git(&["log", "--format=%s"]), "first\n");
    assert_eq!(to.git(&["status", "--porcelain"]), "");
    assert_eq!(to.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_submodule_s_repository_works_in_the_copy() {
    let (library, main) = (Tree::new(&[("l", "one")]), Tree::new(&[("a", "one")]));
    library.git(&["init", "-q"]);
    library.git(&["add", "."]);
    library.git(&["commit", "-q", "-m", "library"]);
    main.git(&["init", "-q"]);
    main.git(&[
        "submodule",
        "--quiet",
        "add",
        library.path().to_str().unwrap(),
        "lib",
    ]);
    main.git(&["add", "."]);
    main.git(&["commit", "-q", "-m", "first"]);
    let (to, _report) = copy(&main);
    let alone = Tree::empty();
    copy_workspace(&main.join("lib"), alone.path(), &OBEY_GIT, &|| false).unwrap();
    drop(main);
    assert_eq!(to.git(&["-C", "lib", "log", "--format=%s"]), "library\n");
    assert_eq!(to.git(&["status", "--porcelain"]), "");
    assert_eq!(alone.git(&["status", "--porcelain"]), "");
    assert_eq!(alone.git(&["log", "--format=%s"]), "library\n");
}

#[test]
fn a_git_file_that_leads_nowhere_is_left_out() {
    for text in ["gitdir: /nonexistent\n", "nonsense", ""] {
        let from = Tree::new(&[("a", "x"), (".git", text)]);
        let (to, report) = copy(&from);
        assert_eq!(names(&report), ["a"], "{text}");
        assert!(!to.join(".git").exists(), "{text}");
    }
}

#[test]
fn what_cannot_be_copied_is_left_out_and_told() {
    let from = Tree::new(&[("a", "x")]);
    from.fifo("pipe");
    from.socket("deep/socket");
    let (to, report) = copy(&from);
    assert_eq!(names(&report), ["a"]);
    assert_eq!(
        report.notes(),
        [
            "left out of the copy: `deep/socket` (a socket)",
            "left out of the copy: `pipe` (a named pipe)"
        ]
    );
    assert!(!to.join("pipe").exists() && !to.join("deep/socket").exists());
}

#[test]
fn what_cannot_be_read_is_left_out_and_told() {
    let from = Tree::new(&[("a", "x"), ("sealed", "x"), ("closed/b", "x")]);
    from.mode("sealed", 0o000);
    from.mode("closed", 0o000);
    let (_to, report) = copy(&from);
    from.mode("closed", 0o755);
    if is_root() {
        // The super-user may read them, so they are copied like every other file.
        assert_eq!(names(&report), ["a", "closed/b", "sealed"]);
    } else {
        assert_eq!(names(&report), ["a"]);
        let told = [
            "left out of the copy: `closed` (not readable)",
            "left out of the copy: `sealed` (not readable)",
        ];
        assert_eq!(report.notes(), told);
    }
}

#[test]
fn the_size_bound_counts_every_copied_byte() {
    let from = Tree::new(&[("a", "12345"), ("sub/b", "67890")]);
    let bounded = |bytes| {
        let options = CopyOptions {
            max_bytes: Some(ByteSize::bytes(bytes)),
            leave_out: None,
            ..OBEY_GIT
        };
        copy_with(from.path(), options).1
    };
    assert_eq!(bounded(10).unwrap().bytes, 10);
    match bounded(9) {
        Err(CopyError::TooLarge { path, limit }) => {
            assert_eq!((path.as_path(), limit), (from.path(), ByteSize::bytes(9)));
        }
        other => panic!("{other:?}"),
    }
    from.write(".gitignore", "sub/\n");
    from.git(&["init", "-q"]);
    let ignored = bounded(15);
    assert!(
        matches!(ignored, Err(CopyError::TooLarge { .. })),
        "git's own files count: {ignored:?}"
    );
}

#[test]
fn only_a_directory_is_a_workspace() {
    let from = Tree::new(&[("file", "x")]);
    for path in [from.join("file"), from.join("absent")] {
        let (_to, result) = copy_with(&path, OBEY_GIT);
        assert!(matches!(result, Err(CopyError::NotADirectory { path: p }) if p == path));
    }
}

#[test]
fn nothing_is_written_through_a_link_in_a_repository() {
    let (outside, real, from) = (
        Tree::new(&[("mine", "[core]\n\tworktree = /x\n")]),
        Tree::empty(),
        Tree::new(&[("a", "x")]),
    );
    let mine = outside.join("mine");
    for name in ["HEAD", "index", "config"] {
        real.link(&format!("common/{name}"), mine.to_str().unwrap());
    }
    real.write("common/own/HEAD", "ref: refs/heads/side\n");
    real.write("common/own/index", "index");
    real.write("common/own/commondir", "..\n");
    from.write(
        ".git",
        format!("gitdir: {}\n", real.join("common/own").display()),
    );
    let before = outside.listing();
    let (to, _report) = copy(&from);
    assert_eq!(outside.listing(), before);
    assert_eq!(to.listing()[".git/HEAD"], "ref: refs/heads/side\\n");
}

#[test]
fn what_a_promotion_keeps_for_itself_is_not_copied() {
    let from = Tree::new(&[
        ("a", "x"),
        (".deckhands-promotion-1/new/0", "x"),
        ("sub/.deckhands-promotion-1", "x"),
    ]);
    let (_to, report) = copy(&from);
    assert_eq!(names(&report), ["a", "sub/.deckhands-promotion-1"]);
}

#[test]
fn a_large_file_does_not_hold_up_the_end() {
    let from = Tree::new(&[("large", "")]);
    let large = fs::File::options().write(true).open(from.join("large"));
    large.unwrap().set_len(65 << 20).unwrap();
    let asked = std::cell::Cell::new(0);
    // Asked for the root, for the file, and within the file.
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() == 3
    };
    let to = Tree::empty();
    let copied = copy_workspace(from.path(), to.path(), &OBEY_GIT, &stop);
    assert!(matches!(copied, Err(CopyError::Stopped)), "{copied:?}");
}
