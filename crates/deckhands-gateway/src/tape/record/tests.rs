//! A recorder's file: what gets into it, what does not, and what comes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bytes::Bytes;
use deckhands_model::Usage;
use serde_json::{Value, json};

use super::*;
use crate::tape::{Replay, Tape, TapeEnd, TapedAnswer};

const KEY: &str = "sk-or-v1-the-real-key";
const TOKEN: &str = "token-0123456789abcdef";

fn call(content: &str, body: impl Into<Bytes>) -> TapedCall {
    let messages = json!([{ "role": "user", "content": content }]);
    let request = json!({ "model": "m", "messages": messages });
    TapedCall {
        request: request.to_string().into(),
        answer: TapedAnswer {
            status: 200,
            content_type: Some("application/json".to_owned()),
            cost: Some("0.25".to_owned()),
            body: body.into(),
        },
        served: Some("m-2026".to_owned()),
        usage: Usage {
            input_tokens: Some(7),
            output_tokens: None,
            cost_usd: Some(0.25),
        },
    }
}

async fn open(path: &Path) -> Recorder {
    Recorder::open(path, Recorder::DEFAULT_BYTES).await.unwrap()
}

/// A folder with the path of a tape that is to be in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    (folder, path)
}

#[tokio::test]
async fn what_was_recorded_is_replayed() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"\u{fc}\u{2028}\\n\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    let mut failed = call("again", "{\"error\":{}}");
    failed.answer.status = 503;
    let calls = [
        call("hello", "{\"choices\":[{}]}"),
        failed,
        call("hello", stream),
    ];
    for call in &calls {
        recorder.record(call.clone(), &[KEY]).await;
    }
    let recorded = recorder.close().await.unwrap();
    let bytes = fs::metadata(&path).unwrap().len();
    assert_eq!(
        recorded,
        Recorded {
            calls: 3,
            bytes,
            left_out: 0
        }
    );

    let tape = Tape::read(&path).unwrap();
    assert_eq!(tape.end(), TapeEnd::Whole);
    let replay = Replay::new(tape);
    for (call, number) in calls.into_iter().zip(1..) {
        let replayed = replay.next(&call.request).unwrap();
        assert_eq!((replayed.call, replayed.diverged), (number, None));
        assert_eq!(replayed.answer, call.answer);
        assert_eq!((replayed.served, replayed.usage), (call.served, call.usage));
    }
}

#[tokio::test]
async fn a_line_is_as_the_page_says() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    recorder.record(call("hello", "{}"), &[]).await;
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0], json!({ "tape": { "version": 1 } }));
    let sum = "d98167dd28f22e330824942ba4d4ce217c2411a0d1141d60b40fe4cb8dc0d232";
    let expected = json!({ "call": {
        "number": 1,
        "asked": { "model": "m", "messages": 1, "messages_sha256": sum, "tools": false, "streamed": false },
        "answer": { "status": 200, "content_type": "application/json", "cost": "0.25", "body": "{}" },
        "served": "m-2026",
        "usage": { "input_tokens": 7, "cost_usd": 0.25 },
    } });
    assert_eq!(lines[1], expected);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn no_secret_gets_onto_a_tape() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    let quoted = "key-with\"quote";
    let in_json = json!({ "choices": [{ "said": [KEY, TOKEN, quoted] }] }).to_string();
    let mut leaky = call(KEY, in_json);
    leaky.request = json!({ "model": KEY, "messages": [KEY], "key": TOKEN })
        .to_string()
        .into();
    leaky.served = Some(format!("served by {TOKEN}"));
    leaky.answer.content_type = Some(KEY.to_owned());
    leaky.answer.cost = Some(KEY.to_owned());
    recorder.record(leaky, &[KEY, TOKEN, quoted]).await;
    recorder.close().await.unwrap();

    let text = fs::read_to_string(&path).unwrap();
    for secret in [KEY, TOKEN, "key-with"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let replayed = Replay::new(Tape::read(&path).unwrap()).next(b"{}").unwrap();
    assert_eq!(
        replayed.answer.body,
        r#"{"choices":[{"said":["***","***","***"]}]}"#
    );
    assert_eq!(replayed.served.as_deref(), Some("served by ***"));
}

#[tokio::test]
async fn a_full_tape_says_so_and_stays_within_its_bound() {
    let (_folder, path) = place();
    // The first line has 23 bytes, the last one 25, a call with an empty answer about 290.
    let recorder = Recorder::open(&path, 1000).await.unwrap();
    for _ in 0..9 {
        recorder.record(call("hello", ""), &[]).await;
    }
    let recorded = recorder.close().await.unwrap();
    assert!((1..9).contains(&recorded.calls), "{recorded:?}");
    assert_eq!(recorded.left_out, 9 - recorded.calls);
    assert!(recorded.bytes <= 1000, "{recorded:?}");
    assert_eq!(recorded.bytes, fs::metadata(&path).unwrap().len());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.ends_with("}\n{\"full\":{\"bytes\":1000}}\n"), "{text}");
    let tape = Tape::read(&path).unwrap();
    assert_eq!((tape.calls(), tape.end()), (recorded.calls, TapeEnd::Full));

    // Whoever opens it again adds nothing.
    let again = open(&path).await;
    again.record(call("hello", ""), &[]).await;
    assert_eq!(
        again.close().await.unwrap(),
        Recorded {
            left_out: 1,
            ..recorded
        }
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_tape_is_gone_on_with_after_its_writer_died() {
    let (_folder, path) = place();
    let first = open(&path).await;
    first.record(call("one", "1"), &[]).await;
    drop(first);
    let whole = fs::read(&path).unwrap();
    let rows = [
        whole.clone(),
        [&whole[..], b"{\"call\":{\"number\":2,\"ask"].concat(),
        whole[..whole.len() - 1].to_vec(),
    ];
    for left in rows {
        fs::write(&path, left).unwrap();
        let second = open(&path).await;
        second.record(call("two", "2"), &[]).await;
        assert_eq!(second.close().await.unwrap().calls, 2);
        let replay = Replay::new(Tape::read(&path).unwrap());
        for (number, body) in [(1, "1"), (2, "2")] {
            let replayed = replay.next(b"{}").unwrap();
            assert_eq!(
                (replayed.call, &replayed.answer.body[..]),
                (number, body.as_bytes())
            );
        }
        assert_eq!(replay.end(), TapeEnd::Whole);
    }
}

#[tokio::test]
async fn a_tape_without_a_call_is_gone_on_with_too() {
    for left in ["", "{\"tape\":{\"ver", "{\"tape\":{\"version\":1}}\n"] {
        let (_folder, path) = place();
        fs::write(&path, left).unwrap();
        let recorder = open(&path).await;
        recorder.record(call("one", "1"), &[]).await;
        recorder.close().await.unwrap();
        assert_eq!(Tape::read(&path).unwrap().calls(), 1, "{left}");
    }
}

#[tokio::test]
async fn no_other_file_is_written_to() {
    let (folder, path) = place();
    for foreign in ["hello", "hello\n", "{\"tape\":{\"version\":2}}\n"] {
        fs::write(&path, foreign).unwrap();
        let error = Recorder::open(&path, 1000).await.unwrap_err();
        let kind = matches!(error, TapeError::NotATape | TapeError::Newer { .. });
        assert!(kind, "{error:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign);
    }
    let nowhere = folder.path().join("absent").join("calls.jsonl");
    let error = Recorder::open(nowhere, 1000).await.unwrap_err();
    assert!(matches!(error, TapeError::Write { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_are_whole_lines_each() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    let body = "x".repeat(100_000);
    let one = || recorder.record(call("hello", body.clone()), &[KEY]);
    futures::future::join_all((0..40).map(|_| one())).await;
    assert_eq!(recorder.close().await.unwrap().calls, 40);
    let replay = Replay::new(Tape::read(&path).unwrap());
    for number in 1..=40 {
        let replayed = replay.next(b"{}").unwrap();
        assert_eq!(
            (replayed.call, replayed.answer.body.len()),
            (number, 100_000)
        );
    }
}

#[tokio::test]
async fn two_may_read_what_is_still_being_written() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    recorder.record(call("one", "1"), &[]).await;
    let (first, second) = (Tape::read(&path).unwrap(), Tape::read(&path).unwrap());
    recorder.record(call("two", "2"), &[]).await;
    assert_eq!((first.calls(), second.calls()), (1, 1));
    let replay = Replay::new(first);
    replay.next(b"{}").unwrap();
    assert_eq!(Replay::new(second).left(), 1);
    assert_eq!(Tape::read(&path).unwrap().calls(), 2);
}

#[tokio::test]
async fn a_long_answer_is_kept_whole() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    let body = "0123456789".repeat(1 << 20);
    recorder
        .record(call("hello", body.clone()), &[KEY, TOKEN])
        .await;
    recorder.close().await.unwrap();
    let replayed = Replay::new(Tape::read(&path).unwrap()).next(b"{}").unwrap();
    assert_eq!(replayed.answer.body, body);
}

#[tokio::test]
async fn a_call_that_is_given_up_while_it_is_written_is_on_the_tape() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    let record = recorder.record(call("hello", "{}"), &[]);
    // Asked once, and dropped.
    let _ = futures::FutureExt::now_or_never(record);
    assert_eq!(recorder.close().await.unwrap().calls, 1);
    assert_eq!(Tape::read(&path).unwrap().calls(), 1);
}

#[tokio::test]
async fn after_its_end_nothing_is_added() {
    let (_folder, path) = place();
    let recorder = open(&path).await;
    recorder.record(call("one", "1"), &[]).await;
    let closed = recorder.close().await.unwrap();
    let text = fs::read(&path).unwrap();
    recorder.clone().record(call("two", "2"), &[]).await;
    assert_eq!(recorder.close().await.unwrap(), closed);
    assert_eq!(fs::read(&path).unwrap(), text);
}
