//! Lines for people, and no more moving ones than workers.

use deckhands_model::{AttemptNumber, Cause};
use deckhands_orchestration::{BatchItem, BatchRow};

use super::*;
use crate::sample::plain;

fn row(name: &str) -> BatchRow {
    let item = BatchItem {
        index: 3,
        name: name.to_owned(),
        apply: true,
    };
    BatchRow::of(&item, None, None, &[])
}

fn attempt(n: u8) -> AttemptId {
    AttemptId {
        task: TaskId::from_random([n; 16]),
        number: AttemptNumber::FIRST,
    }
}

fn progress(live: bool) -> Progress {
    let console = Console {
        json: false,
        quiet: true,
        live,
    };
    let progress = Progress::new(console, 2, 10);
    progress.bars.set_draw_target(ProgressDrawTarget::hidden());
    progress
}

#[test]
fn a_task_that_ended_is_told_with_the_count() {
    let failed = BatchRow {
        task_id: Some(TaskId::from_random([0xab; 16])),
        state: Some(TaskState::Failed),
        cause: Some(Cause::Stuck),
        ..row("fix\u{1b}[31m it\nnow")
    };
    let good = BatchRow {
        success: true,
        state: Some(TaskState::Completed),
        ..failed.clone()
    };
    let line = plain(&ended_line(&failed, 12, 500));
    assert_eq!(line, "[12/500] failed abababab fix it now (Stuck)");
    assert!(plain(&ended_line(&good, 1, 2)).starts_with("[1/2] completed abababab"));
    let long = plain(&ended_line(&row(&"x".repeat(1000)), 1, 2));
    assert!(long.len() < 100, "{long}");
}

#[test]
fn there_is_a_line_for_each_worker_at_most() {
    let progress = progress(true);
    let drawn = || progress.state().lines.values().flatten().count();
    for n in 1..=3 {
        progress.begun(attempt(n), "title");
    }
    assert_eq!((drawn(), progress.state().lines.len()), (2, 3));
    progress.over(attempt(1).task);
    assert_eq!((drawn(), progress.state().lines.len()), (1, 2));
    progress.begun(attempt(4), "title");
    assert_eq!(drawn(), 2);
    progress.engine(&EngineEvent::Paused(attempt(4)));
    progress.engine(&EngineEvent::Left(attempt(2)));
    assert_eq!((drawn(), progress.state().lines.len()), (0, 1));
    progress.finish();
    assert_eq!(progress.state().lines.len(), 0);
}

#[test]
fn without_a_terminal_nothing_moves() {
    let progress = progress(false);
    progress.begun(attempt(1), "title");
    assert_eq!(progress.state().lines.values().flatten().count(), 0);
    progress.ended(&row("a"), 1, 10);
    assert_eq!(progress.state().without_success, 1);
    assert_eq!(progress.all.position(), 1);
}
