//! Events as lines, and read without gap or double.

use deckhands_model::TaskState;
use deckhands_store::{Intake as _, MemoryStore};
use serde_json::json;

use super::*;
use crate::commands::stored::test_store::{claim, finish, hand_in, id, new, now, queued};

fn event(kind: &str, data: Value) -> EventRecord {
    EventRecord {
        seq: 7,
        at: now(),
        task: id(1),
        attempt: Some(2),
        kind: kind.to_owned(),
        data,
    }
}

#[test]
fn a_line_for_people_moves_no_terminal_and_has_a_bound() {
    let rows = [
        (Value::Null, "claimed"),
        (json!({"a": null}), "claimed"),
        (json!({"route": "m", "n": 1}), "claimed n=1 route=m"),
        (json!("\u{1b}[2Jword\nnext"), "claimed word next"),
        (
            json!({"a\u{7}": {"b": "\u{1b}[31m"}}),
            "claimed a={\"b\":\"\\u001b[31m\"}",
        ),
    ];
    for (data, end) in rows {
        let event = event("claimed", data);
        let line = EventView::from(&event).line();
        assert_eq!(line, format!("1970-01-01T00:00:00Z 01010101  #2 {end}"));
    }
    let long = event("noted", json!({ "text": "x".repeat(10_000) }));
    assert!(EventView::from(&long).line().len() < 300);
}

#[test]
fn a_line_of_json_has_every_field() {
    let event = event("claimed", json!({"worker": "w"}));
    let line = EventView::from(&event).json();
    assert!(!line.contains('\n'));
    let read: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        read,
        json!({
            "seq": 7, "at": "1970-01-01T00:00:00Z", "task_id": id(1), "attempt": 2,
            "kind": "claimed", "data": {"worker": "w"},
        })
    );
}

async fn kinds(follow: &mut Follow<'_>) -> Vec<String> {
    let mut kinds = Vec::new();
    let read = follow.drain(|event| kinds.push(event.kind.clone())).await;
    read.unwrap();
    kinds
}

#[tokio::test]
async fn a_task_s_events_come_once_and_in_order() {
    let store = queued(&[1, 2]).await;
    let mut follow = Follow::task(&store, id(1));
    assert_eq!(kinds(&mut follow).await, ["submitted"]);
    assert_eq!(kinds(&mut follow).await, [""; 0]);
    let claim = claim(&store).await;
    let begun = kinds(&mut follow).await;
    assert_eq!(begun.first().map(String::as_str), Some("claimed"));
    finish(&store, &claim, TaskState::Completed).await;
    assert_eq!(kinds(&mut follow).await.last().unwrap(), "finished");
}

#[tokio::test]
async fn following_everything_begins_now_however_much_there_was() {
    for before in [0, 1, 2, 3, 7, 8, 100] {
        let store = MemoryStore::default();
        for byte in 0..before {
            hand_in(&store, &new(byte)).await;
        }
        let mut follow = Follow::all(&store).await.unwrap();
        assert_eq!(kinds(&mut follow).await, [""; 0], "{before}");
        hand_in(&store, &new(200)).await;
        assert_eq!(kinds(&mut follow).await, ["submitted"], "{before}");
    }
}

#[tokio::test]
async fn more_than_a_page_is_read_whole() {
    let store = queued(&[1]).await;
    for _ in 0..PAGE {
        store.hold(id(1), now()).await.unwrap();
        store.release(id(1), now()).await.unwrap();
    }
    let all = kinds(&mut Follow::task(&store, id(1))).await;
    assert_eq!(all.len(), 1 + 2 * usize::try_from(PAGE).unwrap());
}
