//! What the store has forgotten leaves the state directory, too, and nothing else does.

use std::fs;
use std::sync::Arc;

use deckhands_model::TaskId;
use deckhands_orchestration::RunnerSettings;
use deckhands_orchestration::engine::{Attempts, RunnerAttempts};
use deckhands_store::MemoryStore;

use crate::support::World;

#[tokio::test]
async fn the_files_of_forgotten_tasks_are_removed() {
    let world = World::new();
    let (old, kept) = (TaskId::from_random([1; 16]), TaskId::from_random([2; 16]));
    for task in [old, kept] {
        let attempt = world.home.task_dir(task).join("1");
        fs::create_dir_all(&attempt).unwrap();
        fs::write(attempt.join("result.json"), "{}").unwrap();
    }
    let own = RunnerSettings::of(&world.request);
    let store = Arc::new(MemoryStore::default());
    let attempts = RunnerAttempts::new(world.runner(), own, store);
    let never_run = TaskId::from_random([3; 16]);
    attempts.forget(&[old, never_run]).await;
    assert!(!world.home.task_dir(old).exists());
    assert!(world.home.task_dir(kept).join("1/result.json").exists());
}
