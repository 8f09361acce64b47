//! What a tape answers, and what it says of requests that differ.

use serde_json::{Value, json};

use super::*;

/// SHA-256 of `[{"content":"hello","role":"user"}]`.
const HELLO: &str = "d98167dd28f22e330824942ba4d4ce217c2411a0d1141d60b40fe4cb8dc0d232";

/// Two calls: one whole, one as a stream with tools.
fn replay() -> Replay {
    let whole = json!({ "call": { "number": 1,
        "asked": { "model": "m", "messages": 1, "messages_sha256": HELLO },
        "answer": { "status": 200, "content_type": "application/json", "cost": "0.25", "body": "{\"choices\":[{}]}" },
        "served": "m-2026", "usage": { "input_tokens": 7, "output_tokens": 5, "cost_usd": 0.25 },
    } });
    let stream = json!({ "call": { "number": 2,
        "asked": { "messages": 2, "messages_sha256": "00", "tools": true, "streamed": true },
        "answer": { "status": 200, "content_type": "text/event-stream", "body": "data: {}\n\ndata: [DONE]\n\n" },
    } });
    let text = format!(
        "{}\n{whole}\n{stream}\n",
        json!({ "tape": { "version": 1 } })
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    std::fs::write(&path, text).unwrap();
    Replay::new(Tape::read(path).unwrap())
}

fn request(contents: &[&str], more: &Value) -> Vec<u8> {
    let message = |content: &&str| json!({ "role": "user", "content": content });
    let messages: Vec<Value> = contents.iter().map(message).collect();
    let mut body = json!({ "model": "any", "messages": messages });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string().into_bytes()
}

#[test]
fn the_answer_is_what_the_agent_got() {
    let replay = replay();
    let first = replay.next(&request(&["hello"], &json!({}))).unwrap();
    let expected = Replayed {
        call: 1,
        answer: TapedAnswer {
            status: 200,
            content_type: Some("application/json".to_owned()),
            cost: Some("0.25".to_owned()),
            body: "{\"choices\":[{}]}".into(),
        },
        served: Some("m-2026".to_owned()),
        usage: Usage {
            input_tokens: Some(7),
            output_tokens: Some(5),
            cost_usd: Some(0.25),
        },
        diverged: None,
    };
    assert_eq!(first, expected);
    assert_eq!((replay.diverged(), replay.left()), (0, 1));
}

#[test]
fn a_stream_comes_as_its_text() {
    let replay = replay();
    replay.next(&request(&["hello"], &json!({}))).unwrap();
    let wanted = json!({ "stream": true, "tools": [{ "type": "function" }] });
    let second = replay.next(&request(&["one", "two"], &wanted)).unwrap();
    assert_eq!(second.answer.body, "data: {}\n\ndata: [DONE]\n\n");
    assert_eq!(
        second.answer.content_type.as_deref(),
        Some("text/event-stream")
    );
    assert_eq!((second.served, second.usage), (None, Usage::default()));
}

#[test]
fn a_request_that_differs_is_answered_and_counted_with_its_gravest_difference() {
    let rows = [
        (request(&["hello"], &json!({ "temperature": 1 })), None),
        (request(&["hello"], &json!({ "tools": [] })), None),
        (request(&["hullo"], &json!({})), Some(Divergence::Words)),
        (
            request(&["hello", "more"], &json!({})),
            Some(Divergence::Count {
                recorded: 1,
                asked: 2,
            }),
        ),
        (
            request(&["hello", "more"], &json!({ "tools": [{}] })),
            Some(Divergence::Tools),
        ),
        (
            b"no JSON".to_vec(),
            Some(Divergence::Count {
                recorded: 1,
                asked: 0,
            }),
        ),
    ];
    for (asked, diverged) in rows {
        let replay = replay();
        let replayed = replay.next(&asked).unwrap();
        assert_eq!((replayed.call, replayed.diverged), (1, diverged));
        assert_eq!(replay.diverged(), u64::from(diverged.is_some()));
    }
}

#[test]
fn a_stream_is_not_made_of_a_whole_answer_nor_the_other_way_round() {
    let replay = replay();
    let error = replay
        .next(&request(&["hello"], &json!({ "stream": true })))
        .unwrap_err();
    let words = "call 1 of the recording was answered whole, and the agent wants it as a stream";
    assert_eq!(error.to_string(), words);
    // The tape stands where it stood.
    assert_eq!(
        replay.next(&request(&["hello"], &json!({}))).unwrap().call,
        1
    );
    let error = replay
        .next(&request(&["one", "two"], &json!({})))
        .unwrap_err();
    let words = "call 2 of the recording was answered as a stream, and the agent wants it whole";
    assert_eq!(error.to_string(), words);
    assert_eq!((replay.diverged(), replay.left()), (2, 1));
}

#[test]
fn past_its_end_nothing_is_made_up() {
    let replay = replay();
    replay.next(&request(&["hello"], &json!({}))).unwrap();
    replay
        .next(&request(&["a", "b"], &json!({ "stream": true })))
        .unwrap();
    for _ in 0..2 {
        let error = replay.next(&request(&["hello"], &json!({}))).unwrap_err();
        assert!(matches!(error, TapeError::Ended { calls: 2 }), "{error:?}");
    }
    // The second one had no tools, and other words.
    assert_eq!(replay.diverged(), 1);
}

#[test]
fn divergences_have_words() {
    let count = Divergence::Count {
        recorded: 3,
        asked: 5,
    };
    let words = "the recorded request had 3 messages, this one has 5";
    assert_eq!(count.to_string(), words);
}

#[test]
fn debug_shows_no_answer() {
    let shown = format!("{:?}", replay());
    assert!(
        shown.contains("left: 2") && !shown.contains("choices"),
        "{shown}"
    );
}
