//! Each event as a line and as a document.

use deckhands_model::{AttemptNumber, Cause, TaskId};

use super::*;
use crate::sample::plain;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// An event, its line and the kind of its document.
type Told = (EngineEvent, Option<&'static str>, &'static str);

fn task() -> TaskId {
    TaskId::from_random([0xab; 16])
}

fn events() -> Vec<Told> {
    let mut events = of_attempts();
    events.extend(of_engine());
    events
}

fn of_attempts() -> Vec<Told> {
    let task = task();
    let attempt = AttemptId {
        task,
        number: AttemptNumber::FIRST,
    };
    let started = |adopted| EngineEvent::Started {
        attempt,
        title: "fix\u{1b}[31m\nit".to_owned(),
        adopted,
    };
    let again = |second| EngineEvent::Again {
        task,
        at: at(second),
        note: "busy".to_owned(),
    };
    vec![
        (
            started(false),
            Some("abababab.1 started: fix it"),
            "started",
        ),
        (
            started(true),
            Some("abababab.1 taken over: fix it"),
            "started",
        ),
        (
            EngineEvent::Ended {
                task,
                state: TaskState::Failed,
                cause: Some(Cause::BadKey),
            },
            Some("abababab failed (BadKey)"),
            "ended",
        ),
        (again(160), Some("abababab again in 60 s: busy"), "again"),
        (again(1), Some("abababab again at once: busy"), "again"),
        (
            EngineEvent::Paused(attempt),
            Some("abababab.1 paused"),
            "paused",
        ),
        (
            EngineEvent::Left(attempt),
            Some("abababab.1 left to another engine"),
            "left",
        ),
        (
            EngineEvent::NoKey {
                attempt,
                why: "no key".to_owned(),
            },
            Some("abababab.1 left to an engine with its key: no key"),
            "left_for_key",
        ),
    ]
}

fn of_engine() -> Vec<Told> {
    vec![
        (
            EngineEvent::Mode(Mode::Draining),
            Some("no new work is begun"),
            "mode",
        ),
        (
            EngineEvent::Mode(Mode::Pausing),
            Some("pausing what still runs"),
            "mode",
        ),
        (
            EngineEvent::Mode(Mode::Cancelling),
            Some("cancelling what runs"),
            "mode",
        ),
        (EngineEvent::Mode(Mode::Left), None, "mode"),
        (
            EngineEvent::StoreTrouble("disk full".to_owned()),
            Some("the store cannot be used now: disk full"),
            "store_trouble",
        ),
        (
            EngineEvent::DaemonTrouble("it does not answer".to_owned()),
            Some("nothing is begun while the Docker daemon cannot be used: it does not answer"),
            "daemon_trouble",
        ),
        (
            EngineEvent::DaemonBack,
            Some("the Docker daemon can be used again"),
            "daemon_back",
        ),
    ]
}

#[test]
fn each_event_has_a_line() {
    for (event, expected, _) in events() {
        let told = line(&event, at(100)).map(|line| plain(&line));
        assert_eq!(told.as_deref(), expected, "{event:?}");
    }
}

#[test]
fn each_event_has_a_document_with_kind_and_time() {
    for (event, _, kind) in events() {
        let document = document(&event, at(100));
        assert_eq!(document["event"], kind, "{event:?}");
        assert_eq!(document["at"], "1970-01-01T00:01:40Z", "{event:?}");
    }
    let [(started, ..), ..] = &events()[..] else {
        panic!("none");
    };
    let document = document(started, at(100));
    assert_eq!(document["attempt"], 1);
    assert_eq!(document["title"], "fix\u{1b}[31m\nit", "as it came");
    assert_eq!(document["task_id"].as_str().unwrap().len(), 32);
}

#[test]
fn the_last_line_has_the_figures() {
    let report = EngineReport {
        attempts: 3,
        left: 1,
    };
    let document = stopped(report);
    assert_eq!(document["event"], "stopped");
    assert_eq!(
        (document["attempts"].as_u64(), document["left"].as_u64()),
        (Some(3), Some(1))
    );
}
