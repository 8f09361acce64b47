//! Databases that are damaged, or that a newer program wrote.

use std::fs;
use std::path::Path;

use deckhands_store::{SqliteOptions, SqliteStore};

use crate::bench::Bench;

/// Every command that asks the store something, with a task where it wants one.
const COMMANDS: &[&[&str]] = &[
    &["submit", "do it"],
    &["list"],
    &["status"],
    &["status", "last"],
    &["stats"],
    &["metrics"],
    &["watch", "last"],
    &["events", "last"],
    &["result", "last"],
    &["logs", "last"],
    &["cancel", "last"],
    &["hold", "last"],
    &["release", "last"],
    &["retry", "last"],
];

/// Where SQLite keeps `user_version`.
const USER_VERSION: usize = 60;

/// Damages a database with tasks, calls everything, and undoes the damage.
fn check(damage: impl Fn(&mut Vec<u8>), message: &str, hint: &str) {
    let bench = Bench::new();
    let tasks = ["one", "two", "three"].map(|text| bench.submit(text));
    bench.settle();
    let whole = fs::read(bench.database()).unwrap();
    let mut damaged = whole.clone();
    damage(&mut damaged);
    fs::write(bench.database(), &damaged).unwrap();
    for args in COMMANDS {
        bench.call(args).assert_told(message, hint);
        let json = [*args, &["--json"]].concat();
        bench.call(&json).assert_told_as_json(message, hint);
        let left = fs::read(bench.database()).unwrap();
        assert!(left == damaged, "{args:?} changed it");
    }
    fs::write(bench.database(), &whole).unwrap();
    assert_eq!(bench.listed(), tasks);
    let more = bench.submit("four");
    assert_eq!(bench.listed()[3..], [more]);
}

const DAMAGED: &str = "the database is damaged";
const PUT_BACK: &str = "put a backup in its place";

#[test]
fn a_few_bytes_that_are_left_are_told_as_damaged() {
    check(|bytes| bytes.truncate(50), DAMAGED, PUT_BACK);
}

#[test]
fn a_first_page_that_is_left_is_told_as_damaged() {
    check(|bytes| bytes.truncate(4096), DAMAGED, PUT_BACK);
}

/// As whoever was killed leaves it: what was written last is in the log only.
#[test]
fn a_cut_file_beside_its_log_is_told_as_damaged_before_anything_is_written() {
    let bench = Bench::new();
    for n in 0..20 {
        bench.submit(&n.to_string());
    }
    let open = SqliteStore::open(&bench.database(), SqliteOptions::default()).unwrap();
    bench.submit("in the log");
    let home = bench.beside("killed");
    fs::create_dir(&home).unwrap();
    let files = ["deckhands.db", "deckhands.db-wal"];
    let read = |home: &Path| files.map(|name| fs::read(home.join(name)).unwrap());
    let mut left = read(&bench.home());
    drop(open);
    let half = left[0].len() / 2;
    left[0].truncate(half);
    for (name, content) in files.iter().zip(&left) {
        fs::write(home.join(name), content).unwrap();
    }
    for args in COMMANDS {
        bench.call_in(&home, args).assert_told(DAMAGED, PUT_BACK);
        assert!(read(&home) == left, "{args:?} changed it");
    }
}

#[test]
fn another_file_in_its_place_is_told_as_damaged() {
    let text = "these are not the tasks you are looking for\n".repeat(200);
    check(
        |bytes| *bytes = text.clone().into_bytes(),
        DAMAGED,
        PUT_BACK,
    );
}

#[test]
fn a_newer_version_is_told_with_both_numbers() {
    let newer = |bytes: &mut Vec<u8>| {
        bytes[USER_VERSION..USER_VERSION + 4].copy_from_slice(&99_u32.to_be_bytes());
    };
    let message = "the database has version 99, this program knows up to 1";
    check(newer, message, "use the newer deckhands");
}
