//! Measures how long a durable claim takes with few and with many tasks waiting, and what is asked
//! most.
//!
//! Usage: `cargo run --release --example claim_latency [DIRECTORY]` (a new directory in it is used
//! and removed; the figures are those of its disk).

#![expect(clippy::print_stdout, reason = "figures for people are what it is for")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use deckhands_model::{Priority, TaskId, TaskState};
use deckhands_store::{
    Intake, LeaseTerm, NewTask, Page, Queries, QueueBounds, SqliteOptions, SqliteStore, StoreError,
    TaskFilter, Work, WorkerId,
};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

const CLAIMS: u64 = 2000;
const QUESTIONS: u64 = 200;
const BOUNDS: QueueBounds = QueueBounds { max_size: u64::MAX };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let place = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let dir = tempfile::tempdir_in(&place)?;
    let mut queues = Vec::new();
    for waiting in [1_000, 100_000] {
        let path = dir.path().join(format!("{waiting}.db"));
        queues.push(filled(&path, waiting).await?);
    }
    // In turns, so that both meet the same disk.
    for n in 0..CLAIMS {
        for queue in &mut queues {
            queue.turn(n).await?;
        }
    }
    for queue in queues {
        println!("{} waiting", queue.waiting);
        queue.questions().await?;
        show("claim", queue.claims);
        show("submit", queue.submits);
    }
    Ok(())
}

struct Queue {
    store: SqliteStore,
    waiting: u64,
    claims: Vec<Duration>,
    submits: Vec<Duration>,
}

async fn filled(path: &Path, waiting: u64) -> Result<Queue, StoreError> {
    let store = SqliteStore::open(path, SqliteOptions::default())?;
    let began = Instant::now();
    for n in 0..waiting {
        store.submit(&task(n), BOUNDS, at(n)).await?;
    }
    println!("{waiting} handed in within {:.1?}", began.elapsed());
    let (claims, submits) = (Vec::new(), Vec::new());
    Ok(Queue {
        store,
        waiting,
        claims,
        submits,
    })
}

impl Queue {
    /// Claims one and hands one in, so that the queue keeps its length.
    async fn turn(&mut self, n: u64) -> Result<(), Box<dyn Error>> {
        let n = self.waiting + n;
        let began = Instant::now();
        let claim = self.store.claim(worker(), LeaseTerm::default(), at(n));
        claim.await?.ok_or("nothing was waiting")?;
        self.claims.push(began.elapsed());
        let began = Instant::now();
        self.store.submit(&task(n), BOUNDS, at(n)).await?;
        self.submits.push(began.elapsed());
        Ok(())
    }
}

impl Queue {
    async fn questions(&self) -> Result<(), StoreError> {
        let now = at(self.waiting + CLAIMS);
        let page = Page {
            offset: 0,
            limit: 100,
        };
        let (mut stats, mut lists) = (Vec::new(), Vec::new());
        for _ in 0..QUESTIONS {
            let began = Instant::now();
            self.store.stats(now).await?;
            stats.push(began.elapsed());
            let filter = TaskFilter {
                states: vec![TaskState::Queued],
                batch: None,
            };
            let began = Instant::now();
            self.store.list(&filter, page, now).await?;
            lists.push(began.elapsed());
        }
        show("stats", stats);
        show("list", lists);
        let (began, mut last) = (Instant::now(), 0);
        while let Some(end) = self.store.reports(last, 500, now).await?.last() {
            last = end.position;
        }
        show("reports of all", vec![began.elapsed()]);
        Ok(())
    }
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let part = |percent: usize| times.get(times.len() * percent / 100);
    let parts = [50, 90, 99].map(|percent| {
        format!(
            "p{percent} {:.2?}",
            part(percent).copied().unwrap_or_default()
        )
    });
    println!(
        "  {what:15}{} max {:.2?}",
        parts.join(" "),
        times.last().copied().unwrap_or_default()
    );
}

fn task(n: u64) -> NewTask {
    let priorities = [
        Priority::Critical,
        Priority::High,
        Priority::Normal,
        Priority::Low,
    ];
    let urgency = usize::try_from(n % 4).unwrap_or(0);
    NewTask {
        id: TaskId::from_random(mixed(n)),
        spec: json!({ "task": "write unit tests for the parser ".repeat(16) }),
        title: "write unit tests".to_owned(),
        priority: priorities[urgency],
        category: None,
        model: None,
        batch: (n.is_multiple_of(2)).then(|| "measure".to_owned()),
        idempotency_key: None,
        not_before: n.is_multiple_of(8).then(|| at(n) + Duration::from_secs(1)),
        held: false,
        retry_of: None,
    }
}

fn worker() -> WorkerId {
    WorkerId::from_random([7; 16])
}

/// One task a second.
fn at(n: u64) -> Timestamp {
    let since = Duration::from_secs(1_700_000_000 + n);
    Timestamp::try_from(std::time::UNIX_EPOCH + since).unwrap_or_default()
}

/// Bytes that are spread like random ones (splitmix64).
fn mixed(n: u64) -> [u8; 16] {
    let mix = |n: u64| {
        let n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    };
    let (high, low) = (mix(n + 1), mix(!n));
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}
