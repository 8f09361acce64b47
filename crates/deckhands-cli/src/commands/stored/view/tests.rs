//! What people and programs see of a task.

use deckhands_store::{MemoryStore, NewTask, Progress, Queries as _, Work as _};
use jiff::ToSpan as _;
use serde_json::json;

use super::*;
use crate::commands::stored::test_store::{claim, finish, hand_in, id, new, now, requeue};
use crate::sample::plain;

async fn view(store: &MemoryStore, byte: u8) -> TaskView {
    TaskView::from(&store.task(id(byte), now()).await.unwrap())
}

async fn handed_in(task: NewTask) -> MemoryStore {
    let store = MemoryStore::default();
    hand_in(&store, &task).await;
    store
}

#[tokio::test]
async fn a_document_has_every_field_also_where_nothing_is_known() {
    let store = handed_in(NewTask {
        model: None,
        ..new(1)
    })
    .await;
    let document = json!(view(&store, 1).await);
    let names: Vec<_> = document.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names.join(" "),
        "attempts_begun batch cancel_requested category cause cost_so_far_usd ended_at held model not_before note \
         priority retry_of started_at state submitted_at task_id title"
    );
    assert_eq!(document["model"], json!(null));
    assert_eq!(document["task_id"], id(1).to_string());
}

#[tokio::test]
async fn what_keeps_a_task_from_going_on_is_told() {
    let held = NewTask {
        held: true,
        ..new(1)
    };
    let store = handed_in(held).await;
    assert_eq!(state(&view(&store, 1).await), "pending (held)");
    let later = NewTask {
        not_before: Some(now() + 2.hours()),
        ..new(1)
    };
    let store = handed_in(later).await;
    let lines = view(&store, 1).await.lines(now());
    let until = lines.iter().find(|(name, _)| *name == "not before");
    assert_eq!(until.unwrap().1, "1970-01-01T02:00:00Z (in 2h)");
    let after = view(&store, 1).await.lines(now() + 3.hours());
    assert!(after.iter().all(|(name, _)| *name != "not before"));
}

#[tokio::test]
async fn attempts_tell_what_they_took_but_no_token() {
    let store = handed_in(new(1)).await;
    let first = claim(&store).await;
    requeue(&store, &first).await;
    let second = claim(&store).await;
    let attempts = store.attempts(id(1)).await.unwrap();
    let views: Vec<_> = attempts.iter().map(AttemptView::from).collect();
    let document = json!(views);
    assert_eq!(document[0]["outcome"], "failed");
    assert_eq!(document[0]["cause"], "Stuck");
    assert_eq!(document[0]["work_time_s"], 7.5);
    assert_eq!(document[0]["usage"]["cost_usd"], json!(null));
    assert_eq!(document[1]["state"], "running");
    assert_eq!(document[1]["usage"], json!(null));
    assert!(document[1].get("session").is_none());
    finish(&store, &second, TaskState::Failed).await;
    let told = view(&store, 1).await.lines(now());
    assert!(told.contains(&("cause", "Stuck".to_owned())), "{told:?}");
}

#[tokio::test]
async fn what_an_attempt_has_cost_so_far_is_told_while_it_is_under_way() {
    let store = handed_in(new(1)).await;
    let first = claim(&store).await;
    let told = |live: &[AttemptRecord]| AttemptView::from(&live[0]).cost_usd;
    assert_eq!(told(&store.live_attempts().await.unwrap()), None);
    let progress = Progress {
        cost: Some(12_300_000),
        ..Progress::default()
    };
    store.progress(first.fence, &progress, now()).await.unwrap();
    let live = store.live_attempts().await.unwrap();
    assert_eq!(told(&live), Some(0.0123));
    let mut tasks = [view(&store, 1).await];
    assert!(!rows(&tasks, now()).contains("cost"));
    with_costs(&mut tasks, &live);
    let table = rows(&tasks, now());
    assert!(
        table.contains("cost so far") && table.contains(" $0.0123 "),
        "{table}"
    );
    assert_eq!(json!(tasks[0])["cost_so_far_usd"], 0.0123);
    finish(&store, &first, TaskState::Failed).await;
    let attempts = store.attempts(id(1)).await.unwrap();
    assert_eq!(
        told(&attempts),
        None,
        "what it cost in the end is not known"
    );
}

#[tokio::test]
async fn a_title_in_a_list_moves_no_terminal_and_has_a_bound() {
    let odd = NewTask {
        title: format!("\u{1b}[2J{}", "x".repeat(500)),
        ..new(1)
    };
    let store = handed_in(odd).await;
    let table = rows(&[view(&store, 1).await], now());
    assert_eq!(plain(&table), table);
    let line = table.lines().nth(1).unwrap();
    assert!(line.contains(" 01010101 ") && line.len() < 150, "{line}");
}

#[test]
fn ages_in_their_largest_unit() {
    let rows = [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3600, "1h"),
        (172_800, "2d"),
    ];
    for (seconds, expected) in rows {
        assert_eq!(ago(now(), now() + seconds.seconds()), expected);
    }
    assert_eq!(
        ago(now() + 5.seconds(), now()),
        "0s",
        "a clock was set back"
    );
}
