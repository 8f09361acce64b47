//! Held tasks wait; ended ones cannot be held.

use deckhands_model::TaskState;

use super::*;
use crate::commands::stored::test_store::{claim, finish, now, queued, state_of};

async fn hold(store: &dyn Store, word: &str) -> Result<Vec<Done>, CliError> {
    carry_out(store, &[word.to_owned()], now()).await
}

#[tokio::test]
async fn a_held_task_waits_and_is_held_again_without_harm() {
    let store = queued(&[1]).await;
    for _ in 0..2 {
        assert_eq!(hold(&store, "last").await.unwrap()[0].outcome, "held");
        assert_eq!(state_of(&store, 1).await, TaskState::Pending);
    }
}

#[tokio::test]
async fn a_task_that_has_ended_cannot_be_held() {
    let store = queued(&[1]).await;
    finish(&store, &claim(&store).await, TaskState::Completed).await;
    let error = hold(&store, "01").await.unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(error.hint.unwrap().contains("deckhands status"));
}
