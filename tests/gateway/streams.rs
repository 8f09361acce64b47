//! Streams that are open at the same time: whether each event comes by itself, and when it should.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::Outcome;
use crate::connection::Connection;
use crate::figures::{milliseconds, percentile};
use crate::pace::Pace;
use crate::target::Target;

/// Time in which all are opened, one after the other.
const OPENING: Duration = Duration::from_secs(2);

/// For what is late, beyond the time that streams of this pace take.
const PATIENCE: Duration = Duration::from_secs(20);

/// An event that comes within so small a part of its pace after the one before came merged with it.
const APART: u32 = 4;

/// What is asked of the provider.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) streams: u32,
    /// Writes of one stream, each with one piece of its text.
    pub(crate) events: usize,
    /// From one to the next.
    pub(crate) every: Duration,
}

/// Streams that are open now, and the most that ever were.
#[derive(Default)]
struct Open {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Open {
    fn begin(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn end(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One stream, from when it was due.
struct Seen {
    due: Instant,
    /// When each piece of its text came.
    at: Vec<Instant>,
}

pub(crate) async fn measure(target: Arc<Target>, plan: Plan) -> Outcome<Value> {
    let open = Arc::new(Open::default());
    let mut calls = JoinSet::new();
    let mut pace = Pace::start(OPENING / plan.streams)?;
    let mut left = usize::try_from(plan.streams)?;
    while left > 0 {
        for due in pace.due().await?.into_iter().take(left) {
            left -= 1;
            calls.spawn(stream(target.clone(), plan, due, open.clone()));
        }
    }
    let whole = plan.every * u32::try_from(plan.events)? + PATIENCE;
    let ended = timeout(whole, ended(&mut calls)).await;
    let seen = ended.map_err(|_late| "a stream did not end in time")??;
    calls.shutdown().await;
    Ok(figures(&seen, plan, open.most.load(Ordering::Relaxed)))
}

async fn ended(calls: &mut JoinSet<Outcome<Seen>>) -> Outcome<Vec<Seen>> {
    let mut all = Vec::new();
    while let Some(seen) = calls.join_next().await {
        all.push(seen??);
    }
    Ok(all)
}

/// One stream to its end.
async fn stream(target: Arc<Target>, plan: Plan, due: Instant, open: Arc<Open>) -> Outcome<Seen> {
    let mut connection = Connection::open(target.address).await?;
    let begun = connection.begin(target.request()).await?;
    let (status, mut body) = begun.ok_or("a stream was closed without an answer")?;
    if status != 200 {
        return Err(format!("a stream was refused with status {status}").into());
    }
    open.begin();
    let mut events = Events::default();
    loop {
        let now = Instant::now();
        let whole = connection.take(&mut body)?;
        events.read(connection.text(), now)?;
        if whole {
            break;
        }
        connection.read().await?;
    }
    open.end();
    if !events.done || events.text != target.text() || events.at.len() != plan.events {
        let pieces = events.at.len();
        return Err(format!("a stream was not as the provider's: {pieces} pieces").into());
    }
    Ok(Seen { due, at: events.at })
}

/// The events of a stream as they come.
#[derive(Default)]
pub(crate) struct Events {
    /// Bytes of the body that were read.
    read: usize,
    /// When each piece of text came.
    pub(crate) at: Vec<Instant>,
    pub(crate) text: String,
    /// Whether the mark of the end was there.
    pub(crate) done: bool,
}

impl Events {
    /// Reads on in a body, whose latest part came now.
    pub(crate) fn read(&mut self, body: &[u8], now: Instant) -> Outcome<()> {
        while let Some(length) = body[self.read..].windows(2).position(|two| two == b"\n\n") {
            let event = &body[self.read..self.read + length];
            self.read += length + 2;
            self.event(event, now)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &[u8], now: Instant) -> Outcome<()> {
        let Some(data) = event.strip_prefix(b"data: ") else {
            return Ok(());
        };
        if data == b"[DONE]" {
            self.done = true;
            return Ok(());
        }
        let data: Value = serde_json::from_slice(data)?;
        let piece = data["choices"][0]["delta"]["content"].as_str();
        if let Some(piece) = piece.filter(|piece| !piece.is_empty()) {
            self.text.push_str(piece);
            self.at.push(now);
        }
        Ok(())
    }
}

fn figures(seen: &[Seen], plan: Plan, open: usize) -> Value {
    let all = seen.iter();
    let merged: usize = all.clone().map(|seen| merged(&seen.at, plan.every)).sum();
    let late = all.clone().flat_map(|seen| lateness(&seen.at, plan.every));
    let mut late: Vec<f64> = late.collect();
    let first = all.filter_map(|seen| Some(milliseconds(*seen.at.first()? - seen.due)));
    let mut first: Vec<f64> = first.collect();
    json!({
        "answered": seen.len(),
        "open": open,
        "events": late.len(),
        "merged": merged,
        "late_p50": percentile(&mut late, 50),
        "late_p99": percentile(&mut late, 99),
        "late_max": percentile(&mut late, 100),
        "first_p50": percentile(&mut first, 50),
        "first_p99": percentile(&mut first, 99),
    })
}

/// How many events came merged with the one before.
pub(crate) fn merged(at: &[Instant], every: Duration) -> usize {
    let pairs = at.windows(2);
    let close = pairs.filter(|pair| pair[1] - pair[0] < every / APART);
    close.count()
}

/// How many milliseconds each event was later than its stream's most punctual one.
pub(crate) fn lateness(at: &[Instant], every: Duration) -> Vec<f64> {
    let Some(first) = at.first() else {
        return Vec::new();
    };
    let steps = (0_u32..).map(|step| milliseconds(every * step));
    let behind = at.iter().zip(steps);
    let behind = behind.map(|(at, due)| milliseconds(*at - *first) - due);
    let behind: Vec<f64> = behind.collect();
    let punctual = behind.iter().copied().fold(f64::INFINITY, f64::min);
    behind.into_iter().map(|time| time - punctual).collect()
}
