//! Which task is meant, and who may have it.

use std::fs;

use deckhands_model::{AttemptId, AttemptNumber, TaskId};
use tempfile::TempDir;

use super::*;
use crate::clock::SystemIds;

/// A home with a task for each of these bytes; the later ones in the list began earlier.
fn home(tasks: &[u8]) -> (TempDir, Home) {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    for (age, byte) in tasks.iter().enumerate() {
        let id = id(*byte);
        let record = AttemptRecord {
            task_id: id.task.to_string(),
            number: 1,
            // Fractions are written without zeros at their end: the texts are not in order.
            started_at: format!("2026-01-01T00:{:02}:09.5Z", 50 - age),
            workspace: dir.path().to_owned(),
            sandbox_image: None,
            keep: false,
        };
        drop(AttemptDir::of(&home, id).create(&home, &record).unwrap());
    }
    (dir, home)
}

fn id(byte: u8) -> AttemptId {
    AttemptId {
        task: TaskId::from_random([byte; 16]),
        number: AttemptNumber::FIRST,
    }
}

fn found(home: &Home, word: &str) -> Result<String, KeptError> {
    KeptTask::open(home, word).map(|task| task.kept().task_id)
}

#[test]
fn any_prefix_that_no_other_id_has_names_a_task() {
    let (_dir, home) = home(&[0x12, 0x13, 0xab]);
    let ids = [0x12, 0x13, 0xab].map(|byte| id(byte).task.to_string());
    for (word, number) in [("12", 0), ("13", 1), ("a", 2), ("AB", 2), (&ids[1], 1)] {
        assert_eq!(found(&home, word).unwrap(), ids[number], "{word}");
    }
    match found(&home, "1") {
        Err(KeptError::Ambiguous { matches, .. }) => assert_eq!(matches, ids[..2]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn last_is_the_one_that_began_last() {
    let (_dir, home) = home(&[0x13, 0xab, 0x12]);
    assert_eq!(found(&home, "last").unwrap(), id(0x13).task.to_string());
}

#[test]
fn whoever_asks_for_an_unknown_task_is_told_the_newest() {
    let bytes: Vec<u8> = (1..=8).collect();
    let (_dir, home) = home(&bytes);
    fs::create_dir(home.attempts_dir().join("no-task")).unwrap();
    fs::create_dir(home.task_dir(TaskId::from_random([0xee; 16]))).unwrap();
    for word in ["", "ff", "ee", "no-task", "..", "/", "zz"] {
        match found(&home, word) {
            Err(KeptError::Unknown { recent, .. }) => {
                let newest = (1..=5).map(|byte| id(byte).task.to_string());
                assert_eq!(recent, newest.collect::<Vec<_>>(), "{word}");
            }
            other => panic!("{word}: {other:?}"),
        }
    }
}

#[test]
fn a_home_without_tasks_has_no_last_one() {
    let (_dir, home) = home(&[]);
    match found(&home, "last") {
        Err(KeptError::Unknown { recent, .. }) => assert_eq!(recent, Vec::<String>::new()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_task_that_somebody_works_on_is_left_to_him() {
    let (_dir, home) = home(&[1]);
    let first = KeptTask::open(&home, "last").unwrap();
    assert!(matches!(found(&home, "last"), Err(KeptError::Live { .. })));
    drop(first);
    assert!(found(&home, "last").is_ok());
}

#[test]
fn a_task_without_a_change_has_an_empty_patch_and_nothing_to_apply() {
    let (_dir, home) = home(&[1]);
    let mut task = KeptTask::open(&home, "last").unwrap();
    assert_eq!(task.patch().unwrap(), b"");
    assert_eq!(task.kept().patch, None);
    let applied = task.apply(&home, &ApplyOptions::default());
    assert!(
        matches!(applied, Err(KeptError::NoChange { .. })),
        "{applied:?}"
    );
}
