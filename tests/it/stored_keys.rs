//! An engine sends a key to its own provider only, whatever model a stored task names.

use std::sync::Arc;

use deckhands_model::{Cause, ModelId, Priority, TaskId, TaskState};
use deckhands_orchestration::engine::{
    Engine, EngineParts, EngineSettings, RunnerAttempts, StopSignals, Unobserved,
};
use deckhands_orchestration::{RunnerSettings, TaskSpec};
use deckhands_store::{Intake, MemoryStore, NewTask, Queries, QueueBounds};

use crate::support::World;

/// Hands the world's task in for a model.
pub(crate) async fn submit(world: &World, store: &MemoryStore, model: &str) -> TaskId {
    let mut request = world.request.clone();
    request.model = ModelId::resolve(model).unwrap();
    let task = NewTask {
        id: TaskId::from_random([7; 16]),
        spec: serde_json::to_value(TaskSpec::of(&request)).unwrap(),
        title: "a task".to_owned(),
        priority: Priority::Normal,
        category: None,
        model: Some(model.to_owned()),
        batch: None,
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: None,
    };
    let now = world.now();
    let bounds = QueueBounds::default();
    store.submit(&task, bounds, now).await.unwrap().id
}

/// Works off what is stored, with the key and the address of the world's request alone.
pub(crate) async fn engine(world: &World, store: Arc<MemoryStore>) {
    let own = RunnerSettings::of(&world.request);
    let runner = world.runner();
    let parts = EngineParts {
        store: store.clone(),
        health: runner.gateway.health().clone(),
        clock: runner.clock.clone(),
        ids: runner.ids.clone(),
        attempts: Arc::new(RunnerAttempts::new(runner, own, store)),
        observer: Arc::new(Unobserved),
    };
    let settings = EngineSettings {
        drain: true,
        ..EngineSettings::default()
    };
    let _report = Engine::new(parts, settings)
        .run(&StopSignals::default())
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_of_another_providers_model_is_refused_before_anything_is_made() {
    let world = World::new().in_time();
    let store = Arc::new(MemoryStore::default());
    let task = submit(&world, &store, "openai/gpt-4o").await;
    engine(&world, store.clone()).await;
    let record = store.task(task, world.now()).await.unwrap();
    assert_eq!(record.state, TaskState::Failed);
    let result = store.result(task).await.unwrap().expect("a result");
    let error = result.error.expect("an error");
    assert_eq!(error.cause, Some(Cause::BadKey));
    assert!(error.message.contains("provider `openai`"), "{error:?}");
    let hint = error.hint.unwrap_or_default();
    assert!(hint.contains("deckhands retry"), "{hint}");
    assert_eq!(result.attempts.len(), 1, "another attempt helps nobody");
    assert_eq!(world.runtime.problems(), Vec::<String>::new());
    assert_eq!(world.runtime.created_specs(), [], "no container was made");
}
