//! Which task is meant, who may have it, and what its kept change is good for.

use std::fs;

use deckhands_model::{AttemptId, AttemptNumber, Network, Profile, TaskId};
use tempfile::TempDir;

use super::*;
use crate::clock::SystemIds;
use crate::runner::{died, write_report};
use crate::workspace::{Manifest, unified_diff, write_record};

/// A home with a task for each of these bytes; the later ones in the list began earlier.
pub(super) fn home(tasks: &[u8]) -> (TempDir, Home) {
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
            profile: Profile::Socket,
            network: Network::Open,
            keep: false,
            adoptable: false,
        };
        drop(AttemptDir::of(&home, id).create(&home, &record).unwrap());
    }
    (dir, home)
}

pub(super) fn id(byte: u8) -> AttemptId {
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

#[test]
fn a_task_whose_process_died_before_there_was_a_change_is_told_apart() {
    let (_dir, home) = home(&[1]);
    let mut task = KeptTask::open(&home, "last").unwrap();
    let mut ended = || match task.apply(&home, &ApplyOptions::default()) {
        Err(KeptError::NoChange { ended, .. }) => ended,
        other => panic!("{other:?}"),
    };
    assert!(!ended());
    let report = died(id(1).task.to_string(), None);
    write_report(&AttemptDir::of(&home, id(1)), &report).unwrap();
    assert!(ended());
}

/// An accepted change of the only task, which was not applied.
pub(super) fn kept_change(home: &Home, before: &[&str], after: &[&str]) {
    let trees = [before, after].map(|names| {
        let tree = TempDir::new().unwrap();
        for name in names {
            fs::write(tree.path().join(name), "text\n").unwrap();
        }
        tree
    });
    let [old, new] = trees.each_ref().map(TempDir::path);
    let manifests = [old, new].map(|tree| Manifest::take(tree).unwrap());
    let change = ChangeSet::between(&manifests[0], &manifests[1]);
    let dir = AttemptDir::of(home, id(1));
    write_record(&dir.change(), &change).unwrap();
    fs::write(dir.patch(), unified_diff(old, new, &change)).unwrap();
    fs::create_dir(dir.changed_files()).unwrap();
    change.move_files(new, &dir.changed_files()).unwrap();
    dir.remove_working_files().unwrap();
    let mut report = died(
        id(1).task.to_string(),
        Some((&change, dir.patch().as_path())),
    );
    report.verdict = Some(Verdict::Accepted(Vec::new()));
    write_report(&dir, &report).unwrap();
}

fn result(home: &Home) -> RunReport {
    read_json(&AttemptDir::of(home, id(1)).result()).unwrap()
}

fn apply(home: &Home, options: &ApplyOptions) -> Result<ApplyReport, KeptError> {
    KeptTask::open(home, "last")?.apply(home, options)
}

#[test]
fn a_damaged_record_stops_only_what_needs_it() {
    for with_result in [true, false] {
        let (_dir, home) = home(&[1]);
        kept_change(&home, &[], &["new.txt"]);
        let dir = AttemptDir::of(&home, id(1));
        fs::write(dir.change(), "{").unwrap();
        if !with_result {
            fs::remove_file(dir.result()).unwrap();
        }
        let mut task = KeptTask::open(&home, "last").unwrap();
        let patch = String::from_utf8(task.patch().unwrap()).unwrap();
        assert!(patch.contains("+++ b/new.txt"), "{with_result}: {patch}");
        let told = task.kept();
        assert_eq!(told.patch, Some(dir.patch().display().to_string()));
        assert_eq!(told.changes.len(), usize::from(with_result));
        let mut named = || match task.apply(&home, &ApplyOptions::default()) {
            Err(KeptError::Damaged { patch, .. }) => patch,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(), Some(dir.patch()));
        fs::remove_file(dir.patch()).unwrap();
        assert_eq!(named(), None);
    }
}

#[test]
fn a_directory_without_the_deleted_files_is_no_proof_of_an_applied_change() {
    let (own, home) = home(&[1]);
    kept_change(&home, &["old.txt"], &[]);
    let empty = TempDir::new().unwrap();
    let there = ApplyOptions {
        workspace: Some(empty.path().to_owned()),
        unproved: false,
    };
    let applied = apply(&home, &there);
    assert!(
        matches!(applied, Err(KeptError::NothingThere { .. })),
        "{applied:?}"
    );
    let applied = apply(&home, &ApplyOptions::default()).unwrap();
    assert!(applied.already_applied && applied.notes.len() == 1);
    assert!(!result(&home).applied, "nothing was done");
    // Where there is something to delete it goes, and from then on the document is the proof.
    for dir in [own.path(), empty.path()] {
        fs::write(dir.join("old.txt"), "text\n").unwrap();
    }
    let applied = apply(&home, &there).unwrap();
    assert!(applied.applied && !applied.already_applied);
    assert!(!empty.path().join("old.txt").exists());
    assert!(!result(&home).applied, "not in its own workspace");
    let applied = apply(&home, &ApplyOptions::default()).unwrap();
    assert!(applied.applied && !applied.already_applied);
    assert!(!own.path().join("old.txt").exists() && result(&home).applied);
    let again = apply(&home, &ApplyOptions::default()).unwrap();
    assert!(again.already_applied && again.notes.is_empty());
}

#[test]
fn an_unproved_deletion_needs_the_user_s_word_also_where_nothing_is_there() {
    let (_own, home) = home(&[1]);
    kept_change(&home, &["old.txt"], &[]);
    let unproved = RunReport {
        verdict: None,
        ..result(&home)
    };
    write_report(&AttemptDir::of(&home, id(1)), &unproved).unwrap();
    let refused = apply(&home, &ApplyOptions::default());
    assert!(
        matches!(refused, Err(KeptError::Unproved { .. })),
        "{refused:?}"
    );
    let any = ApplyOptions {
        unproved: true,
        ..ApplyOptions::default()
    };
    assert!(apply(&home, &any).unwrap().already_applied);
    assert!(!result(&home).applied);
}

#[test]
fn a_workspace_with_everything_that_was_made_holds_the_change() {
    let (own, home) = home(&[1]);
    kept_change(&home, &["old.txt"], &["new.txt"]);
    fs::write(own.path().join("new.txt"), "text\n").unwrap();
    let applied = apply(&home, &ApplyOptions::default()).unwrap();
    assert!(applied.applied && applied.already_applied);
    assert!(result(&home).applied, "the new file proves it");
}
