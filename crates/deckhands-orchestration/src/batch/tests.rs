//! Batches over the store in memory and scripted attempts, on the paused clock.

mod fixture;

use std::time::Duration;

use deckhands_model::{Cause, TaskState};
use deckhands_store::{Intake, Queries, StoreError};
use tokio::time::sleep;

use fixture::{Script, World, failing, good, hanging};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn options(max_size: u64) -> BatchOptions {
    BatchOptions {
        bounds: QueueBounds { max_size },
        ..BatchOptions::default()
    }
}

fn fail_fast() -> BatchOptions {
    BatchOptions {
        fail_fast: true,
        ..options(1000)
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_larger_than_the_queue_is_handed_in_as_room_appears() {
    let world = World::default();
    let scripts = vec![good(10); 60];
    let outcome = world.run(&scripts, options(3)).await.unwrap();
    let summary = world.summary(outcome.tally);
    assert!(outcome.over && summary.success, "{:?}", summary.counts);
    assert_eq!(summary.counts.completed, 60);
    assert_eq!(outcome.engine.attempts, 60);
    let told = world.told();
    // Five may be claimed and not told as begun yet.
    assert!(world.most_waiting() <= 3 + 5, "{}", world.most_waiting());
    assert_eq!(
        told.iter().filter(|line| line.starts_with("full")).count(),
        1
    );
    assert_eq!(
        told.iter().filter(|line| line.starts_with("ended")).count(),
        60
    );
    assert_eq!(told.last().unwrap(), "ended 60 of 60");
}

#[tokio::test(start_paused = true)]
async fn rows_stand_in_the_order_of_the_file() {
    let world = World::default();
    let scripts = [good(30), failing(1, Cause::BadKey), good(1)];
    let outcome = world.run(&scripts, options(1000)).await.unwrap();
    let summary = world.summary(outcome.tally);
    let states: Vec<_> = summary.tasks.iter().map(|row| row.state.unwrap()).collect();
    let expected = [
        TaskState::Completed,
        TaskState::Failed,
        TaskState::Completed,
    ];
    assert_eq!(states, expected);
    assert_eq!(summary.tasks[1].cause, Some(Cause::BadKey));
    assert_eq!(summary.figures.attempts.total, 3);
    assert!(outcome.over && !summary.success);
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_cancels_the_rest_where_that_is_asked_for() {
    let world = World::default();
    let mut scripts = vec![good(1), failing(5, Cause::BadKey), hanging()];
    scripts.extend(vec![good(100); 20]);
    let bounds = BatchOptions {
        bounds: QueueBounds { max_size: 4 },
        ..fail_fast()
    };
    let outcome = world.run(&scripts, bounds).await.unwrap();
    let counts = world.summary(outcome.tally).counts;
    assert!(outcome.over);
    assert_eq!(
        (counts.completed, counts.failed, counts.unfinished),
        (1, 1, 0)
    );
    assert!(
        counts.cancelled >= 5,
        "running and waiting ones: {counts:?}"
    );
    assert_eq!(counts.cancelled + counts.not_handed_in, 21);
    assert!(counts.not_handed_in >= 12, "{counts:?}");
    assert!(world.told().contains(&"cancelling 21".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn without_it_every_task_is_tried() {
    let world = World::default();
    let scripts = [failing(1, Cause::BadKey), good(1), good(1)];
    let outcome = world.run(&scripts, options(1000)).await.unwrap();
    assert_eq!(world.summary(outcome.tally).counts.completed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_counts_as_a_failure() {
    let world = World::default();
    let scripts = [
        Script {
            conflict: true,
            ..good(1)
        },
        hanging(),
    ];
    let outcome = world.run(&scripts, fail_fast()).await.unwrap();
    let counts = world.summary(outcome.tally).counts;
    assert_eq!(
        (counts.completed, counts.not_applied, counts.cancelled),
        (1, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_drains_pauses_and_hands_nothing_more_in_and_the_rest_can_be_resumed() {
    let world = World::default();
    let mut scripts = vec![good(100); 2];
    scripts.extend(vec![good(1); 6]);
    let signals = StopSignals::default();
    let stop = async {
        sleep(5 * SECOND).await;
        signals.stop.cancel();
    };
    let (outcome, ()) = tokio::join!(world.run_with(&scripts, options(3), 2, &signals), stop);
    let outcome = outcome.unwrap();
    let counts = world.summary(outcome.tally).counts;
    assert!(!outcome.over);
    assert_eq!(outcome.engine.left, 0);
    assert_eq!(
        (counts.completed, counts.unfinished, counts.not_handed_in),
        (0, 5, 3)
    );

    let outcome = world.run(&scripts, options(3)).await.unwrap();
    let summary = world.summary(outcome.tally);
    assert!(outcome.over && summary.success);
    assert_eq!(world.births(), 8, "no task was made twice");
    assert_eq!(
        world.store.stats(world.now()).await.unwrap().states["completed"],
        8
    );
}

#[tokio::test(start_paused = true)]
async fn the_second_signal_cancels_all_that_is_not_over() {
    let world = World::default();
    let scripts = vec![hanging(); 10];
    let signals = StopSignals::default();
    let stop = async {
        sleep(5 * SECOND).await;
        signals.stop.cancel();
        sleep(SECOND).await;
        signals.cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(world.run_with(&scripts, options(4), 2, &signals), stop);
    let counts = world.summary(outcome.unwrap().tally).counts;
    assert_eq!((counts.cancelled, counts.not_handed_in), (6, 4));
    assert_eq!(counts.unfinished, 0);
}

#[tokio::test(start_paused = true)]
async fn resuming_takes_over_what_had_ended_before() {
    let world = World::default();
    let scripts = [good(1), failing(1, Cause::BadKey)];
    world.run(&scripts, options(1000)).await.unwrap();
    let outcome = world.run(&scripts, options(1000)).await.unwrap();
    let counts = world.summary(outcome.tally).counts;
    assert_eq!((counts.completed, counts.failed), (1, 1));
    assert_eq!(world.births(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_applied_by_hand_counts_as_applied_when_the_batch_is_resumed() {
    let world = World::default();
    let scripts = [Script {
        conflict: true,
        ..good(1)
    }];
    let outcome = world.run(&scripts, options(1000)).await.unwrap();
    let summary = world.summary(outcome.tally);
    assert_eq!(summary.counts.not_applied, 1);
    let id = summary.tasks[0].task_id.unwrap();
    let mut report = world.store.result(id).await.unwrap().unwrap();
    report.applied = true;
    let attempt = world.home.task_dir(id).join("1");
    std::fs::create_dir_all(&attempt).unwrap();
    let text = serde_json::to_string(&report).unwrap();
    std::fs::write(attempt.join("result.json"), text).unwrap();
    let outcome = world.run(&scripts, options(1000)).await.unwrap();
    let summary = world.summary(outcome.tally);
    assert_eq!((summary.counts.not_applied, summary.success), (0, true));
    let row = &summary.tasks[0];
    assert!(row.applied && row.conflict.is_empty(), "{row:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_changed_meanwhile_is_refused_with_its_place() {
    let world = World::default();
    world.run(&[good(1), good(1)], options(1000)).await.unwrap();
    let changed = world.run(&[good(1), good(2)], options(1000)).await;
    let error = changed.unwrap_err();
    assert_eq!(error.index, 2);
    assert!(matches!(error.source, StoreError::KeyTaken(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn tasks_that_another_engine_ends_are_seen() {
    let world = World::default();
    let signals = StopSignals::default();
    // Ours has one slot, which a task of somebody else takes for long.
    world.submit_alone(&hanging()).await;
    let mut other = world.other_engine();
    let ours = async {
        sleep(SECOND).await;
        world
            .run_with(&vec![good(3); 8], options(1000), 1, &signals)
            .await
    };
    let (outcome, ()) = tokio::join!(ours, async {
        sleep(200 * SECOND).await;
    });
    assert_eq!(world.summary(outcome.unwrap().tally).counts.completed, 8);
    other.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_from_outside_is_an_end() {
    let world = World::default();
    let scripts = [hanging()];
    let cancel = async {
        sleep(5 * SECOND).await;
        let id = world.store.find("last").await.unwrap()[0];
        world.store.cancel(id, world.now()).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(world.run(&scripts, options(1000)), cancel);
    let counts = world.summary(outcome.unwrap().tally).counts;
    assert_eq!(counts.cancelled, 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_is_over() {
    let world = World::default();
    let outcome = world.run(&[], options(1000)).await.unwrap();
    assert!(outcome.over);
    assert!(world.summary(outcome.tally).success);
}
