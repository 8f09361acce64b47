//! One task and all together.

use deckhands_store::MemoryStore;
use serde_json::json;

use super::*;
use crate::commands::stored::test_store::{claim, finish, id, now, queued, requeue};
use crate::sample::plain;

#[tokio::test]
async fn one_task_with_its_attempts_and_what_to_type_next() {
    let store = queued(&[1]).await;
    let first = claim(&store).await;
    requeue(&store, &first).await;
    let second = claim(&store).await;
    let running = one(&store, "01", now()).await.unwrap();
    let text = plain(&one_text(&running, now()));
    assert!(text.starts_with(&format!("task {}\n", id(1))), "{text}");
    assert!(text.contains("  state      running\n"), "{text}");
    assert!(
        text.contains("attempt 1  failed (Stuck) · 7.5 s at work, 1.0 s waiting · 9 events"),
        "{text}"
    );
    assert!(text.contains("attempt 2  running"), "{text}");
    assert!(text.ends_with("next: deckhands watch 01010101\n"), "{text}");
    finish(&store, &second, TaskState::Completed).await;
    let ended = one(&store, "last", now()).await.unwrap();
    let text = plain(&one_text(&ended, now()));
    assert!(
        text.ends_with("next: deckhands result 01010101\n"),
        "{text}"
    );
    let document = json!(ended);
    assert_eq!(document["task"]["state"], "completed");
    assert_eq!(document["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(document["money"]["spent_usd"], 0.0);
}

#[tokio::test]
async fn all_together_lists_what_runs() {
    let store = queued(&[1, 2]).await;
    let _running = claim(&store).await;
    let all = overview(&store, 10, now()).await.unwrap();
    let text = plain(&overview_text(&all, now()));
    assert!(
        text.contains("01010101") && !text.contains("02020202"),
        "{text}"
    );
    assert_eq!(json!(all)["stats"]["states"]["queued"], 1);
    let none = overview(&MemoryStore::default(), 10, now()).await.unwrap();
    assert_eq!(overview_text(&none, now()), stats::text(&none.stats, now()));
}

#[tokio::test]
async fn an_unknown_task_is_a_usage_error() {
    let error = one(&MemoryStore::default(), "01", now())
        .await
        .unwrap_err()
        .0;
    assert_eq!(error.code, 2);
}
