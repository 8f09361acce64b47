//! Measures the queue, the store and the engine without a daemon; `cargo xtask bench queue` runs it.
//!
//! `queue claims|create|cpu-memory|cpu-sqlite|live-memory|live-sqlite|adopted DIRECTORY`: one
//! measurement in one process, in a new directory below the given one, whose disk it is that counts.
//! It prints its figures as one JSON object, times in milliseconds and memory in MiB.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod adopted;
mod agent;
mod claims;
mod cpu;
mod create;
mod daemon;
mod fake;
mod live;
mod machine;
mod parts;
mod process;
mod tasks;

use std::error::Error;
use std::path::Path;

use serde_json::Value;

/// Whatever may go wrong; it ends the measurement.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_default();
    let place = words.next().ok_or("say what to measure, and where")?;
    let dir = tempfile::Builder::new()
        .prefix("queue-")
        .tempdir_in(place)?;
    // As the command line's engine: one thread, beside those of the store.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let figures = runtime.block_on(measure(&what, dir.path()))?;
    println!("{figures}");
    Ok(())
}

async fn measure(what: &str, dir: &Path) -> Outcome<Value> {
    match what {
        "claims" => claims::measure(dir).await,
        "create" => Box::pin(create::measure(dir)).await,
        "cpu-memory" => cpu::measure(parts::in_memory()).await,
        "cpu-sqlite" => cpu::measure(parts::on_disk(dir)?).await,
        "live-memory" => live::measure(parts::in_memory()).await,
        "live-sqlite" => live::measure(parts::on_disk(dir)?).await,
        "adopted" => Box::pin(adopted::measure(dir)).await,
        other => Err(format!("there is nothing to measure called `{other}`").into()),
    }
}
