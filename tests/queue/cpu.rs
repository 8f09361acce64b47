//! Processor time of the engine and its store for one task, from claim to result.

use std::sync::Arc;

use deckhands_orchestration::SystemClock;
use deckhands_orchestration::engine::StopSignals;
use deckhands_store::Store;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::fake::{FakeAttempts, Then};
use crate::process::{cpu, milliseconds};
use crate::tasks::{UNBOUNDED, plain, text};
use crate::{Outcome, parts};

const TASKS: u32 = 4000;

const WORKERS: usize = 8;

pub(crate) async fn measure(store: Arc<dyn Store>) -> Outcome<Value> {
    let clock = Arc::new(SystemClock);
    for n in 0..TASKS {
        let task = plain(n.into(), text());
        store
            .submit(&task, UNBOUNDED, jiff::Timestamp::now())
            .await?;
    }
    let attempts = Arc::new(FakeAttempts::new(Then::Ends));
    let engine = parts::engine(&store, attempts, clock, parts::drained(WORKERS));
    let (before, began) = (cpu()?, Instant::now());
    let report = engine.run(&StopSignals::default()).await;
    let (used, took) = (cpu()?.saturating_sub(before), began.elapsed());
    let stats = store.stats(jiff::Timestamp::now()).await?;
    let all = u64::from(TASKS);
    if report.attempts != all || stats.states.get("completed") != Some(&all) {
        return Err(format!("{report:?}, {stats:?}").into());
    }
    Ok(json!({
        "cpu_per_task": milliseconds(used / TASKS),
        "wall_per_task": milliseconds(took / TASKS),
    }))
}
