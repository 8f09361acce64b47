//! The kept evidence: bounded, private, and without secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use deckhands_model::EventKind;
use tempfile::TempDir;

use super::*;

const SECRET: &str = "canary-5f3a-key";

fn write(bound: u64, work: impl FnOnce(&mut Transcript)) -> (String, String) {
    let dir = TempDir::new().unwrap();
    let attempt = AttemptDir::at(dir.path().to_owned());
    let mut transcript =
        Transcript::open(&attempt, ByteSize::bytes(bound), vec![SECRET.to_owned()]).unwrap();
    work(&mut transcript);
    assert!(transcript.close().is_none());
    for path in [attempt.transcript(), attempt.events()] {
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    (
        fs::read_to_string(attempt.transcript()).unwrap(),
        fs::read_to_string(attempt.events()).unwrap(),
    )
}

fn event(summary: &str) -> AgentEvent {
    let kind = EventKind::Observation {
        name: "run".to_owned(),
        failed: None,
        summary: summary.to_owned(),
    };
    AgentEvent {
        sequence: 0,
        stamp: None,
        kind,
    }
}

#[test]
fn each_line_has_its_stream_and_no_secret() {
    let (output, events) = write(1000, |t| {
        t.line(OutputSource::Stdout, b"hello");
        t.line(OutputSource::Stderr, format!("key={SECRET}!").as_bytes());
        t.line(OutputSource::Stdout, b"\xff");
        t.event(&event(&format!("echo {SECRET}")));
    });
    let lines: Vec<_> = output.lines().collect();
    assert_eq!((lines[0], lines[2]), ("o hello", "o \u{fffd}"));
    assert!(
        lines[1].starts_with("e key=") && lines[1].ends_with('!'),
        "{}",
        lines[1]
    );
    assert!(!output.contains(SECRET) && !events.contains(SECRET));
    assert!(events.contains("echo ") && events.ends_with('\n'));
}

#[test]
fn beyond_the_bound_nothing_is_written() {
    let (output, events) = write(10, |t| {
        for _ in 0..5 {
            t.line(OutputSource::Stdout, b"12345");
            t.event(&event("x"));
        }
    });
    assert_eq!(output, "o 12345\no ");
    assert_eq!(events.len(), 10);
}
