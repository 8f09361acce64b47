//! `reap` where the stored tasks cannot be asked, or must not be changed.

use std::fs;
use std::path::PathBuf;

use deckhands_store::{SqliteOptions, SqliteStore};
use serde_json::{Value, json};

use crate::bench::{Bench, Ended};
use crate::daemon;

/// Where SQLite keeps `user_version`.
const USER_VERSION: usize = 60;

/// A home with a stored task and two dead attempts that its database knows nothing of: a paused one, which
/// its own directory wants to be kept, and another one.
struct Home {
    bench: Bench,
    paused: PathBuf,
    other: PathBuf,
}

impl Home {
    fn new() -> Self {
        let bench = Bench::new();
        bench.submit("one");
        bench.settle();
        daemon::start(&bench.beside("docker.sock"));
        let place = |task: &str| bench.home().join("attempts").join(task).join("1");
        let home = Self {
            paused: place("aaaaaaaaaaaa4aaaaaaaaaaaaaaaaaaa"),
            other: place("bbbbbbbbbbbb4bbbabbbbbbbbbbbbbbb"),
            bench,
        };
        fs::create_dir_all(home.paused.join("adoption")).unwrap();
        fs::create_dir_all(home.other.join("workspace")).unwrap();
        let record = json!({
            "task_id": "aaaaaaaaaaaa4aaaaaaaaaaaaaaaaaaa",
            "number": 1,
            "started_at": "2026-01-01T00:00:00Z",
            "workspace": "/nowhere",
            "sandbox_image": null,
            "adoptable": true,
        });
        let none = json!({ "secs": 0, "nanos": 0 });
        let pulse = json!({
            "at": "2026-01-01T00:00:00Z",
            "paused": true,
            "acting": false,
            "measured": { "begun": false, "start": none, "work": none, "wait": none },
        });
        fs::write(home.paused.join("attempt.json"), record.to_string()).unwrap();
        fs::write(home.paused.join("adoption/pulse.json"), pulse.to_string()).unwrap();
        home
    }

    fn reap(&self, more: &[&str]) -> Ended {
        let socket = self.bench.beside("docker.sock");
        let mut command = self.bench.program(env!("CARGO_BIN_EXE_deckhands"));
        command
            .env("DOCKER_HOST", format!("unix://{}", socket.display()))
            .args(["reap", "--home"])
            .arg(self.bench.home())
            .args(more);
        Ended::of(&command.output().unwrap())
    }

    /// What is told of the other attempt alone, and of both.
    fn names(&self) -> [Vec<String>; 2] {
        let [paused, other] =
            [&self.paused, &self.other].map(|path| path.to_str().unwrap().to_owned());
        [vec![other.clone()], vec![paused, other]]
    }
}

fn list(report: &Value, name: &str) -> Vec<String> {
    let mut found: Vec<String> = serde_json::from_value(report[name].clone()).unwrap();
    found.sort();
    found
}

/// The attempts are judged by their directories, and it is told why, once.
fn check(damage: impl Fn(&mut Vec<u8>), message: &str) {
    let home = Home::new();
    let database = home.bench.database();
    let mut damaged = fs::read(&database).unwrap();
    damage(&mut damaged);
    fs::write(&database, &damaged).unwrap();
    // A change of a workspace that cannot be completed either.
    let stuck = home.bench.home().join("promotions");
    fs::create_dir_all(&stuck).unwrap();
    fs::write(stuck.join("cccccccccccc4cccaccccccccccccccc"), "torn").unwrap();
    let [by_directory, _] = home.names();
    for dry_run in [true, false] {
        let more: &[&str] = if dry_run {
            &["--json", "--dry-run"]
        } else {
            &["--json"]
        };
        let ended = home.reap(more);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(list(&report, "cancelled"), by_directory, "{report:#}");
        let notes = list(&report, "notes");
        assert!(notes.len() == 1 && notes[0].contains(message), "{notes:?}");
        assert!(ended.stderr.contains(&notes[0]), "{ended:?}");
        let failed = list(&report, "failed").join("\n");
        assert_eq!(failed.contains("promotions"), !dry_run, "{failed}");
        assert_eq!(ended.code, if dry_run { 0 } else { 3 }, "{report:#}");
        assert_eq!(home.other.join("workspace").exists(), dry_run);
    }
    let told = home.reap(&[]);
    assert!(told.stderr.contains(message), "{told:?}");
    assert!(home.paused.join("adoption").exists());
    assert!(fs::read(&database).unwrap() == damaged, "it was changed");
}

#[test]
fn a_damaged_database_keeps_no_dead_attempt_from_going() {
    check(|bytes| bytes.truncate(50), "the database is damaged");
    check(|bytes| bytes.fill(b'x'), "the database is damaged");
}

#[test]
fn a_newer_database_keeps_no_dead_attempt_from_going() {
    let newer = |bytes: &mut Vec<u8>| {
        bytes[USER_VERSION..USER_VERSION + 4].copy_from_slice(&99_u32.to_be_bytes());
    };
    check(newer, "the database has version 99");
}

#[test]
fn stored_tasks_are_asked_without_a_word_where_they_can_be() {
    let home = Home::new();
    let [_, both] = home.names();
    for more in [&["--json", "--dry-run"][..], &["--json"]] {
        let ended = home.reap(more);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(list(&report, "cancelled"), both, "{report:#}");
        assert_eq!(list(&report, "notes"), Vec::<String>::new());
    }
    assert_eq!(home.bench.listed().len(), 1);
}

#[test]
fn a_dry_run_changes_no_byte_of_the_database() {
    let home = Home::new();
    let [database, log] =
        ["", "-wal"].map(|end| home.bench.home().join(format!("deckhands.db{end}")));
    // A task that is in the log only, as after a death.
    let held = SqliteStore::open(&database, SqliteOptions::default()).unwrap();
    home.bench.submit("two");
    let before = [&database, &log].map(|path| fs::read(path).unwrap());
    assert!(!before[1].is_empty());
    drop(held);
    let [_, both] = home.names();
    // A new place: whoever had the old one open may still be about to close it.
    fs::remove_file(&database).unwrap();
    for (path, bytes) in [&database, &log].into_iter().zip(&before) {
        let whole = path.with_extension("whole");
        fs::write(&whole, bytes).unwrap();
        fs::rename(whole, path).unwrap();
    }
    let ended = home.reap(&["--json", "--dry-run"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(list(&report, "cancelled"), both, "{report:#}");
    let after = [&database, &log].map(|path| fs::read(path).unwrap());
    assert!(before == after, "something was changed");
    assert_eq!(home.bench.listed().len(), 2);
}

#[test]
fn a_dry_run_makes_no_database_of_an_empty_file() {
    let home = Home::new();
    fs::write(home.bench.database(), "").unwrap();
    let ended = home.reap(&["--json", "--dry-run"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(list(&report, "notes").len(), 1, "{report:#}");
    assert_eq!(fs::read(home.bench.database()).unwrap(), b"");
}
