//! Memory of a process whose engine has very many attempts at work.

use std::sync::Arc;
use std::time::Duration;

use deckhands_orchestration::SystemClock;
use deckhands_orchestration::engine::{EngineSettings, StopSignals};
use deckhands_store::Store;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::fake::{FakeAttempts, Then};
use crate::process::{milliseconds, peak_mebibytes};
use crate::tasks::{UNBOUNDED, plain, text};
use crate::{Outcome, parts};

const LIVE: usize = 10_000;

/// Longest time for all to be at work.
const DEADLINE: Duration = Duration::from_secs(240);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) async fn measure(store: Arc<dyn Store>) -> Outcome<Value> {
    for n in 0..LIVE {
        let task = plain(u64::try_from(n)?, text());
        store
            .submit(&task, UNBOUNDED, jiff::Timestamp::now())
            .await?;
    }
    let attempts = Arc::new(FakeAttempts::new(Then::Lives));
    let settings = EngineSettings {
        workers: LIVE,
        ..EngineSettings::default()
    };
    let engine = parts::engine(&store, attempts.clone(), Arc::new(SystemClock), settings);
    let stop = StopSignals::default();
    tokio::select! {
        report = engine.run(&stop) => Err(format!("the engine left: {report:?}").into()),
        figures = watch(&attempts) => figures,
    }
}

/// Waits until all are at work, and for as long as it takes to renew every lease twice.
async fn watch(attempts: &FakeAttempts) -> Outcome<Value> {
    let began = Instant::now();
    while attempts.alive() < LIVE {
        if began.elapsed() > DEADLINE {
            let alive = attempts.alive();
            return Err(format!("only {alive} live after {DEADLINE:?}").into());
        }
        sleep(LOOK).await;
    }
    let took = began.elapsed();
    sleep(parts::lease().heartbeat * 2).await;
    let alive = attempts.alive();
    if alive != LIVE {
        return Err(format!("{alive} of {LIVE} still live after two heartbeats").into());
    }
    Ok(json!({ "peak": peak_mebibytes()?, "until_all_live": milliseconds(took) }))
}
