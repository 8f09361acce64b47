//! Several processes on one file, and what is left when one is killed.
//!
//! A test starts its own program again as the other process, with the part it has to play in the
//! environment; the other one runs the same test, which plays the part and returns.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use deckhands_model::TaskState;
use deckhands_store::{Draw, Drawn, Intake, Money, MoneyCaps, Queries, SqliteStore, Upkeep, Work};

use crate::samples::{BOUNDS, TERM, at, claim, finish, id, open, submit, task, worker};

const PART: &str = "DECKHANDS_STORE_TEST_PART";
const PLACE: &str = "DECKHANDS_STORE_TEST_PLACE";

/// The database, where this process is the other one.
fn played(part: &str) -> Option<PathBuf> {
    let mine = std::env::var_os(PART)?;
    (mine == part).then(|| std::env::var_os(PLACE).map(PathBuf::from))?
}

struct Other {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Starts `test` as another process that plays `part`.
    fn start(test: &str, part: &str, place: &Path) -> Self {
        let test = format!("processes::{test}");
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &test, "--nocapture"])
            .env(PART, part)
            .env(PLACE, place)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next thing that the process had acknowledged.
    fn said(&mut self) -> Option<String> {
        self.lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split_once("acknowledged ")
                .map(|(_, it)| it.to_owned())
        })
    }

    fn rest(mut self) -> Vec<String> {
        let said = std::iter::from_fn(|| self.said()).collect();
        assert!(self.process.wait().unwrap().success());
        said
    }

    /// Ends it in the midst of its work; returns what it had said before.
    fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        let said = std::iter::from_fn(|| self.said()).collect();
        assert!(!self.process.wait().unwrap().success());
        said
    }
}

fn say(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "acknowledged {what}").unwrap();
    out.flush().unwrap();
}

/// Hands in, claims and ends tasks until it is killed.
async fn work_for_ever(store: &SqliteStore) {
    for n in 0.. {
        let id = id(std::process::id(), n);
        submit(store, id, at(0)).await;
        say(format!("submitted {id}"));
        if n % 2 == 1 {
            let claimed = claim(store, at(0)).await.unwrap();
            say(format!("claimed {}", claimed.fence.attempt));
            if n % 4 == 3 {
                finish(store, &claimed, at(1)).await;
                say(format!("finished {}", claimed.task.id));
            }
        }
    }
}

/// That everything which was acknowledged is in the store.
async fn assert_kept(store: &SqliteStore, said: &[String]) {
    for line in said {
        let (what, which) = line.split_once(' ').unwrap();
        let id = which.split('.').next().unwrap().parse().unwrap();
        let task = store.task(id, at(0)).await.unwrap();
        match what {
            "submitted" => assert!(store.spec(id).await.is_ok()),
            "claimed" => assert_eq!(task.attempts, 1, "{line}"),
            _ => {
                assert_eq!((what, task.state), ("finished", TaskState::Completed));
                assert!(store.result(id).await.unwrap().is_some());
            }
        }
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_a_process_is_killed() {
    const TEST: &str = "nothing_acknowledged_is_lost_when_a_process_is_killed";
    if let Some(place) = played("work") {
        return work_for_ever(&open(&place)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("db");
    let mut said = Vec::new();
    for round in 0..12 {
        let mut other = Other::start(TEST, "work", &place);
        for _ in 0..(1 + 7 * round) {
            said.push(other.said().unwrap());
        }
        said.extend(other.kill());
        let store = open(&place);
        assert_kept(&store, &said).await;
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    }
    // What was leased goes on in this process, and each task ends once.
    let store = open(&place);
    for live in store.live_attempts().await.unwrap() {
        let attempt = live.id().unwrap();
        let adopted = store.adopt(attempt, worker(2), TERM, at(100)).await;
        finish(&store, &adopted.unwrap(), at(100)).await;
    }
    while let Some(claimed) = claim(&store, at(100)).await {
        finish(&store, &claimed, at(100)).await;
    }
    let stats = store.stats(at(100)).await.unwrap();
    let submitted = said.iter().filter(|line| line.starts_with("submitted"));
    assert_eq!(stats.states.keys().collect::<Vec<_>>(), ["completed"]);
    assert!(stats.states["completed"] >= submitted.count() as u64);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Draws, settles and draws again for one task until it is killed; tells each when it is done.
async fn spend_for_ever(store: &SqliteStore) {
    let claimed = claim(store, at(0)).await.unwrap();
    say("claimed");
    for n in 0_u64.. {
        let draw = Draw {
            least: 2,
            wanted: 5,
            caps: MoneyCaps {
                day: Some(CAP),
                ..MoneyCaps::default()
            },
        };
        let Drawn::Granted(amount) = store.draw(claimed.fence, draw, at(0)).await.unwrap() else {
            return std::future::pending().await;
        };
        say(format!("drawn {amount}"));
        // Of every other draw the half is spent, and the other one comes back.
        if n % 2 == 0 {
            store.settle(claimed.fence, 1, 1, at(0)).await.unwrap();
            say("settled 1");
        }
    }
}

const CAP: u64 = 1_000_000;

#[tokio::test]
async fn money_that_was_drawn_stays_booked_when_a_process_is_killed() {
    const TEST: &str = "money_that_was_drawn_stays_booked_when_a_process_is_killed";
    if let Some(place) = played("spend") {
        return spend_for_ever(&open(&place)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("db");
    for round in 0..6 {
        let mut new = task(id(2, round));
        new.batch = Some("b".to_owned());
        open(&place).submit(&new, BOUNDS, at(0)).await.unwrap();
        let mut other = Other::start(TEST, "spend", &place);
        let mut said: Vec<String> = (0..(2 + 5 * round))
            .map(|_| other.said().unwrap())
            .collect();
        said.extend(other.kill());
        let told = |what: &str| -> u64 {
            let amounts = said.iter().filter_map(|line| line.strip_prefix(what));
            amounts.map(|amount| amount.parse::<u64>().unwrap()).sum()
        };
        let (drawn, settled) = (told("drawn "), told("settled "));
        let store = open(&place);
        let sum = store.money(id(2, round)).await.unwrap().sum();
        // One call more may have been done than was told.
        let least = drawn - settled;
        assert!(
            (least - 1..=least + 5).contains(&sum.used()),
            "{sum:?} {drawn} {settled}"
        );
        assert!(
            (settled..=settled + 1).contains(&sum.spent),
            "{sum:?} {settled}"
        );
        let live = store.live_attempts().await.unwrap().pop().unwrap();
        let adopted = store
            .adopt(live.id().unwrap(), worker(2), TERM, at(100))
            .await;
        finish(&store, &adopted.unwrap(), at(100)).await;
        let after = store.money(id(2, round)).await.unwrap().sum();
        assert_eq!((after.used(), after.uncertain), (sum.used(), sum.open));
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn several_processes_draw_no_more_than_the_cap() {
    const TEST: &str = "several_processes_draw_no_more_than_the_cap";
    let caps = MoneyCaps {
        batch: Some(1000),
        ..MoneyCaps::default()
    };
    if let Some(place) = played("draw") {
        let store = open(&place);
        let claimed = claim(&store, at(0)).await.unwrap();
        let draw = Draw {
            least: 1,
            wanted: 7,
            caps,
        };
        while let Drawn::Granted(amount) = store.draw(claimed.fence, draw, at(0)).await.unwrap() {
            say(amount);
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("db");
    let store = open(&place);
    for n in 0..3 {
        let mut new = task(id(3, n));
        new.batch = Some("b".to_owned());
        store.submit(&new, BOUNDS, at(0)).await.unwrap();
    }
    let others = [0; 3].map(|_| Other::start(TEST, "draw", &place));
    let drawn = others.into_iter().flat_map(Other::rest);
    let drawn: u64 = drawn.map(|amount| amount.parse::<u64>().unwrap()).sum();
    assert_eq!(drawn, 1000);
    assert_eq!(store.money_of_batch("b").await.unwrap().open, 1000);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn two_processes_claim_each_task_once() {
    const TEST: &str = "two_processes_claim_each_task_once";
    if let Some(place) = played("claim") {
        let store = open(&place);
        while let Some(claimed) = claim(&store, at(1)).await {
            say(claimed.task.id);
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("db");
    let store = open(&place);
    let mut tasks = BTreeSet::new();
    for n in 0..200 {
        submit(&store, id(1, n), at(0)).await;
        tasks.insert(id(1, n).to_string());
    }
    let others = [0, 1].map(|_| Other::start(TEST, "claim", &place));
    let claimed: Vec<String> = others.into_iter().flat_map(Other::rest).collect();
    assert_eq!(claimed.len(), 200);
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), tasks);
    assert_eq!(store.stats(at(1)).await.unwrap().live_attempts, 200);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn processes_may_make_the_same_file_at_once() {
    const TEST: &str = "processes_may_make_the_same_file_at_once";
    if let Some(place) = played("make") {
        let store = open(&place);
        for n in 0..5 {
            submit(&store, id(std::process::id(), n), at(0)).await;
        }
        return;
    }
    for _ in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("db");
        let others = [0; 6].map(|_| Other::start(TEST, "make", &place));
        for other in others {
            other.rest();
        }
        let store = open(&place);
        assert_eq!(store.stats(at(1)).await.unwrap().states["queued"], 30);
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    }
}
