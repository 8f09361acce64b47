//! Tasks in every state, cancelled once and again.

use deckhands_model::TaskState;

use super::*;
use crate::commands::stored::test_store::{claim, finish, now, queued, state_of};
use crate::sample::plain;

async fn cancel(store: &dyn Store, words: &[&str]) -> Vec<Done> {
    let words: Vec<_> = words.iter().map(ToString::to_string).collect();
    carry_out(store, &words, now()).await.unwrap()
}

#[tokio::test]
async fn each_state_has_its_answer_and_the_same_again() {
    let store = queued(&[1, 2, 3]).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let _running = claim(&store).await;
    let expected = [
        ("already_ended", "01010101 had ended before: failed"),
        ("cancel_requested", "02020202 is asked to end"),
        ("cancelled", "03030303 cancelled"),
    ];
    let all = cancel(&store, &["01", "02", "03"]).await;
    let told: Vec<_> = all
        .iter()
        .map(|done| (done.outcome, plain(&text(done))))
        .collect();
    assert_eq!(told, expected.map(|(word, line)| (word, line.to_owned())));
    assert_eq!(state_of(&store, 3).await, TaskState::Cancelled);
    assert_eq!(state_of(&store, 2).await, TaskState::Running);
    let again = cancel(&store, &["01", "02", "03"]).await;
    assert_eq!(again[..2], all[..2]);
    assert_eq!(again[2].state, Some(TaskState::Cancelled));
}

#[tokio::test]
async fn a_wrong_word_cancels_nothing_at_all() {
    let store = queued(&[1]).await;
    let words = ["01".to_owned(), "ff".to_owned()];
    let error = carry_out(&store, &words, now()).await.unwrap_err().0;
    assert_eq!(error.code, 2);
    assert_eq!(state_of(&store, 1).await, TaskState::Queued);
}
