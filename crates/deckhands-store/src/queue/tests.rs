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
    let queue = TaskQueue::default().with_max_retries(0);
    for number in [1, 2] {
        let task = task(number, Priority::Normal);
        queue.enqueue(&task, NOW).await.unwrap();
    }
    let good = queue.dequeue(NOW).await.unwrap().unwrap().task.id;
    let bad = queue.dequeue(NOW).await.unwrap().unwrap().task.id;
    queue.mark_completed(good, "done", NOW).await.unwrap();
    let state = queue.mark_failed(bad, "no disk", NOW).await.unwrap();
    assert_eq!(state, TaskState::Failed);
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

#[tokio::test]
async fn failed_task_is_tried_again_until_its_retries_are_used_up() {
    let queue = TaskQueue::default();
    let task = task(1, Priority::Normal);
    queue.enqueue(&task, NOW).await.unwrap();
    for retry in 1..=3 {
        queue.dequeue(NOW).await.unwrap().unwrap();
        let why = format!("failure {retry}");
        let state = queue.mark_failed(task.id, &why, NOW).await.unwrap();
        assert_eq!(state, TaskState::Queued);
        let record = queue.get(task.id, NOW).await.unwrap();
        assert_eq!((record.note, record.ended_at), (Some(why), None));
        assert_eq!(queue.result(task.id).await.unwrap(), None);
        assert_eq!(queue.len().await.unwrap(), 1);
    }
    let last = queue.dequeue(NOW).await.unwrap().unwrap();
    assert_eq!(last.task.attempts, 4);
    let state = queue.mark_failed(task.id, "failure 4", NOW).await.unwrap();
    assert_eq!(state, TaskState::Failed);
    assert_eq!(queue.dequeue(NOW).await.unwrap(), None);
    let result = queue.result(task.id).await.unwrap().unwrap();
    let numbers: Vec<u32> = result.attempts.iter().map(|one| one.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(result.error.unwrap().message, "failure 4");
    let events = queue.store().events(Some(task.id), 0, 100).await.unwrap();
    let reasons: Vec<Value> = events
        .into_iter()
        .filter(|event| event.kind == "attempt_failed")
        .map(|mut event| event.data["error"].take())
        .collect();
    let wanted = ["failure 1", "failure 2", "failure 3", "failure 4"];
    assert_eq!(reasons, wanted.map(Value::from));
}

#[tokio::test]
async fn success_after_a_failure_is_a_success_that_tells_both_attempts() {
    let queue = TaskQueue::default();
    let task = task(1, Priority::Normal);
    queue.enqueue(&task, NOW).await.unwrap();
    queue.dequeue(NOW).await.unwrap().unwrap();
    queue.mark_failed(task.id, "no disk", NOW).await.unwrap();
    queue.dequeue(NOW).await.unwrap().unwrap();
    queue.mark_completed(task.id, "done", NOW).await.unwrap();
    let result = queue.result(task.id).await.unwrap().unwrap();
    let outcomes: Vec<&str> = result.attempts.iter().map(|a| a.outcome.as_str()).collect();
    assert_eq!(outcomes, ["failed", "finished"]);
    assert_eq!((result.state, result.error), (TaskState::Completed, None));
}

#[tokio::test]
async fn retry_waits_behind_older_tasks_and_no_full_queue_refuses_it() {
    let queue = TaskQueue::new(1);
    let (first, second) = (task(1, Priority::Normal), task(2, Priority::Normal));
    queue.enqueue(&first, NOW).await.unwrap();
    queue.dequeue(NOW).await.unwrap().unwrap();
    queue.enqueue(&second, NOW).await.unwrap();
    let later = NOW + std::time::Duration::from_secs(1);
    queue.mark_failed(first.id, "no disk", later).await.unwrap();
    assert_eq!(queue.len().await.unwrap(), 2);
    let mut order = Vec::new();
    while let Some(claim) = queue.dequeue(later).await.unwrap() {
        order.push(claim.task.id);
    }
    assert_eq!(order, [second.id, first.id]);
}

#[tokio::test]
async fn held_or_cancelled_task_is_not_tried_again() {
    let queue = TaskQueue::default();
    let (held, gone) = (task(1, Priority::Normal), task(2, Priority::Normal));
    for task in [&held, &gone] {
        queue.enqueue(task, NOW).await.unwrap();
        queue.dequeue(NOW).await.unwrap().unwrap();
    }
    queue.store().hold(held.id, NOW).await.unwrap();
    let state = queue.mark_failed(held.id, "no disk", NOW).await.unwrap();
    assert_eq!(state, TaskState::Pending);
    queue.store().cancel(gone.id, NOW).await.unwrap();
    let state = queue.mark_failed(gone.id, "no disk", NOW).await.unwrap();
    assert_eq!(state, TaskState::Cancelled);
    assert_eq!(queue.dequeue(NOW).await.unwrap(), None);
    queue.store().release(held.id, NOW).await.unwrap();
    let again = queue.dequeue(NOW).await.unwrap().unwrap();
    assert_eq!(again.task.id, held.id);
}

/// Workers take from each other what they have just given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_told_as_what_it_led_to_however_quick_others_are() {
    for round in 0..100 {
        let queue = TaskQueue::default().with_max_retries(u32::MAX);
        let only = task(1, Priority::Normal);
        let id = only.id;
        queue.enqueue(&only, NOW).await.unwrap();
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let queue = queue.clone();
            workers.spawn(async move {
                for _ in 0..100 {
                    if queue.dequeue(NOW).await.unwrap().is_some() {
                        let told = queue.mark_failed(id, "no disk", NOW).await;
                        assert_eq!(told.unwrap(), TaskState::Queued, "round {round}");
                    }
                }
            });
        }
        workers.join_all().await;
    }
}
