//! What is made of bytes and of times.

use std::time::Duration;

use tokio::time::Instant;

use crate::figures::percentile;
use crate::pace::Pace;
use crate::streams::{Events, lateness, merged};
use crate::target;
use crate::wire::{self, Body};

const PACE: Duration = Duration::from_millis(100);

/// Moments so many milliseconds from one that is the same for all.
fn moments(milliseconds: &[u64]) -> Vec<Instant> {
    let zero = Instant::now();
    let moments = milliseconds.iter();
    let moments = moments.map(|at| zero + Duration::from_millis(*at));
    moments.collect()
}

#[test]
fn a_head_tells_status_and_length() {
    let rows: [(&str, Option<(u16, Body)>); 4] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", None),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            Some((200, Body::Plain(5))),
        ),
        (
            "HTTP/1.1 503 Busy\r\ndate: now\r\ncontent-length: 0\r\n\r\n",
            Some((503, Body::Whole)),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            Some((200, Body::Length(0))),
        ),
    ];
    for (text, expected) in rows {
        let head = wire::head(text.as_bytes()).unwrap();
        let seen = head.map(|head| {
            assert_eq!(head.bytes, text.len());
            (head.status, head.body)
        });
        assert_eq!(seen, expected, "{text}");
    }
    assert!(wire::head(b"HTTP/1.1 200 OK\r\ndate: now\r\n\r\n").is_err());
}

#[test]
fn a_body_is_the_same_however_it_is_cut() {
    let chunked = "5\r\nhello\r\n19\r\n, and more than ten bytes\r\n0\r\n\r\n";
    let rows = [
        (Body::Length(0), chunked, "hello, and more than ten bytes"),
        (Body::Plain(4), "abcd", "abcd"),
    ];
    for (start, sent, expected) in rows {
        for size in 1..=sent.len() {
            let (mut body, mut text) = (start, Vec::new());
            let mut parts = sent.as_bytes().chunks(size).peekable();
            while let Some(part) = parts.next() {
                let whole = body.take(part, &mut text).unwrap();
                assert_eq!(whole, parts.peek().is_none(), "in parts of {size}");
            }
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }
    let mut body = Body::Plain(3);
    assert!(body.take(b"four", &mut Vec::new()).is_err());
    assert!(Body::Length(0).take(b"no size", &mut Vec::new()).is_err());
}

#[test]
fn pieces_of_text_are_told_from_other_events() {
    let sent = "data: {\"choices\":[{\"delta\":{\"content\":\"\",\"role\":\"assistant\"}}]}\n\n\
                : a comment\n\n\
                data: {\"choices\":[{\"delta\":{\"content\":\"one \"}}]}\n\n\
                data: {\"choices\":[{\"delta\":{\"content\":\"two\"}}]}\n\n\
                data: {\"choices\":[],\"usage\":{}}\n\n\
                data: [DONE]\n\n";
    let times = moments(&[0, 1]);
    let cut = sent.find("two").unwrap();
    let mut events = Events::default();
    events.read(&sent.as_bytes()[..cut], times[0]).unwrap();
    assert!(!events.done);
    events.read(sent.as_bytes(), times[1]).unwrap();
    assert_eq!(events.text, "one two");
    assert_eq!(events.at, times);
    assert!(events.done);
    assert!(Events::default().read(b"data: {\n\n", times[0]).is_err());
}

#[test]
fn events_that_come_together_are_merged() {
    let rows: [(&[u64], usize); 5] = [
        (&[], 0),
        (&[7], 0),
        (&[0, 100, 200], 0),
        (&[0, 100, 100, 300], 1),
        // One is late, but by itself.
        (&[0, 100, 270, 300], 0),
    ];
    for (at, expected) in rows {
        assert_eq!(merged(&moments(at), PACE), expected, "{at:?}");
    }
    assert_eq!(merged(&moments(&[0, 24, 48]), PACE), 2);
}

#[test]
fn events_are_late_by_the_most_punctual_one() {
    let rows: [(&[u64], &[f64]); 4] = [
        (&[], &[]),
        (&[5], &[0.0]),
        (&[0, 103, 200], &[0.0, 3.0, 0.0]),
        // The first one was late itself.
        (&[10, 100, 201], &[10.0, 0.0, 1.0]),
    ];
    for (at, expected) in rows {
        let late = lateness(&moments(at), PACE);
        assert_eq!(late.len(), expected.len());
        for (seen, expected) in late.iter().zip(expected) {
            assert!((seen - expected).abs() < 1e-6, "{at:?}: {late:?}");
        }
    }
}

#[test]
fn a_percentile_is_one_of_the_values() {
    let mut values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
    for (percent, expected) in [(50, 100.0), (99, 198.0), (100, 200.0)] {
        let seen = percentile(&mut values, percent);
        assert!((seen - expected).abs() < f64::EPSILON, "{percent}: {seen}");
    }
    assert!(percentile(&mut [], 50).is_nan());
}

#[test]
fn a_request_has_its_size() {
    for streamed in [true, false] {
        let body = target::body(streamed);
        assert_eq!(body.len(), 4000);
        let request: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(request["stream"], streamed);
    }
}

#[tokio::test]
async fn a_pace_leaves_out_no_moment_of_a_late_reader() {
    let step = Duration::from_millis(2);
    let mut pace = Pace::start(step).unwrap();
    let mut told = Vec::new();
    while told.len() < 20 {
        told.extend(pace.due().await.unwrap());
        assert!(told.iter().all(|moment| *moment <= Instant::now()));
        tokio::time::sleep(step * 3).await;
    }
    for pair in told.windows(2) {
        assert_eq!(pair[1] - pair[0], step);
    }
}
