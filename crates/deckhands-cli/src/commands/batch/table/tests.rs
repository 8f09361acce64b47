//! The table tells every task, and what to do next.

use deckhands_model::{Cause, TaskId, TaskState};
use deckhands_orchestration::{BatchHead, BatchItem, BatchTally};
use jiff::Timestamp;

use super::*;
use crate::sample::plain;

fn summary(interrupted: bool, states: &[Option<TaskState>]) -> BatchSummary {
    let head = BatchHead {
        batch: "b1".to_owned(),
        file: "tasks.toml".to_owned(),
        resumed: false,
        interrupted,
        started_at: Timestamp::UNIX_EPOCH,
        ended_at: Timestamp::from_second(90).unwrap(),
    };
    let mut tally = BatchTally::default();
    for (place, _) in states.iter().enumerate() {
        let item = BatchItem {
            index: place + 1,
            name: format!("\u{1b}[2Jtask\n{}", place + 1),
            apply: true,
        };
        tally.open(&item, None);
    }
    let mut summary = tally.summary(head);
    for (row, state) in summary.tasks.iter_mut().zip(states) {
        row.state = *state;
        row.success = *state == Some(TaskState::Completed);
        row.task_id = state.map(|_| TaskId::from_random([7; 16]));
        row.cause = (*state == Some(TaskState::Failed)).then_some(Cause::Stuck);
    }
    summary
}

#[test]
fn every_task_has_a_line_without_escapes() {
    let states = [Some(TaskState::Completed), Some(TaskState::Failed), None];
    let text = plain(&text(&summary(false, &states)));
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].trim_start().starts_with('#'), "{text}");
    assert!(
        lines[1].contains("completed") && lines[1].contains("task 1"),
        "{text}"
    );
    assert!(
        lines[2].contains("failed") && lines[2].contains("Stuck"),
        "{text}"
    );
    assert!(lines[3].contains("not handed in"), "{text}");
    assert!(text.contains("cost unknown"), "{text}");
    assert!(
        text.ends_with("tells the first without success\n"),
        "{text}"
    );
}

#[test]
fn an_interrupted_batch_says_how_to_go_on() {
    let mut summary = summary(true, &[Some(TaskState::Queued), None]);
    summary.counts.unfinished = 1;
    let text = plain(&text(&summary));
    assert!(
        text.ends_with("`deckhands batch tasks.toml --resume` goes on with it\n"),
        "{text}"
    );
}

#[test]
fn a_success_needs_no_next_step() {
    let mut summary = summary(false, &[Some(TaskState::Completed)]);
    summary.success = true;
    let text = plain(&text(&summary));
    assert!(text.contains("success: ") && !text.contains('`'), "{text}");
}
