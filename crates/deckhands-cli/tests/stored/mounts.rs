//! Homes that cannot be written, and disks without room: in a mount namespace of its own, so that
//! nothing is left of them. Where the caller is not root, the namespace comes with a user one.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::bench::{Bench, Ended, ids};

/// Calls the binary and keeps how it ended as `$OUT/N.code`, `N.out` and `N.err`.
const STEP: &str = r#"
set -eu
n=0
step() {
    n=$((n + 1)); code=0
    "$BIN" "$@" --home "$DIR" >"$OUT/$n.out" 2>"$OUT/$n.err" || code=$?
    echo "$code" >"$OUT/$n.code"
}
"#;

/// Runs a script that takes steps, where its mounts are seen by nobody else.
fn steps(bench: &Bench, script: &str) -> Vec<Ended> {
    let out = bench.beside("out");
    fs::create_dir(&out).unwrap();
    let mut command = bench.program("unshare");
    let root = fs::metadata("/proc/self").map(|me| std::os::unix::fs::MetadataExt::uid(&me));
    if root.unwrap() != 0 {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--mount", "--propagation", "private", "sh", "-c"])
        .arg(format!("{STEP}{script}"))
        .env("BIN", env!("CARGO_BIN_EXE_deckhands"))
        .env("DIR", bench.home())
        .env("OUT", &out);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the script failed: {told}");
    let read = |n: usize, what: &str| -> Option<String> {
        let path: PathBuf = out.join(format!("{n}.{what}"));
        fs::read_to_string(path).ok()
    };
    let step = |n| {
        Some(Ended {
            code: read(n, "code")?.trim().parse().unwrap(),
            stdout: read(n, "out")?,
            stderr: read(n, "err")?,
        })
    };
    (1..).map_while(step).collect()
}

/// The identity that `submit` printed.
fn id(submitted: &Ended) -> String {
    assert_eq!(submitted.code, 0, "{submitted:?}");
    submitted.stdout.trim().to_owned()
}

#[test]
fn a_home_that_cannot_be_written_is_told_and_keeps_its_tasks() {
    let bench = Bench::new();
    let task = bench.submit("one");
    let ended = steps(
        &bench,
        r#"
        mount --bind "$DIR" "$DIR"
        mount -o remount,bind,ro "$DIR"
        step submit two
        step list
        step status last
        mount -o remount,bind,rw "$DIR"
        step submit two
        "#,
    );
    let [submit, list, status, again] = &ended[..] else {
        panic!("{ended:?}");
    };
    for refused in [submit, list, status] {
        let lines: Vec<&str> = refused.stderr.lines().collect();
        let [told, cause, hint] = lines[..] else {
            panic!("three lines are wanted: {refused:?}");
        };
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
        assert!(told.contains(&*bench.home().to_string_lossy()), "{told}");
        assert!(cause.contains("Read-only file system"), "{cause}");
        assert!(hint.contains("--home DIR"), "{hint}");
    }
    assert_eq!(bench.listed(), [task, id(again)]);
}

#[test]
fn a_home_that_cannot_be_is_told() {
    let bench = Bench::new();
    let file = bench.beside("file");
    fs::write(&file, "").unwrap();
    for args in [["list"].as_slice(), &["submit", "one"], &["status", "last"]] {
        let refused = bench.call_in(&file.join("home"), args);
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
        let hint = refused.stderr.lines().last().unwrap();
        assert!(hint.contains("--home DIR"), "{refused:?}");
    }
}

/// With so many kilobytes left, tasks are handed in until one is refused; then there is room again.
const FULL: &str = r#"
mount -t tmpfs -o size=4m none "$DIR"
step submit first
for left in 0 4 8 16 24 28 32 36 40 44 48 56 64 96 128; do
    size=$(($(stat -f -c '%a * %S' "$DIR") - left * 1024))
    fallocate -l "$size" "$DIR/filler"
    while step submit "with $left left"; [ "$code" = 0 ]; do :; done
    step list
    rm "$DIR/filler"
    step list --json --limit 100000
    step submit "with room again"
done
step list --json --limit 100000
"#;

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let bench = Bench::new();
    fs::create_dir(bench.home()).unwrap();
    let ended = steps(&bench, FULL);
    let (mut kept, mut refusals) = (BTreeSet::new(), 0);
    for step in &ended {
        if step.code != 0 {
            step.assert_told("no space is left for the database", "make room on the disk");
            refusals += 1;
        } else if step.stdout.starts_with('{') {
            let listed = ids(&step.stdout);
            assert_eq!(listed.len(), kept.len());
            assert_eq!(BTreeSet::from_iter(listed), kept);
        } else if step.stdout.trim().len() == 32 {
            kept.insert(id(step));
        }
    }
    assert!(refusals >= 15, "only {refusals} of {} steps", ended.len());
    assert!(kept.len() > refusals, "only {} tasks", kept.len());
}

/// First uses with so many kilobytes left: each ends at another point of making everything.
const FIRST_USE: &str = r#"
mount -t tmpfs -o size=1m none "$DIR"
for left in 0 4 8 16 40 60; do
    size=$(($(stat -f -c '%a * %S' "$DIR") - left * 1024))
    fallocate -l "$size" "$DIR/filler"
    step submit "with $left left"
    rm "$DIR/filler"
done
step submit "with room"
step list --json
ls "$DIR" >"$OUT/names"
"#;

#[test]
fn a_first_use_of_a_full_disk_leaves_nothing_in_the_way() {
    let bench = Bench::new();
    fs::create_dir(bench.home()).unwrap();
    let ended = steps(&bench, FIRST_USE);
    let [refused @ .., made, list] = &ended[..] else {
        panic!("{ended:?}");
    };
    for refused in refused {
        let (code, told) = (refused.code, refused.stderr.to_lowercase());
        assert_eq!((code, refused.stdout.as_str()), (3, ""), "{refused:?}");
        assert!(told.contains("no space"), "{refused:?}");
        let hint = told.lines().last().unwrap();
        assert!(hint.starts_with("hint: make room"), "{refused:?}");
    }
    assert_eq!(ids(&list.stdout), [id(made)]);
    let names = fs::read_to_string(bench.beside("out/names")).unwrap();
    // The database's own files come and go.
    let names = names.split_whitespace();
    let others: Vec<&str> = names
        .filter(|name| !name.starts_with("deckhands.db"))
        .collect();
    assert_eq!(others, ["attempts", "id"]);
}
