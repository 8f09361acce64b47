//! What a command leaves: the database's one file has everything, so that a copy of it is a backup.

use std::fs;

use deckhands_store::{SqliteOptions, SqliteStore};

use crate::bench::{Bench, ids};

/// What is left of the log.
fn log(bench: &Bench) -> u64 {
    fs::metadata(bench.home().join("deckhands.db-wal")).map_or(0, |log| log.len())
}

/// The tasks of a home that has a copy of the database's file and nothing else.
fn copied(bench: &Bench, name: &str) -> Vec<String> {
    let home = bench.beside(name);
    fs::create_dir(&home).unwrap();
    fs::copy(bench.database(), home.join("deckhands.db")).unwrap();
    let ended = bench.call_in(&home, &["list", "--json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    ids(&ended.stdout)
}

#[test]
fn after_each_command_the_file_alone_has_every_task() {
    let bench = Bench::new();
    let tasks = ["one", "two"].map(|text| bench.submit(text));
    assert_eq!(log(&bench), 0);
    assert_eq!(copied(&bench, "copy"), tasks);
    let commands: [&[&str]; 7] = [
        &["status"],
        &["list"],
        &["stats"],
        &["hold", "last"],
        &["release", "last"],
        &["cancel", "last"],
        &["result", "last"],
    ];
    for args in commands {
        bench.call(args);
        assert_eq!(log(&bench), 0, "{args:?}");
    }
    assert_eq!(copied(&bench, "later"), tasks);
}

/// A test is another process than the command.
#[test]
fn a_command_waits_for_no_other_process_that_has_the_database_open() {
    let bench = Bench::new();
    bench.submit("one");
    let other = SqliteStore::open(&bench.database(), SqliteOptions::default()).unwrap();
    bench.submit("two");
    assert_ne!(log(&bench), 0);
    drop(other);
    assert_eq!(log(&bench), 0);
    assert_eq!(copied(&bench, "copy").len(), 2);
}
