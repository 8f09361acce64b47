//! How long a durable claim takes with few and with many tasks waiting.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deckhands_store::{LeaseTerm, Store, WorkerId};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::process::percentile;
use crate::tasks::{UNBOUNDED, at, mixed};
use crate::{Outcome, parts};

/// Claims at each length of the queue.
const CLAIMS: u64 = 10_000;

/// The short queue, and the long one.
const WAITING: [(&str, u64); 2] = [("few", 1_000), ("many", 100_000)];

/// A disk that forgets: the queues are filled there, and copied to the one that counts.
const MEMORY: &str = "/dev/shm";

pub(crate) async fn measure(dir: &Path) -> Outcome<Value> {
    let mut queues = Vec::new();
    for (name, waiting) in WAITING {
        queues.push((name, Queue::filled(&dir.join(name), waiting).await?));
    }
    // In turns, so that both meet the same disk.
    for n in 0..CLAIMS {
        for (_name, queue) in &mut queues {
            queue.turn(n).await?;
        }
    }
    let figures = queues.iter_mut().map(|(name, queue)| {
        let figures = json!({
            "p50": percentile(&mut queue.claims, 50),
            "p99": percentile(&mut queue.claims, 99),
            "submit_p99": percentile(&mut queue.submits, 99),
        });
        ((*name).to_owned(), figures)
    });
    Ok(Value::Object(figures.collect()))
}

struct Queue {
    store: Arc<dyn Store>,
    waiting: u64,
    claims: Vec<Duration>,
    submits: Vec<Duration>,
}

impl Queue {
    async fn filled(dir: &Path, waiting: u64) -> Outcome<Self> {
        std::fs::create_dir(dir)?;
        let memory = Path::new(MEMORY);
        let elsewhere = tempfile::tempdir_in(if memory.is_dir() { memory } else { dir })?;
        let filling = parts::on_disk(elsewhere.path())?;
        for n in 0..waiting {
            filling.submit(&mixed(n), UNBOUNDED, at(n)).await?;
        }
        filling.backup(&dir.join("deckhands.db")).await?;
        Ok(Self {
            store: parts::on_disk(dir)?,
            waiting,
            claims: Vec::new(),
            submits: Vec::new(),
        })
    }

    /// Claims one and hands one in, so that the queue keeps its length.
    async fn turn(&mut self, n: u64) -> Outcome<()> {
        let n = self.waiting + n;
        let worker = WorkerId::from_random([7; 16]);
        let began = Instant::now();
        let claim = self.store.claim(worker, LeaseTerm::default(), at(n));
        claim.await?.ok_or("nothing was waiting")?;
        self.claims.push(began.elapsed());
        let began = Instant::now();
        self.store.submit(&mixed(n), UNBOUNDED, at(n)).await?;
        self.submits.push(began.elapsed());
        Ok(())
    }
}
