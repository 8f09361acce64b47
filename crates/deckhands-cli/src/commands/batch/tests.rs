//! Whole batches over a store in memory, their exit codes and reports.

use deckhands_config::{Flags, Sources, load};
use deckhands_model::TaskId;
use deckhands_orchestration::engine::EngineReport;
use deckhands_orchestration::{BatchItem, BatchTally, IdSource};
use deckhands_store::MemoryStore;
use tempfile::TempDir;

use super::super::stored::test_store;
use super::super::test_attempts::{AtOnce, all_well};
use super::*;

fn console() -> Console {
    Console {
        json: false,
        quiet: true,
        live: false,
    }
}

fn args(fail_fast: bool) -> BatchArgs {
    BatchArgs {
        file: "tasks.toml".into(),
        workers: None,
        routes: None,
        max_cost: None,
        max_batch_cost: None,
        fail_fast,
        report: None,
        resume: false,
        grace: None,
        yes: false,
    }
}

fn settings(dir: &TempDir) -> Settings {
    let sources = Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        flags: Flags::new().with(deckhands_config::Key::QueueSize, "x", "2"),
        ..Sources::default()
    };
    load(&sources).unwrap()
}

fn home(dir: &TempDir) -> Home {
    Home::open(dir.path(), &SystemIds).unwrap()
}

fn tasks(texts: &[&str]) -> Vec<BatchTask> {
    let task = |(place, text): (usize, &&str)| {
        let index = place + 1;
        let byte = u8::try_from(index).unwrap();
        BatchTask {
            item: BatchItem {
                index,
                name: (*text).to_owned(),
                apply: true,
            },
            task: deckhands_store::NewTask {
                id: TaskId::from_random(SystemIds.random()),
                spec: serde_json::json!({ "text": text }),
                batch: Some("b1".to_owned()),
                idempotency_key: Some(format!("batch:b1:{index}")),
                ..test_store::new(byte)
            },
        }
    };
    texts.iter().enumerate().map(task).collect()
}

async fn carry_out(store: &MemoryStore, args: &BatchArgs, texts: &[&str]) -> BatchSummary {
    let dir = TempDir::new().unwrap();
    let work = Work {
        store: Arc::new(store.clone()),
        home: home(&dir),
        attempts: Arc::new(AtOnce),
        health: all_well(),
        settings: &settings(&dir),
        args,
        batch: "b1".to_owned(),
    };
    let carried_out = work.carry_out(tasks(texts), &console()).await;
    let (summary, signal) = carried_out.unwrap();
    assert_eq!(signal, None);
    summary
}

#[tokio::test]
async fn all_good_tasks_are_a_success_also_with_a_smaller_queue() {
    let store = MemoryStore::default();
    let summary = carry_out(&store, &args(false), &["a"; 9]).await;
    assert_eq!(summary.counts.completed, 9);
    assert_eq!(code(&summary, None), exit_code::OK);
}

#[tokio::test]
async fn one_failure_is_told_by_the_exit_code_and_stops_the_rest_where_asked() {
    let store = MemoryStore::default();
    let texts = ["a", "fail", "hang", "hang", "hang", "hang", "hang", "hang"];
    let summary = carry_out(&store, &args(true), &texts).await;
    assert_eq!((summary.counts.completed, summary.counts.failed), (1, 1));
    assert_eq!(summary.counts.cancelled + summary.counts.not_handed_in, 6);
    assert_eq!(code(&summary, None), exit_code::WORK_FAILED);
}

#[tokio::test]
async fn a_resumed_batch_takes_over_what_had_ended() {
    let store = MemoryStore::default();
    carry_out(&store, &args(false), &["a", "b"]).await;
    let resume = BatchArgs {
        resume: true,
        ..args(false)
    };
    let summary = carry_out(&store, &resume, &["a", "b", "c"]).await;
    assert!(summary.resumed && summary.success);
    assert_eq!(summary.figures.attempts.total, 3, "none was made again");
}

#[tokio::test]
async fn a_changed_task_is_a_usage_error() {
    let store = MemoryStore::default();
    carry_out(&store, &args(false), &["a"]).await;
    let dir = TempDir::new().unwrap();
    let work = Work {
        store: Arc::new(store),
        home: home(&dir),
        attempts: Arc::new(AtOnce),
        health: all_well(),
        settings: &settings(&dir),
        args: &args(false),
        batch: "b1".to_owned(),
    };
    let error = work
        .carry_out(tasks(&["b"]), &console())
        .await
        .unwrap_err()
        .0;
    assert_eq!(error.code, exit_code::USAGE);
    assert!(error.message.contains("task 1"), "{error:?}");
    assert_eq!(error.causes.len(), 1, "{error:?}");
    assert!(error.hint.unwrap().contains("--resume"));
}

#[tokio::test]
async fn a_report_has_its_three_files() {
    let dir = TempDir::new().unwrap();
    let args = BatchArgs {
        report: Some(dir.path().join("a/b")),
        ..args(false)
    };
    report::make(args.report.as_deref().unwrap()).unwrap();
    let summary = carry_out(&MemoryStore::default(), &args, &["a", "fail"]).await;
    let code = finish(&args, &summary, None, &console()).unwrap();
    assert_eq!(code, exit_code::WORK_FAILED);
    let read = |name: &str| std::fs::read_to_string(dir.path().join("a/b").join(name)).unwrap();
    let document: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    assert_eq!(document["counts"]["total"], 2);
    assert!(read("junit.xml").contains("tests=\"2\""));
    assert!(read("summary.md").starts_with("# Batch b1"));
}

#[test]
fn a_report_that_cannot_be_written_is_told() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(
        report::make(&file).unwrap_err().0.code,
        exit_code::ENVIRONMENT
    );
}

#[test]
fn a_signal_counts_where_it_kept_tasks_from_their_end() {
    let outcome = |over| BatchOutcome {
        tally: BatchTally::default(),
        over,
        engine: EngineReport::default(),
    };
    let none = StopSignals::default();
    let stopped = StopSignals::default();
    stopped.stop.cancel();
    let cancelled = StopSignals::default();
    cancelled.cancel.cancel();
    assert!(!interrupted(&outcome(true), &none));
    assert!(!interrupted(&outcome(true), &stopped));
    assert!(interrupted(&outcome(false), &stopped));
    assert!(interrupted(&outcome(true), &cancelled));
    let summary = |interrupted| {
        BatchTally::default().summary(BatchHead {
            batch: String::new(),
            file: String::new(),
            resumed: false,
            interrupted,
            started_at: jiff::Timestamp::UNIX_EPOCH,
            ended_at: jiff::Timestamp::UNIX_EPOCH,
        })
    };
    assert_eq!(code(&summary(true), Some(143)), 143);
    assert_eq!(code(&summary(false), Some(130)), exit_code::OK);
}
