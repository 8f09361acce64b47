//! Calls at a steady rate: each begins when it is due, whatever became of those before, and its time is
//! counted from when it was due. So a server that is late is late for every call of that time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::connection::Connection;
use crate::figures::{milliseconds, percentile};
use crate::pace::Pace;
use crate::target::Target;

/// Seconds before those that count: connections are opened, caches filled.
const WARM_UP: usize = 1;

/// For answers after the last call has begun.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer that takes longer is of little use to a client that wanted it at once.
const IN_TIME: Duration = Duration::from_secs(1);

/// Calls at once. What is due beyond is not made, and counts as failed.
const MOST: usize = 1000;

/// A call that is over.
struct Done {
    counts: bool,
    took: Duration,
    told: Outcome<Connection>,
}

/// What became of all calls.
#[derive(Default)]
struct Seen {
    /// Right answers, those of the warm-up included.
    answered: usize,
    /// Wrong ones and none, those of the warm-up included.
    wrong: usize,
    first_wrong: Option<String>,
    /// Milliseconds of the right ones that count.
    times: Vec<f64>,
}

impl Seen {
    /// Counts a call; its connection, if it is good for another.
    fn add(&mut self, done: Done) -> Option<Connection> {
        match done.told {
            Ok(connection) => {
                self.answered += 1;
                self.times
                    .extend(done.counts.then(|| milliseconds(done.took)));
                Some(connection)
            }
            Err(error) => {
                self.failed(error.to_string());
                None
            }
        }
    }

    fn failed(&mut self, why: String) {
        self.wrong += 1;
        self.first_wrong.get_or_insert(why);
    }
}

pub(crate) async fn measure(target: Arc<Target>, rate: u32, seconds: usize) -> Outcome<Value> {
    let a_second = usize::try_from(rate)?;
    let (warm, all) = (a_second * WARM_UP, a_second * (WARM_UP + seconds));
    let mut pace = Pace::start(Duration::from_secs(1) / rate)?;
    let (mut calls, mut kept) = (JoinSet::new(), Vec::new());
    let (mut seen, mut begun) = (Seen::default(), 0);
    while begun < all {
        tokio::select! {
            biased;
            due = pace.due() => for due in due?.into_iter().take(all - begun) {
                begun += 1;
                if calls.len() < MOST {
                    calls.spawn(call(target.clone(), kept.pop(), due, begun > warm));
                } else {
                    seen.failed(format!("{MOST} calls were under way already"));
                }
            },
            Some(done) = calls.join_next() => kept.extend(seen.add(done?)),
        }
    }
    let late = sleep(PATIENCE);
    tokio::pin!(late);
    while !calls.is_empty() {
        tokio::select! {
            Some(done) = calls.join_next() => { seen.add(done?); }
            () = &mut late => break,
        }
    }
    for _ in 0..calls.len() {
        seen.failed(format!("no answer {PATIENCE:?} after the last call"));
    }
    calls.shutdown().await;
    Ok(figures(seen, all - warm))
}

/// One call, on a kept connection if there is one.
async fn call(target: Arc<Target>, kept: Option<Connection>, due: Instant, counts: bool) -> Done {
    let told = target.call(kept).await;
    Done {
        counts,
        took: due.elapsed(),
        told,
    }
}

fn figures(mut seen: Seen, asked: usize) -> Value {
    let in_time = milliseconds(IN_TIME);
    let in_time = seen.times.iter().filter(|time| **time <= in_time).count();
    json!({
        "answered": seen.answered,
        "wrong": seen.wrong,
        "first_wrong": seen.first_wrong,
        "asked": asked,
        "in_time": in_time,
        "p50": percentile(&mut seen.times, 50),
        "p99": percentile(&mut seen.times, 99),
        "max": percentile(&mut seen.times, 100),
    })
}
