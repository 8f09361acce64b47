//! Transcripts, whole and followed, of one attempt and of all. The clock is paused.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write as _;

use deckhands_config::{Sources, load};
use deckhands_model::TaskState;
use deckhands_orchestration::SystemIds;
use deckhands_store::{Intake as _, MemoryStore};
use tempfile::TempDir;

use super::*;
use crate::commands::stored::test_store::{Still, claim, finish, id, queued, requeue};

fn home() -> (TempDir, Home) {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    (dir, home)
}

/// Adds text to the transcript of an attempt at task 1, as its process does.
fn print(home: &Home, attempt: u32, text: &str) {
    let evidence = Evidence::of(home, id(1));
    let path = evidence.transcript(attempt);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

fn args(attempt: Option<u32>) -> LogsArgs {
    LogsArgs {
        id: "01".to_owned(),
        attempt: attempt.map(|number| number.try_into().unwrap()),
        follow: false,
        raw: false,
    }
}

type Shown = RefCell<Vec<String>>;

/// Notes each line with its attempt.
fn note(shown: &Shown) -> impl FnMut(u32, &[u8]) {
    |attempt, bytes| {
        let text = String::from_utf8_lossy(bytes);
        shown.borrow_mut().push(format!("{attempt}{text}"));
    }
}

async fn whole(store: &MemoryStore, home: &Home, attempt: Option<u32>) -> Result<Shown, CliError> {
    let shown = Shown::default();
    let mut log = Log::open(store, &Still, home, &args(attempt)).await?;
    log.whole(note(&shown)).await?;
    Ok(shown)
}

#[tokio::test]
async fn all_attempts_or_one_of_them() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    print(&home, 2, "o c");
    print(&home, 1, "o a\ne b\n");
    print(&home, 10, "o d\n");
    let all = whole(&store, &home, None).await.unwrap();
    assert_eq!(*all.borrow(), ["1o a\n", "1e b\n", "2o c", "10o d\n"]);
    let one = whole(&store, &home, Some(2)).await.unwrap();
    assert_eq!(*one.borrow(), ["2o c"]);
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    let error = whole(&store, &home, None).await.unwrap_err().0;
    assert_eq!(error.code, 1);
    assert!(error.message.ends_with("it is queued"), "{}", error.message);
    assert!(error.hint.unwrap().contains("deckhands logs 01010101 -f"));
    print(&home, 1, "o a\n");
    let error = whole(&store, &home, Some(3)).await.unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(error.message.ends_with("no attempt 3"), "{}", error.message);
    let unknown = whole(&MemoryStore::default(), &home, None).await;
    assert!(
        unknown.is_ok(),
        "a task that is not stored has a transcript"
    );
}

/// Follows while `meanwhile` goes on.
async fn follow(
    store: &MemoryStore,
    home: &Home,
    attempt: Option<u32>,
    meanwhile: impl Future<Output = ()>,
) -> Vec<String> {
    let shown = Shown::default();
    let mut log = Log::open(store, &Still, home, &args(attempt))
        .await
        .unwrap();
    let (followed, ()) = tokio::join!(log.follow(note(&shown), || false), meanwhile);
    followed.unwrap();
    shown.into_inner()
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ended_without_a_word_is_waited_for_by_nobody() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    let mut log = Log::open(&store, &Still, &home, &args(None)).await.unwrap();
    let (followed, ()) = tokio::join!(log.follow(|_, _| (), || false), async {
        looks().await;
        store.cancel(id(1), Still.now()).await.unwrap();
    });
    let followed = followed.unwrap_err();
    for error in [followed, whole(&store, &home, None).await.unwrap_err()] {
        assert_eq!(error.0.code, 1);
        let message = &error.0.message;
        assert!(message.ends_with("it is cancelled"), "{message}");
        let hint = error.0.hint.unwrap();
        assert!(hint.contains("deckhands status 01010101"), "{hint}");
    }
}

#[tokio::test]
async fn a_task_of_run_that_printed_nothing_is_told_by_its_document() {
    let (_dir, home) = home();
    let path = Evidence::of(&home, id(1)).transcript(1);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let none = MemoryStore::default();
    let error = whole(&none, &home, None).await.unwrap_err().0;
    assert!(
        error.message.ends_with("printed nothing"),
        "{}",
        error.message
    );
    assert!(error.hint.unwrap().contains("deckhands logs 01010101 -f"));
    let text = serde_json::to_string(&crate::sample::completed()).unwrap();
    fs::write(path.with_file_name("result.json"), text).unwrap();
    let error = whole(&none, &home, None).await.unwrap_err().0;
    let message = &error.message;
    assert!(message.ends_with("it is completed"), "{message}");
    assert!(error.hint.unwrap().contains("deckhands result 01010101"));
}

/// Lets the follower look a few times.
async fn looks() {
    sleep(POLL * 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_is_followed_over_its_attempts_to_its_end() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    let shown = follow(&store, &home, None, async {
        looks().await;
        let first = claim(&store).await;
        print(&home, 1, "o a\no b");
        looks().await;
        print(&home, 1, "c\n");
        requeue(&store, &first).await;
        looks().await;
        let second = claim(&store).await;
        print(&home, 2, "e d\no no end");
        finish(&store, &second, TaskState::Completed).await;
    })
    .await;
    assert_eq!(shown, ["1o a\n", "1o bc\n", "2e d\n", "2o no end"]);
}

#[tokio::test(start_paused = true)]
async fn one_attempt_is_followed_until_the_next_begins() {
    let (_dir, home) = home();
    let store = queued(&[1]).await;
    let shown = follow(&store, &home, Some(1), async {
        print(&home, 1, "o a\n");
        looks().await;
        print(&home, 2, "o not wanted\n");
    })
    .await;
    assert_eq!(shown, ["1o a\n"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_not_stored_is_followed_to_its_document() {
    let (_dir, home) = home();
    print(&home, 1, "o a\n");
    let shown = follow(&MemoryStore::default(), &home, None, async {
        looks().await;
        print(&home, 1, "o b\n");
        let path = Evidence::of(&home, id(1)).transcript(1);
        let text = serde_json::to_string(&crate::sample::completed()).unwrap();
        fs::write(path.with_file_name("result.json"), text).unwrap();
    })
    .await;
    assert_eq!(shown, ["1o a\n", "1o b\n"]);
}

#[test]
fn a_line_has_its_stream_and_no_key() {
    const KEY: &str = "canary-0123456789";
    let dir = TempDir::new().unwrap();
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        env: [(OsString::from("OPENROUTER_API_KEY"), OsString::from(KEY))].into(),
        ..Sources::default()
    });
    let redaction = Redaction::of(&settings.unwrap());
    let rows: [(&[u8], &str, &str); 5] = [
        (b"o hello\n", "stdout", "hello"),
        (b"e oh  no", "stderr", "oh  no"),
        (b"o \n", "stdout", ""),
        (b"odd\n", "stdout", "odd"),
        (
            b"o my canary-0123456789 \xff\n",
            "stdout",
            "my *** \u{fffd}",
        ),
    ];
    for (bytes, stream, text) in rows {
        let expected = Line {
            attempt: 3,
            stream,
            text: text.to_owned(),
        };
        assert_eq!(line(3, bytes, &redaction), expected);
    }
}
