//! Tasks with several attempts: what is read of each, and which one's change is the task's.

use std::fs;

use deckhands_model::{AttemptId, TaskState};

use super::*;
use crate::attempt_dir::Claim;
use crate::kept::KeptTask;
use crate::kept::tests::{home, id, kept_change};
use crate::runner::{died, write_report};

/// Begins one more attempt at task 1; returns its directory, which nobody holds.
fn begin(home: &Home, number: u32) -> AttemptDir {
    let first = AttemptDir::of(home, id(1)).record().unwrap();
    let attempt = AttemptId {
        number: number.to_string().parse().unwrap(),
        ..id(1)
    };
    let dir = AttemptDir::of(home, attempt);
    drop(dir.create(home, &first).unwrap());
    dir
}

/// Ends an attempt with a result of this state and no change.
fn end(dir: &AttemptDir, state: TaskState) {
    let mut report = died(id(1).task.to_string(), None);
    report.state = state;
    write_report(dir, &report).unwrap();
}

fn changed(home: &Home) -> Vec<String> {
    let kept = KeptTask::open(home, "last").unwrap().kept();
    kept.changes.into_iter().map(|change| change.path).collect()
}

#[test]
fn the_last_attempt_that_changed_something_has_the_task_s_change() {
    let (_dir, home) = home(&[1]);
    kept_change(&home, &[], &["new.txt"]);
    assert_eq!(changed(&home), ["new.txt"]);
    end(&begin(&home, 2), TaskState::Failed);
    begin(&home, 10);
    assert_eq!(
        changed(&home),
        ["new.txt"],
        "attempts 2 and 10 changed nothing"
    );
}

#[test]
fn a_task_that_completed_without_a_change_has_none_of_an_earlier_attempt() {
    let (_dir, home) = home(&[1]);
    kept_change(&home, &[], &["new.txt"]);
    end(&begin(&home, 2), TaskState::Completed);
    assert_eq!(changed(&home), [""; 0]);
}

#[test]
fn a_task_whose_last_attempt_is_under_way_is_left_to_it() {
    let (_dir, home) = home(&[1]);
    kept_change(&home, &[], &["new.txt"]);
    let Ok(Claim::Ours(held)) = begin(&home, 2).claim() else {
        panic!("nobody holds it")
    };
    let refused = KeptTask::open(&home, "last");
    assert!(
        matches!(refused, Err(KeptError::Live { .. })),
        "{refused:?}"
    );
    drop(held);
    assert!(KeptTask::open(&home, "last").is_ok());
}

#[test]
fn readers_see_every_attempt_while_it_is_under_way() {
    let (_dir, home) = home(&[1]);
    let second = begin(&home, 2);
    fs::write(second.transcript(), "o hello\n").unwrap();
    let Ok(Claim::Ours(_held)) = second.claim() else {
        panic!("nobody holds it")
    };
    let evidence = Evidence::find(&home, "last").unwrap();
    assert_eq!(
        (evidence.task(), evidence.attempts()),
        (id(1).task, vec![1, 2])
    );
    assert_eq!(evidence.transcript(2), second.transcript());
    assert_eq!(evidence.result(), None);
    end(&second, TaskState::Failed);
    assert_eq!(evidence.result().unwrap().state, TaskState::Failed);
    assert!(evidence.began().is_some());
}

#[test]
fn a_task_that_has_not_begun_has_no_evidence() {
    let (_dir, home) = home(&[]);
    let evidence = Evidence::of(&home, id(7).task);
    assert_eq!(evidence.attempts(), Vec::<u32>::new());
    assert_eq!((evidence.began(), evidence.result()), (None, None));
}
