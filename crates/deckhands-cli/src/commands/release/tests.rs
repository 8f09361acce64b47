//! What kept a task from being started is taken away.

use deckhands_model::TaskState;
use deckhands_store::{MemoryStore, NewTask};
use jiff::ToSpan as _;

use super::*;
use crate::commands::stored::test_store::{hand_in, new, now, state_of};

#[tokio::test]
async fn holds_and_times_are_taken_away() {
    let store = MemoryStore::default();
    let held = NewTask {
        held: true,
        ..new(1)
    };
    let early = NewTask {
        not_before: Some(now() + 1.hour()),
        ..new(2)
    };
    hand_in(&store, &held).await;
    hand_in(&store, &early).await;
    let words = ["01".to_owned(), "02".to_owned(), "01".to_owned()];
    for _ in 0..2 {
        let all = carry_out(&store, &words, now()).await.unwrap();
        assert_eq!(all.len(), 2, "each once");
        assert!(all.iter().all(|done| done.outcome == "released"));
        for byte in [1, 2] {
            assert_eq!(state_of(&store, byte).await, TaskState::Queued);
        }
    }
}
