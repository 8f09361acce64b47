//! That no call costs more the more tasks there are: counted in steps of SQLite's machine, which
//! unlike times are the same on every run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;

use deckhands_model::{AttemptReport, CallsReport, ModelCalls, RunReport, TaskId, TaskState};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};
use serde_json::Value;

use super::*;
use crate::lease::{LeaseTerm, SilentLease, WorkerId};
use crate::money::{Draw, MoneyCaps, money_day};
use crate::port::{Money, Work};
use crate::records::{AttemptEnd, Progress};
use crate::sqlite::lane::Lane;
use crate::sqlite::{READS, WRITES, connect, reader, schema};
use crate::task::{Claim, Page, TaskEnd, TaskFilter, Waiting};

const BOUNDS: QueueBounds = QueueBounds { max_size: u64::MAX };

/// Tasks of each kind in a small and a large store.
const FEW: u32 = 20;
const MANY: u32 = 400;
const RUNNING: u32 = 4;

/// What a thread's statements did since it was looked at last.
#[derive(Default)]
struct Seen {
    steps: i64,
    statements: BTreeSet<String>,
    /// Statements that SQLite compiled again although they were kept.
    compiled_again: BTreeSet<String>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
    /// What each statement had done in all when it ended last.
    static BEFORE: RefCell<BTreeMap<String, i64>> = RefCell::default();
}

fn see(event: TraceEvent<'_>) {
    let TraceEvent::Profile(statement, _) = event else {
        return;
    };
    let sql = statement.sql().into_owned();
    // Those are not kept for the next time, so they count from the start.
    if ["BEGIN", "COMMIT"].iter().any(|word| sql.starts_with(word)) {
        return;
    }
    let again = statement.get_status(StatementStatus::RePrepare) > 0;
    let all = i64::from(statement.get_status(StatementStatus::VmStep));
    let before = BEFORE.with_borrow_mut(|before| before.insert(sql.clone(), all));
    SEEN.with_borrow_mut(|seen| {
        seen.steps += all - before.unwrap_or(0);
        if again {
            seen.compiled_again.insert(sql.clone());
        }
        seen.statements.insert(sql);
    });
}

/// A store with one connection for writes and one for reads, both watched.
fn watched(path: &Path) -> SqliteStore {
    let options = SqliteOptions::default();
    drop(SqliteStore::open(path, options).unwrap());
    let lanes = [
        (connect(path, options), WRITES),
        (reader(path, options), READS),
    ];
    let [writer, reader] = lanes.map(|(connection, how)| {
        let mut connection = connection.unwrap();
        // The disk is not what is measured.
        let fast = connection.pragma_update(None, "synchronous", "OFF");
        fast.unwrap();
        let ends = TraceEventCodes::SQLITE_TRACE_PROFILE;
        connection.trace_v2(ends, Some(see)).unwrap();
        Lane::start("watched", how, vec![connection]).unwrap()
    });
    SqliteStore {
        path: path.to_owned(),
        options,
        writer,
        readers: reader,
    }
}

/// What was seen since it was asked last.
async fn look(store: &SqliteStore) -> Seen {
    let written = store.write(|_| Ok(SEEN.take())).await.unwrap();
    let mut all = store.read(|_| Ok(SEEN.take())).await.unwrap();
    all.steps += written.steps;
    all.statements.extend(written.statements);
    all.compiled_again.extend(written.compiled_again);
    all
}

/// What one call did.
async fn seen<T>(store: &SqliteStore, call: impl Future<Output = T>) -> (T, Seen) {
    look(store).await;
    let answer = call.await;
    (answer, look(store).await)
}

fn attempt_end(claim: &Claim) -> AttemptEnd {
    let report = AttemptReport {
        outcome: "finished".to_owned(),
        calls: Some(CallsReport {
            models: vec![ModelCalls::default()],
            ..CallsReport::default()
        }),
        ..AttemptReport::blank(claim.fence.attempt.number.get())
    };
    let events = Vec::new();
    AttemptEnd { report, events }
}

fn task_end(claim: &Claim) -> TaskEnd {
    TaskEnd {
        state: TaskState::Completed,
        result: RunReport::blank(claim.task.id.to_string(), TaskState::Completed),
        recovery: Value::Null,
    }
}

fn waiting() -> Waiting {
    Waiting {
        not_before: None,
        recovery: Value::Null,
        note: String::new(),
    }
}

/// The lease of a task that was claimed just now.
async fn lease(store: &SqliteStore) -> SilentLease {
    let task = claim(store).await.task.id;
    let own = store.attempts(task).await.unwrap().pop().unwrap();
    own.lease().unwrap()
}

/// With a cap at every level.
fn drawing(amount: u64) -> Draw {
    let cap = Some(1_000_000);
    Draw {
        least: amount,
        wanted: amount,
        caps: MoneyCaps {
            attempt: cap,
            task: cap,
            batch: cap,
            day: cap,
        },
    }
}

async fn claim(store: &SqliteStore) -> Claim {
    let worker = WorkerId::from_random([1; 16]);
    let claim = store.claim(worker, LeaseTerm::default(), at(1)).await;
    claim.unwrap().unwrap()
}

/// Fills a store with so many tasks of each kind, and payers: over, waiting, held, waiting for a time. Few are
/// running, and one has waited for a time which has come.
async fn filled(store: &SqliteStore, each: u32) {
    for n in 0..2 * each {
        let mut task = task(n);
        task.batch = Some("b".to_owned());
        store.submit(&task, BOUNDS, at(0)).await.unwrap();
        let claimed = claim(store).await;
        let payer = format!("run {n}");
        store.draw(claimed.fence, drawing(3), at(1)).await.unwrap();
        store.draw_for(&payer, drawing(3), at(1)).await.unwrap();
        if n >= RUNNING {
            // What is left open is what is at work, or went wrong.
            store.settle(claimed.fence, 2, 1, at(1)).await.unwrap();
            store.settle_for(&payer, 2, 1, at(1)).await.unwrap();
            let (end, over) = (attempt_end(&claimed), task_end(&claimed));
            let done = store.finish(claimed.fence, &end, &over, at(1));
            done.await.unwrap();
        }
    }
    for n in 2 * each..5 * each {
        let mut task = task(n);
        task.priority = Priority::ALL[n as usize % 4];
        match n % 3 {
            0 => task.held = true,
            1 => task.not_before = Some(at(1000 + i64::from(n))),
            _ => {}
        }
        store.submit(&task, BOUNDS, at(0)).await.unwrap();
    }
    let mut due = task(5 * each);
    due.not_before = Some(at(1));
    store.submit(&due, BOUNDS, at(0)).await.unwrap();
}

/// Makes a call and keeps what it did.
macro_rules! call {
    ($store:expr, $all:expr, $name:ident($($argument:expr),*)) => {{
        let (answer, did) = seen($store, $store.$name($($argument),*)).await;
        $all.push((stringify!($name), did));
        answer.unwrap()
    }};
}

/// Every question by its name, for a task that was handed in and one that has ended.
async fn questions(
    store: &SqliteStore,
    (new, ended): (TaskId, TaskId),
    all: &mut Vec<(&'static str, Seen)>,
) {
    call!(store, all, task(new, at(2)));
    call!(store, all, find("last"));
    call!(store, all, find(&new.to_string()));
    call!(store, all, spec(new));
    call!(store, all, result(ended));
    call!(store, all, attempts(ended));
    call!(store, all, money(ended));
    call!(store, all, money_of_payer("run"));
    call!(store, all, open_payers());
    call!(store, all, money_of_batch("b"));
    call!(store, all, money_of_days(money_day(at(0))));
    call!(store, all, live_attempts());
    call!(store, all, events(None, 10, 10));
    call!(store, all, events(Some(new), 0, 10));
    call!(store, all, reports(10, 10, at(2)));
    let (offset, limit) = (0, 10);
    let page = Page { offset, limit };
    call!(store, all, list(&TaskFilter::default(), page, at(2)));
    let states = vec![TaskState::Completed];
    let batch = None;
    call!(store, all, list(&TaskFilter { states, batch }, page, at(2)));
    call!(store, all, next_start(at(2)));
    call!(store, all, calls());
    call!(store, all, stats(at(2)));
}

/// Every call by its name, what it did on a store with so many tasks of each kind.
async fn calls(each: u32) -> Vec<(&'static str, Seen)> {
    let dir = tempfile::tempdir().unwrap();
    let store = watched(&dir.path().join("db"));
    filled(&store, each).await;
    let mut all = Vec::new();
    let new = task(100_000);
    call!(&store, all, submit(&new, BOUNDS, at(1)));
    call!(&store, all, hold(new.id, at(1)));
    call!(&store, all, release(new.id, at(1)));
    call!(&store, all, cancel(new.id, at(1)));
    let term = LeaseTerm::default();
    let worker = WorkerId::from_random([1; 16]);
    let first = call!(&store, all, claim(worker, term, at(2))).unwrap();
    let fence = first.fence;
    call!(&store, all, start(fence, "a", term, at(2)));
    call!(&store, all, renew(fence, term, at(2)));
    call!(&store, all, progress(fence, &Progress::default(), at(2)));
    call!(&store, all, session(fence, None, at(2)));
    call!(&store, all, draw(fence, drawing(3), at(2)));
    call!(&store, all, settle(fence, 1, 1, at(2)));
    call!(&store, all, draw_for("run", drawing(3), at(2)));
    call!(&store, all, settle_for("run", 1, 1, at(2)));
    call!(&store, all, note(fence, "note", &Value::Null, at(2)));
    call!(&store, all, pause(fence, &Progress::default(), at(2)));
    let first = call!(&store, all, adopt(fence.attempt, worker, term, at(2)));
    let end = attempt_end(&first);
    call!(&store, all, requeue(first.fence, &end, &waiting(), at(2)));
    let second = claim(&store).await;
    let (end, over) = (attempt_end(&second), task_end(&second));
    call!(&store, all, finish(second.fence, &end, &over, at(2)));
    let lease = lease(&store).await;
    let third = call!(&store, all, adopt_silent(lease, worker, term, at(2)));
    call!(
        &store,
        all,
        give_back(third.fence, Some(at(3)), "no model", at(2))
    );
    questions(&store, (new.id, second.task.id), &mut all).await;
    all
}

#[tokio::test]
async fn no_call_costs_more_the_more_tasks_there_are() {
    let (few, many) = (calls(FEW).await, calls(MANY).await);
    assert_eq!(few.len(), many.len());
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        assert!(few.steps > 0, "{name} was not seen");
        assert!(
            many.steps <= few.steps + few.steps / 10 + 10,
            "{name}: {} steps with few tasks, {} with many: {:#?}",
            few.steps,
            many.steps,
            many.statements
        );
    }
}

/// Whether what is gone through is short, or ends early.
fn is_short(call: &str, step: &str) -> bool {
    // Counters have a row for each kind of task, sums of calls for each model up to a bound, and of the
    // oldest ones only the first is wanted.
    let short = [
        "task_counts",
        "call_sums",
        "live_attempts",
        "INDEX live",
        "INDEX oldest",
        "INDEX open_slices",
        "CONSTANT ROW",
        "SCAN some",
    ];
    let pages = ["list", "find"].contains(&call) && step == "SCAN tasks";
    pages || short.iter().any(|table| step.contains(table))
}

#[tokio::test]
async fn no_statement_looks_at_every_row_of_a_table() {
    let mut db = Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    let mut looked_up = 0;
    for (name, did) in calls(FEW).await {
        for sql in did.statements {
            let explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"));
            let mut explain = explain.unwrap();
            let steps = explain.raw_query().mapped(|row| row.get("detail"));
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            looked_up += steps.iter().filter(|step| step.contains("SEARCH")).count();
            let scans = steps.iter().filter(|step| step.contains("SCAN"));
            let bad: Vec<_> = scans.filter(|step| !is_short(name, step)).collect();
            assert!(bad.is_empty(), "{name}: {bad:?} of {sql}");
        }
    }
    assert!(looked_up > 20, "only {looked_up}");
}

#[tokio::test]
async fn no_statement_is_compiled_for_each_of_its_uses() {
    for (name, did) in calls(FEW).await {
        assert!(
            did.compiled_again.is_empty(),
            "{name}: {:#?}",
            did.compiled_again
        );
    }
}
