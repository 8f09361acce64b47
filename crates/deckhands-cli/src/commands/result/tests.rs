//! Results of stored tasks, of tasks that are not stored, and what is told where there is none.

use std::ffi::OsString;
use std::fs;

use deckhands_config::{Sources, load};
use deckhands_orchestration::SystemIds;
use deckhands_store::{Draw, Intake as _, MemoryStore, MoneyCaps, NewTask, Work as _};
use tempfile::TempDir;

use super::*;
use crate::commands::stored::test_store::{claim, finish, hand_in, id, new, now, queued, requeue};
use crate::sample;

fn home() -> (TempDir, Home) {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    (dir, home)
}

/// Writes a result document as an attempt's process does.
fn keep(home: &Home, byte: u8, report: &RunReport) {
    let attempt = home.task_dir(id(byte)).join("1");
    fs::create_dir_all(&attempt).unwrap();
    let record = serde_json::json!({
        "task_id": id(byte), "number": 1, "workspace": "/w", "started_at": now(),
    });
    fs::write(attempt.join("attempt.json"), record.to_string()).unwrap();
    let text = serde_json::to_string(report).unwrap();
    fs::write(attempt.join("result.json"), text).unwrap();
}

#[tokio::test]
async fn the_stored_result_is_told_whatever_the_end() {
    let (_dir, home) = home();
    for state in [TaskState::Completed, TaskState::Failed] {
        let store = queued(&[1]).await;
        finish(&store, &claim(&store).await, state).await;
        let report = read(&store, &home, "last", now()).await.unwrap();
        assert_eq!((report.state, report.task_id), (state, id(1).to_string()));
    }
}

#[tokio::test]
async fn a_change_that_was_applied_later_is_told_as_applied() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let mut kept = sample::failed(deckhands_model::Cause::Stuck);
    keep(&home, 1, &kept);
    assert!(!read(&store, &home, "01", now()).await.unwrap().applied);
    kept.applied = true;
    keep(&home, 1, &kept);
    assert!(read(&store, &home, "01", now()).await.unwrap().applied);
}

#[tokio::test]
async fn a_task_that_is_not_stored_has_its_own_document() {
    let (_dir, home) = home();
    keep(&home, 1, &sample::completed());
    let report = read(&MemoryStore::default(), &home, "01", now()).await;
    assert_eq!(report.unwrap(), sample::completed());
}

#[tokio::test]
async fn a_task_without_a_result_says_where_it_stands() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    let error = read(&store, &home, "01", now()).await.unwrap_err().0;
    assert_eq!(error.code, 1);
    let message = &error.message;
    assert!(message.ends_with("it is queued"), "{message}");
    assert!(error.hint.unwrap().contains("deckhands watch"));
    let unknown = read(&store, &home, "ff", now()).await.unwrap_err().0;
    assert_eq!(unknown.code, 2);
}

#[tokio::test]
async fn money_of_a_task_that_was_cancelled_while_it_waited_has_its_cap() {
    let (_dir, home) = home();
    let store = MemoryStore::default();
    let task = NewTask {
        spec: serde_json::json!({ "text": "x", "max_cost": 2_000_000_000_u64 }),
        ..new(1)
    };
    hand_in(&store, &task).await;
    let first = claim(&store).await;
    let draw = Draw {
        least: 1,
        wanted: 500_000_000,
        caps: MoneyCaps::default(),
    };
    store.draw(first.fence, draw, now()).await.unwrap();
    store
        .settle(first.fence, 200_000_000, 300_000_000, now())
        .await
        .unwrap();
    requeue(&store, &first).await;
    store.cancel(id(1), now()).await.unwrap();
    let money = read(&store, &home, "01", now()).await.unwrap().money;
    let expected = MoneyReport {
        cap_usd: Some(2.0),
        spent_usd: 0.2,
        uncertain_usd: 0.0,
    };
    assert_eq!(money, Some(expected));
}

#[tokio::test]
async fn calls_are_read_from_the_files_of_the_attempts() {
    let (_dir, home) = home();
    keep(&home, 1, &sample::completed());
    let file = home.task_dir(id(1)).join("1/calls.jsonl");
    let line = serde_json::to_string(&sample::call("openai/a", "a-1")).unwrap();
    fs::write(file, format!("{line}\n{{\"torn")).unwrap();
    let calls = calls::read(&Evidence::of(&home, id(1))).unwrap();
    let text = sample::plain(&calls::text(&calls));
    assert!(text.contains("openai/a") && text.contains("a-1"), "{text}");
    let none = calls::read(&Evidence::of(&home, id(2))).unwrap();
    assert!(none.is_empty());
}

#[test]
fn keys_are_hidden_in_both_forms() {
    const KEY: &str = "canary-0123456789";
    let dir = TempDir::new().unwrap();
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        env: [(OsString::from("OPENROUTER_API_KEY"), OsString::from(KEY))].into(),
        ..Sources::default()
    });
    let redaction = Redaction::of(&settings.unwrap());
    let report = RunReport {
        output: format!("I read {KEY}"),
        ..sample::completed()
    };
    for text in [summary(&report), document(&report, &[]).unwrap()] {
        let text = redaction.text(&text);
        assert!(text.contains("I read ***") && !text.contains(KEY), "{text}");
    }
}
