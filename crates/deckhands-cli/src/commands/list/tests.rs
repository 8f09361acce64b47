//! Which tasks a list has, and in which order.

use deckhands_store::{MemoryStore, NewTask};

use super::*;
use crate::args::{Args, Command};
use crate::commands::stored::test_store::{claim, finish, hand_in, id, new, now, queued};
use clap::Parser as _;
use deckhands_model::TaskState;

async fn listed(store: &MemoryStore, flags: &str) -> (Vec<u8>, u64) {
    let line = ["deckhands", "list"]
        .into_iter()
        .chain(flags.split_whitespace());
    let Command::List(args) = Args::try_parse_from(line).unwrap().command else {
        panic!("no list: {flags}")
    };
    let listing = newest(store, &args, now()).await.unwrap();
    let byte = |task: &TaskView| (0..=255).find(|byte| id(*byte) == task.task_id).unwrap();
    (listing.tasks.iter().map(byte).collect(), listing.left_out)
}

#[tokio::test]
async fn the_newest_ones_in_the_order_of_their_hand_in() {
    let store = queued(&[5, 3, 4, 1, 2]).await;
    assert_eq!(listed(&store, "").await, (vec![5, 3, 4, 1, 2], 0));
    assert_eq!(listed(&store, "--limit 2").await, (vec![1, 2], 3));
    assert_eq!(listed(&store, "--limit 5").await, (vec![5, 3, 4, 1, 2], 0));
    assert_eq!(listed(&MemoryStore::default(), "").await, (Vec::new(), 0));
}

#[tokio::test]
async fn states_and_batches_are_chosen() {
    let store = queued(&[1, 2, 3]).await;
    for byte in [4, 5, 6] {
        let task = NewTask {
            batch: Some("b".to_owned()),
            ..new(byte)
        };
        hand_in(&store, &task).await;
    }
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let _running = claim(&store).await;
    let rows = [
        ("--state failed", vec![1], 0),
        ("--state failed,running", vec![1, 2], 0),
        ("--state failed --state running", vec![1, 2], 0),
        ("--state queued --limit 3", vec![4, 5, 6], 1),
        ("--state completed", vec![], 0),
        ("--batch b", vec![4, 5, 6], 0),
        ("--batch b --limit 2", vec![5, 6], 1),
        ("--batch b --state running", vec![], 0),
        ("--batch other", vec![], 0),
    ];
    for (flags, bytes, left_out) in rows {
        assert_eq!(listed(&store, flags).await, (bytes, left_out), "{flags}");
    }
}

#[tokio::test]
async fn more_than_a_page() {
    let store = MemoryStore::default();
    for byte in 0..=255 {
        for batch in ["a", "b", "c"] {
            let mut id = [byte; 16];
            id[0] = batch.as_bytes()[0];
            let task = NewTask {
                id: deckhands_model::TaskId::from_random(id),
                batch: Some(batch.to_owned()),
                ..new(byte)
            };
            hand_in(&store, &task).await;
        }
    }
    let args = |limit: u32, batch: Option<&str>| ListArgs {
        state: Vec::new(),
        batch: batch.map(str::to_owned),
        limit: limit.try_into().unwrap(),
    };
    for (limit, batch, expected) in [(700, None, (700, 68)), (100, Some("b"), (100, 156))] {
        let listing = newest(&store, &args(limit, batch), now()).await.unwrap();
        assert_eq!((listing.tasks.len(), listing.left_out), expected);
        assert_eq!(listing.tasks.last().unwrap().title, "task 255");
    }
}
