//! From a claim to the daemon's first create call, with the product's own attempts on a daemon in
//! memory and a durable store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::TaskState;
use deckhands_orchestration::engine::StopSignals;
use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::{Page, TaskFilter};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::process::percentile;
use crate::{Outcome, agent, parts};

const TASKS: u32 = 600;

const WORKERS: usize = 8;

/// How long each agent works: long enough that workers wait for agents, as they do with real ones, and
/// not for one another.
const WORK: Duration = Duration::from_millis(200);

pub(crate) async fn measure(dir: &Path) -> Outcome<Value> {
    let machine = Machine::new(dir, agent::finishing(WORK))?;
    machine.submit(TASKS.into()).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let attempts = machine.attempts(&clock);
    let engine = parts::engine(&machine.store, attempts, clock, parts::drained(WORKERS));
    engine.run(&StopSignals::default()).await;
    let mut times = times(&machine).await?;
    Ok(json!({ "p50": percentile(&mut times, 50), "p99": percentile(&mut times, 99) }))
}

/// From when each task's claim was asked for, which is even before it returned.
async fn times(machine: &Machine) -> Outcome<Vec<Duration>> {
    let created = machine.daemon.created();
    let page = Page {
        offset: 0,
        limit: TASKS.into(),
    };
    let all = TaskFilter::default();
    let tasks = machine
        .store
        .list(&all, page, jiff::Timestamp::now())
        .await?;
    let mut times = Vec::new();
    for task in tasks {
        if task.state != TaskState::Completed {
            let result = machine.store.result(task.id).await?;
            return Err(format!("a task ended as {}: {result:?}", task.state).into());
        }
        let claimed = task.started_at.ok_or("a task was never claimed")?;
        let made = created.get(&task.id.to_string());
        let made = made.ok_or("a task has no container")?;
        times.push(Duration::try_from(made.duration_since(claimed))?);
    }
    let expected = usize::try_from(TASKS)?;
    if times.len() != expected {
        return Err(format!("{} of {expected} tasks are there", times.len()).into());
    }
    Ok(times)
}
