//! Measures the gateway as its clients meet it; `cargo xtask bench gateway` runs it.
//!
//! - `gateway load PROVIDER ADDRESS TOKEN_FILE RATE SECONDS`: calls at a steady rate, whatever becomes of
//!   those before them.
//! - `gateway streams PROVIDER ADDRESS TOKEN_FILE STREAMS EVENTS EVERY_MS`: streams that are open at the
//!   same time, and when each of their events came.
//! - `gateway sessions PROVIDER`: the library with very many sessions in this process.
//!
//! `PROVIDER` and `ADDRESS` are `IP:PORT`; the former is asked once for the answer that every call has
//! to get, the latter is measured and may be the same. It prints its figures as one JSON object, times
//! in milliseconds and memory in MB.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod connection;
mod figures;
mod load;
mod pace;
mod sessions;
mod streams;
mod target;
mod wire;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;

use streams::Plan;
use target::Target;

/// Whatever may go wrong; it ends the measurement.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    allow_many_files()?;
    // One thread: what it takes is taken from the two that are measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let figures = runtime.block_on(measure(&words))?;
    println!("{figures}");
    Ok(())
}

async fn measure(words: &[&str]) -> Outcome<Value> {
    match *words {
        ["load", provider, address, token, rate, seconds] => {
            let target = Target::find(provider, address, token, false).await?;
            load::measure(target, rate.parse()?, seconds.parse()?).await
        }
        ["streams", provider, address, token, streams, events, every] => {
            let plan = Plan {
                streams: streams.parse()?,
                events: events.parse()?,
                every: Duration::from_millis(every.parse()?),
            };
            let target = Target::find(provider, address, token, true).await?;
            streams::measure(target, plan).await
        }
        ["sessions", provider] => Box::pin(sessions::measure(provider.parse()?)).await,
        _ => Err("say what to measure: load, streams or sessions, and with what".into()),
    }
}

/// Each connection is a file, and many systems allow a process no more than 1,024 until it asks.
fn allow_many_files() -> Outcome<()> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}
