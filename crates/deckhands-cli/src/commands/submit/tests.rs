//! From arguments to a stored task, and the refusals of the store.

use clap::Parser as _;
use deckhands_config::{Flags, Key, Settings, Sources, load};
use deckhands_model::{Category, Priority};
use deckhands_orchestration::Policy;
use deckhands_store::{MemoryStore, Queries as _};
use jiff::ToSpan as _;
use tempfile::TempDir;

use super::*;
use crate::args::{Args, Command};
use crate::commands::stored::test_store::{id, new, now, queued};

fn args(words: &str) -> SubmitArgs {
    let line = ["deckhands", "submit"]
        .into_iter()
        .chain(words.split_whitespace());
    match Args::try_parse_from(line).unwrap().command {
        Command::Submit(submit) => *submit,
        other => panic!("{other:?}"),
    }
}

fn settings(dir: &TempDir) -> Settings {
    load(&Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        env: [("OPENROUTER_API_KEY".into(), "canary-0123456789".into())].into(),
        ..Sources::default()
    })
    .unwrap()
}

/// The task that a line of arguments makes.
fn made(words: &str) -> Result<NewTask, CliError> {
    let dir = TempDir::new().unwrap();
    let args = args(words);
    let text = TaskText::try_new(args.text.clone().unwrap_or_default()).unwrap();
    let request = wiring::request(&settings(&dir), text, Policy::default());
    new_task(&args, &request, id(1), now())
}

#[test]
fn each_flag_says_something_of_the_task() {
    let plain = made("text").unwrap();
    assert_eq!((plain.priority, plain.category), (Priority::Normal, None));
    assert_eq!(
        (plain.not_before, plain.held, plain.retry_of),
        (None, false, None)
    );
    let model = "openrouter/deepseek/deepseek-chat-v3.1:free";
    assert_eq!(plain.model.as_deref(), Some(model));
    let full = made(
        "text --priority high --category refactor --idempotency-key k --not-before 90s --hold",
    );
    let full = full.unwrap();
    assert_eq!(full.priority, Priority::High);
    assert_eq!(full.category, Some(Category::Refactoring));
    assert_eq!(full.idempotency_key.as_deref(), Some("user:k"));
    assert_eq!(full.not_before, Some(now() + 90.seconds()));
    assert!(full.held);
}

#[test]
fn what_is_stored_has_no_key() {
    let spec = made("text").unwrap().spec.to_string();
    assert!(
        !spec.contains("canary") && spec.contains("\"text\""),
        "{spec}"
    );
}

#[test]
fn a_time_that_is_none_is_refused() {
    assert_eq!(made("text --not-before soon").unwrap_err().0.code, 2);
}

/// The model that is chosen for a line of arguments, where `model` is set or not.
fn choice_of(words: &str, model: Option<&str>) -> Result<Option<String>, CliError> {
    let dir = TempDir::new().unwrap();
    let flags = model.into_iter().fold(Flags::new(), |flags, model| {
        flags.with(Key::Model, "--model", model)
    });
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        flags,
        ..Sources::default()
    });
    let registry = || {
        let text = "version = 1\n\
            [[models]]\nid = \"openai/best\"\nstatus = \"untested\"\nquality = 5.0\n\
            [[models]]\nid = \"openrouter/a/good\"\nstatus = \"untested\"\nquality = 4.0\n";
        Ok(Catalogue::parse(text).unwrap())
    };
    let chosen = chosen(&args(words), &settings.unwrap(), registry)?;
    Ok(chosen.map(|model| model.to_string()))
}

#[test]
fn the_kind_of_work_chooses_a_model_where_none_is_set() {
    let good = Some("openrouter/a/good".to_owned());
    let unit = "text --category unit_test";
    assert_eq!(choice_of("text", None).unwrap(), None);
    assert_eq!(
        choice_of(unit, None).unwrap(),
        good,
        "the key is for one provider"
    );
    assert_eq!(choice_of(unit, Some("openrouter/x/y")).unwrap(), None);
    let error = choice_of(&format!("{unit} --quality-threshold 0.9"), None);
    let hint = error.unwrap_err().0.hint.unwrap();
    assert!(hint.contains("--model"), "{hint}");
    for share in ["70", "-0.1", "NaN"] {
        let words = format!("{unit} --quality-threshold={share}");
        assert_eq!(choice_of(&words, None).unwrap_err().0.code, 2, "{share}");
    }
}

#[test]
fn the_title_is_the_first_line_that_says_something() {
    let long = "x".repeat(1000);
    let rows = [
        ("one\ntwo", "one"),
        ("\n  \n  two  \n", "two"),
        ("\u{1b}[2J\nthree", "three"),
        (&long, &long[..TITLE]),
    ];
    for (text, expected) in rows {
        assert_eq!(title(&TaskText::try_new(text).unwrap()), expected);
    }
}

async fn hand(store: &MemoryStore, new: &NewTask, max_size: u64) -> Result<Told, CliError> {
    hand_in(store, new, QueueBounds { max_size }, now()).await
}

#[tokio::test]
async fn the_same_key_with_the_same_task_finds_the_first() {
    let store = MemoryStore::default();
    let first = NewTask {
        idempotency_key: Some("k".to_owned()),
        held: true,
        ..new(1)
    };
    let told = hand(&store, &first, 10).await.unwrap();
    assert_eq!((told.existing, told.state), (false, TaskState::Pending));
    let again = NewTask {
        id: id(2),
        ..first.clone()
    };
    let told = hand(&store, &again, 10).await.unwrap();
    assert_eq!((told.task_id, told.existing), (id(1), true));
    let other = NewTask {
        id: id(3),
        spec: serde_json::json!({"text": "another"}),
        ..first
    };
    let error = hand(&store, &other, 10).await.unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(error.hint.unwrap().contains("--idempotency-key"));
}

#[tokio::test]
async fn a_full_queue_is_one_error_with_a_hint() {
    let store = queued(&[1, 2]).await;
    let error = hand(&store, &new(3), 2).await.unwrap_err().0;
    assert_eq!(error.code, 1);
    assert!(error.hint.unwrap().contains("queue.max_size"));
    assert!(store.find("03").await.unwrap().is_empty());
}
