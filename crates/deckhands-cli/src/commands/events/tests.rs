//! The events of the task that is meant, and of no other.

use super::*;
use crate::commands::stored::test_store::{id, queued};

#[tokio::test]
async fn the_events_of_the_task_that_is_meant() {
    let store = queued(&[1, 2]).await;
    let mut seen = Vec::new();
    let each = |event: &EventRecord| seen.push((event.task, event.kind.clone()));
    read(&store, "02", each).await.unwrap();
    assert_eq!(seen, [(id(2), "submitted".to_owned())]);
    let error = read(&store, "ff", |_| {}).await.unwrap_err().0;
    assert_eq!(error.code, 2);
}
