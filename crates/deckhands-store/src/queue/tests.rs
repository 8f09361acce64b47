//! The queue of one program.

use deckhands_model::Priority;
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);

fn task(number: u8, priority: Priority) -> NewTask {
    let id = TaskId::from_random([number; 16]);
    let mut task = NewTask::new(id, format!("task {number}"), json!(number));
    task.priority = priority;
    task
}

#[tokio::test]
async fn high_goes_before_normal_before_low() {
    let queue = TaskQueue::default();
    for (number, priority) in [
        (1, Priority::Low),
        (2, Priority::High),
        (3, Priority::Normal),
        (4, Priority::Critical),
    ] {
        queue.enqueue(&task(number, priority), NOW).await.unwrap();
    }
    let mut specs = Vec::new();
    while let Some(claim) = queue.dequeue(NOW).await.unwrap() {
        specs.push(claim.spec);
    }
    assert_eq!(specs, [json!(4), json!(2), json!(3), json!(1)]);
    assert!(queue.is_empty().await.unwrap());
}

#[tokio::test]
async fn ends_are_kept_with_their_text() {
    let queue = TaskQueue::default();
    for number in [1, 2] {
        let task = task(number, Priority::Normal);
        queue.enqueue(&task, NOW).await.unwrap();
    }
    let good = queue.dequeue(NOW).await.unwrap().unwrap().task.id;
    let bad = queue.dequeue(NOW).await.unwrap().unwrap().task.id;
    queue.mark_completed(good, "done", NOW).await.unwrap();
    queue.mark_failed(bad, "no disk", NOW).await.unwrap();
    let result = queue.result(good).await.unwrap().unwrap();
    assert_eq!(
        (result.state, result.output.as_str()),
        (TaskState::Completed, "done")
    );
    let result = queue.result(bad).await.unwrap().unwrap();
    let error = result.error.map(|error| error.message);
    assert_eq!(
        (result.state, error.as_deref()),
        (TaskState::Failed, Some("no disk"))
    );
    let stats = queue.stats(NOW).await.unwrap();
    assert_eq!(stats.states.get("completed"), Some(&1));
    assert_eq!(stats.states.get("failed"), Some(&1));
    assert_eq!(queue.get(good, NOW).await.unwrap().ended_at, Some(NOW));
}

#[tokio::test]
async fn only_a_taken_task_ends_and_only_once() {
    let queue = TaskQueue::default();
    let task = task(1, Priority::Normal);
    let early = queue.mark_completed(task.id, "", NOW).await;
    assert!(
        matches!(early, Err(StoreError::UnknownTask(_))),
        "{early:?}"
    );
    queue.enqueue(&task, NOW).await.unwrap();
    let early = queue.mark_completed(task.id, "", NOW).await;
    assert!(
        matches!(early, Err(StoreError::WrongState { .. })),
        "{early:?}"
    );
    queue.dequeue(NOW).await.unwrap().unwrap();
    queue.mark_completed(task.id, "", NOW).await.unwrap();
    let late = queue.mark_failed(task.id, "", NOW).await;
    assert!(
        matches!(late, Err(StoreError::WrongState { .. })),
        "{late:?}"
    );
}

#[tokio::test]
async fn full_queue_refuses_until_a_task_is_taken() {
    let queue = TaskQueue::new(1);
    queue
        .enqueue(&task(1, Priority::Normal), NOW)
        .await
        .unwrap();
    let full = queue.enqueue(&task(2, Priority::Normal), NOW).await;
    assert!(matches!(full, Err(StoreError::Full { max: 1 })), "{full:?}");
    assert_eq!(queue.len().await.unwrap(), queue.max_size());
    queue.dequeue(NOW).await.unwrap().unwrap();
    queue
        .clone()
        .enqueue(&task(2, Priority::Normal), NOW)
        .await
        .unwrap();
    assert_eq!(queue.len().await.unwrap(), 1);
}
