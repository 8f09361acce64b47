//! One refusal among several tasks, and alone.

use deckhands_store::MemoryStore;

use super::*;
use crate::commands::stored::test_store::{id, queued};

async fn all(store: &MemoryStore, words: &[&str]) -> Result<Vec<Done>, CliError> {
    let words: Vec<_> = words.iter().map(ToString::to_string).collect();
    each(store, &words, async |task| {
        if task == id(1) {
            return Err(CliError::new(3, "no", None));
        }
        Ok(Done::new(task, "done"))
    })
    .await
}

#[tokio::test]
async fn a_refusal_stops_none_of_the_others_and_is_the_exit_code() {
    let store = queued(&[1, 2]).await;
    let done = all(&store, &["01", "02"]).await.unwrap();
    let words: Vec<_> = done.iter().map(|done| done.outcome).collect();
    assert_eq!(words, ["refused", "done"]);
    assert_eq!((code(&done), code(&done[1..])), (3, 0));
    let document = json!(done);
    assert_eq!(document[0]["error"]["message"], "no");
    assert_eq!(document[1]["error"], json!(null));
    assert_eq!(document[1].get("state"), None);
}

#[tokio::test]
async fn the_refusal_of_a_single_task_is_the_command_s_own() {
    let store = queued(&[1]).await;
    let error = all(&store, &["01", "last"]).await.unwrap_err().0;
    assert_eq!((error.code, error.message.as_str()), (3, "no"));
}
