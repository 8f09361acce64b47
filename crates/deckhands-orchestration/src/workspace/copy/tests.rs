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
    leave_out: Vec::new(),
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
        [
            "`home` is a link that leads out of the workspace; the agent has the link, not what it \
             leads to"
        ]
    );
}

#[test]
fn the_manifest_on_the_way_is_the_one_of_the_copy() {
    let from = Tree::new(&[("a", "one"), ("b/c", ""), ("d", "x")]);
    from.mode("d", 0o755);
    from.link("l", "a");
    from.mode("b/c", 0o4755);
    let (to, mut report) = copy(&from);
    assert_eq!(report.manifest.special, ["b/c".into()].into());
    report.manifest.special.clear();
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
        leave_out: Vec::new(),
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
fn a_git_file_hands_over_no_directory_that_does_not_point_back() {
    let private = Tree::new(&[("id", "secret"), ("config", "Host *\n")]);
    let own = private.path().display();
    for (name, text) in [
        (".git", format!("gitdir: {own}\n")),
        ("sub/.git", format!("gitdir: {own}\n")),
        (".git", "gitdir: ./fake\n".to_owned()),
        (".git", "gitdir: ./fake/worktrees/x\n".to_owned()),
    ] {
        let from = Tree::new(&[("a", "x"), (name, &text)]);
        for fake in ["fake", "fake/worktrees/x"] {
            from.write(format!("{fake}/commondir"), format!("{own}\n"));
            let back = format!("{}\n", from.join(".git").display());
            from.write(format!("{fake}/gitdir"), back);
        }
        let (to, report) = copy(&from);
        assert!(!to.join(name).exists(), "{text}");
        let told = report.notes();
        assert!(told.iter().any(|note| note.contains(name)), "{told:?}");
    }
}

#[test]
fn a_git_file_whose_repository_is_pipes_or_endless_holds_nothing_up() {
    let from = Tree::new(&[("a", "x"), (".git", "gitdir: ./fake\n")]);
    from.fifo("fake/commondir");
    from.fifo("fake/config");
    let endless = Tree::new(&[("a", "x"), (".git", "gitdir: ./fake\n")]);
    fs::File::options()
        .write(true)
        .open(endless.join(".git"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    for tree in [&from, &endless] {
        let (to, _report) = copy(tree);
        assert!(!to.join(".git").exists());
    }
}

#[test]
fn what_is_no_file_of_rules_is_told_and_not_waited_for() {
    for place in [".gitignore", "sub/.gitignore"] {
        let pipe = Tree::new(&[("a", "x"), ("sub/b", "x")]);
        pipe.git(&["init", "-q"]);
        pipe.fifo(place);
        let endless = Tree::new(&[("a", "x"), ("sub/b", "x"), (place, "")]);
        endless.git(&["init", "-q"]);
        let rules = fs::File::options().write(true).open(endless.join(place));
        rules.unwrap().set_len(1 << 40).unwrap();
        for tree in [&pipe, &endless] {
            let (_to, result) = copy_with(tree.path(), OBEY_GIT);
            let told = matches!(&result, Err(CopyError::NoRules { path }) if path.ends_with(place));
            assert!(told, "{place}: {result:?}");
        }
        let all = CopyOptions {
            include_ignored: true,
            ..OBEY_GIT
        };
        let (_to, result) = copy_with(pipe.path(), all);
        assert_eq!(names(&result.unwrap()), ["a", "sub/b"], "{place}");
    }
}

#[test]
fn a_pipe_as_excludes_is_not_waited_for() {
    let from = Tree::new(&[("a", "x")]);
    from.git(&["init", "-q"]);
    fs::remove_dir_all(from.join(".git/info")).unwrap();
    from.fifo(".git/info/exclude");
    assert_eq!(names(&copy(&from).1), ["a"]);
}

#[test]
fn set_id_bits_do_not_come_along_and_are_no_change_of_the_agents() {
    let from = Tree::new(&[("suid", "x"), ("sgid", "x"), ("sticky", "x")]);
    for (name, mode) in [("suid", 0o4755), ("sgid", 0o2755), ("sticky", 0o1644)] {
        from.mode(name, mode);
    }
    let (to, report) = copy(&from);
    for name in ["suid", "sgid", "sticky"] {
        let meta = fs::metadata(to.join(name)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o7000, 0, "{name}");
    }
    assert_eq!(names(&report), ["sgid", "sticky", "suid"]);
    assert_eq!(report.notes(), [""; 0]);
}

#[test]
fn what_is_left_out_is_left_out_of_a_repository_too() {
    let from = Tree::new(&[("a", "x")]);
    from.git(&["init", "-q"]);
    from.write(".git/deckhands.key", "secret");
    from.write(".git/state/transcript", "secret");
    let options = CopyOptions {
        leave_out: vec![from.join(".git/deckhands.key"), from.join(".git/state")],
        ..OBEY_GIT
    };
    let to = Tree::empty();
    copy_workspace(from.path(), to.path(), &options, &|| false).unwrap();
    assert!(to.join(".git/HEAD").exists());
    assert!(!to.join(".git/deckhands.key").exists() && !to.join(".git/state").exists());
}

#[test]
fn a_file_with_keys_is_not_copied_even_where_git_tracks_it() {
    let from = Tree::new(&[
        ("a", "x"),
        (".env", "KEY=secret\n"),
        (".gitignore", ".env\n"),
    ]);
    from.git(&["init", "-q"]);
    from.git(&["add", "-f", "."]);
    for include_ignored in [false, true] {
        let options = CopyOptions {
            include_ignored,
            leave_out: vec![from.join(".env")],
            ..OBEY_GIT
        };
        let to = Tree::empty();
        let report = copy_workspace(from.path(), to.path(), &options, &|| false).unwrap();
        assert_eq!(names(&report), [".gitignore", "a"], "{include_ignored}");
        assert!(!to.join(".env").exists());
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
            leave_out: Vec::new(),
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
    let own = "common/worktrees/own";
    real.write(format!("{own}/HEAD"), "ref: refs/heads/side\n");
    real.write(format!("{own}/index"), "index");
    real.write(format!("{own}/commondir"), "../..\n");
    let back = format!("{}\n", from.join(".git").display());
    real.write(format!("{own}/gitdir"), back);
    from.write(".git", format!("gitdir: {}\n", real.join(own).display()));
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
    let from = Tree::empty();
    from.write("large", vec![1; 65 << 20]);
    // Asked for the root and for the file; then, within the file, where it is copied and where the
    // copy is read.
    for last in [3, 4] {
        let asked = std::cell::Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() >= last
        };
        let to = Tree::empty();
        let copied = copy_workspace(from.path(), to.path(), &OBEY_GIT, &stop);
        assert!(matches!(copied, Err(CopyError::Stopped)), "{copied:?}");
    }
}

#[test]
fn a_sparse_file_counts_with_its_whole_size() {
    let from = Tree::new(&[("a", "x"), ("disk", "")]);
    let disk = fs::File::options().write(true).open(from.join("disk"));
    disk.unwrap().set_len(1 << 40).unwrap();
    let options = CopyOptions {
        max_bytes: Some(ByteSize::gibibytes(2)),
        ..OBEY_GIT
    };
    let (to, copied) = copy_with(from.path(), options);
    assert!(
        matches!(copied, Err(CopyError::TooLarge { .. })),
        "{copied:?}"
    );
    assert!(!to.join("copy/disk").exists(), "nothing of it is copied");
}

#[test]
fn holes_stay_holes() {
    use std::os::unix::fs::{FileExt, MetadataExt};
    const MIB: u64 = 1 << 20;
    let from = Tree::new(&[("disk", "begin")]);
    let disk = fs::File::options().write(true).open(from.join("disk"));
    let disk = disk.unwrap();
    disk.write_all_at(b"middle", 20 * MIB).unwrap();
    disk.set_len(40 * MIB).unwrap();
    let (to, report) = copy(&from);
    let copied = fs::metadata(to.join("disk")).unwrap();
    assert_eq!(copied.len(), 40 * MIB);
    assert!(copied.blocks() * 512 < MIB, "{} blocks", copied.blocks());
    assert_eq!(
        Manifest::take(from.path()).unwrap(),
        Manifest::take(to.path()).unwrap()
    );
    assert_eq!(report.bytes, 40 * MIB);
}

#[test]
fn more_paths_than_a_result_may_have_are_refused() {
    let from = Tree::new(&[("a", "x"), ("sub/b", "x")]);
    let within = |most| {
        let to = Tree::empty();
        copy_within(from.path(), &to.join("copy"), &OBEY_GIT, (most, &|| false))
    };
    // Two files and two directories.
    assert!(within(4).is_ok());
    let refused = within(3);
    assert!(
        matches!(refused, Err(CopyError::TooManyPaths { limit: 3, .. })),
        "{refused:?}"
    );
}

#[test]
fn a_large_repository_is_refused_before_it_is_copied() {
    let from = Tree::new(&[(".git/HEAD", "ref: refs/heads/main\n")]);
    from.write(".git/objects/pack/large.pack", "x".repeat(1000));
    let options = CopyOptions {
        max_bytes: Some(ByteSize::bytes(500)),
        ..OBEY_GIT
    };
    let (to, copied) = copy_with(from.path(), options);
    assert!(
        matches!(copied, Err(CopyError::TooLarge { .. })),
        "{copied:?}"
    );
    assert!(!to.join("copy/.git/objects/pack/large.pack").exists());
}

#[test]
fn a_large_repository_does_not_hold_up_the_end() {
    let from = Tree::new(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/a", "x")]);
    let asked = std::cell::Cell::new(0);
    // Asked for the root, and for the first item of its repository.
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() >= 2
    };
    let to = Tree::empty();
    let copied = copy_workspace(from.path(), to.path(), &OBEY_GIT, &stop);
    assert!(matches!(copied, Err(CopyError::Stopped)), "{copied:?}");
}

#[test]
fn only_so_many_paths_are_told_one_by_one() {
    let from = Tree::new(&[("a", "x")]);
    for number in 0..120 {
        from.fifo(&format!("pipes/{number:03}"));
    }
    let (_to, report) = copy(&from);
    let notes = report.notes();
    assert_eq!(notes.len(), 21);
    assert_eq!(notes[20], "and 100 more such paths");
}

#[test]
fn what_git_tracks_is_copied_though_it_is_ignored() {
    let from = Tree::new(&[
        (".gitignore", "*.log\n/build/\n"),
        ("tracked.log", "x"),
        ("untracked.log", "x"),
        ("build/tracked", "x"),
        ("build/deep/tracked", "x"),
        ("build/untracked", "x"),
        ("gone.log", "x"),
    ]);
    from.git(&["init", "-q"]);
    from.git(&[
        "add",
        "--force",
        "tracked.log",
        "build/tracked",
        "build/deep/tracked",
        "gone.log",
    ]);
    from.remove("gone.log");
    let (to, report) = copy(&from);
    let tracked = ["build/deep/tracked", "build/tracked", "tracked.log"];
    assert_eq!(names(&report)[1..], tracked);
    assert_eq!(to.git(&["status", "--porcelain"]).matches("D ").count(), 1);
    to.edit("tracked.log=changed build/new=x other.log=x");
    let after = Manifest::of_result(to.path(), &report.manifest, true).unwrap();
    let change = crate::workspace::ChangeSet::between(&report.manifest, &after);
    let changed: Vec<_> = change.changes().into_iter().map(|c| c.path).collect();
    assert_eq!(changed, ["tracked.log"], "new ignored files are no change");
}

#[test]
fn what_is_tracked_around_or_in_a_linked_work_tree_is_copied_too() {
    let (main, linked) = (
        Tree::new(&[
            (".gitignore", "*.log\n"),
            ("sub/a.log", "x"),
            ("sub/b.log", "x"),
        ]),
        Tree::empty(),
    );
    main.git(&["init", "-q"]);
    main.git(&["add", "--force", ".gitignore", "sub/a.log"]);
    main.git(&["commit", "-q", "-m", "first"]);
    assert_eq!(ignored(&main, "sub", false), ["a.log"]);
    let place = linked.join("tree");
    main.git(&["worktree", "add", "-q", place.to_str().unwrap()]);
    let (_to, report) = copy_with(&place, OBEY_GIT);
    assert_eq!(names(&report.unwrap()), [".gitignore", "sub/a.log"]);
}

#[test]
fn a_tracked_path_behind_a_link_is_not_followed() {
    let (outside, from) = (
        Tree::new(&[("a.log", "secret")]),
        Tree::new(&[(".gitignore", "*.log\nsub\n"), ("sub/a.log", "x")]),
    );
    from.git(&["init", "-q"]);
    from.git(&["add", "--force", "sub/a.log"]);
    fs::remove_dir_all(from.join("sub")).unwrap();
    from.link("sub", outside.path().to_str().unwrap());
    let (_to, report) = copy(&from);
    assert_eq!(names(&report), [".gitignore"]);
}
