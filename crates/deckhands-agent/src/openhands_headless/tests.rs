//! Whole records: what real sessions printed and stored, and what each must yield.

mod captures;
mod fuzz;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deckhands_model::{AgentState, Cause, Outcome};
use deckhands_runtime::OutputSource;
use proptest::prelude::*;
use serde::Deserialize;

use super::{OpenHandsHeadless, Reader};
use crate::adapter::{AgentAdapter, AgentReader, ContainerFacts, EndedBy, EventFile};

/// What a transcript must yield; see `expected.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(rename = "about")]
    _about: String,
    exit: Option<i64>,
    ended_by: Option<String>,
    #[serde(default)]
    sandbox_oom: bool,
    outcome: String,
    cause: Option<Cause>,
    answer: Option<String>,
    retries: Option<u64>,
}

fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/transcripts")
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(transcripts().join("expected.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

fn lines(name: &str, file: &str) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(transcripts().join(name).join(file)).unwrap_or_default();
    bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

fn read_log(reader: &mut dyn AgentReader, name: &str) {
    for line in lines(name, "stdout.log") {
        reader.log_line(OutputSource::Stdout, &line);
    }
    for line in lines(name, "stderr.log") {
        reader.log_line(OutputSource::Stderr, &line);
    }
}

fn read_events(reader: &mut dyn AgentReader, name: &str) {
    let events = lines(name, "events.jsonl")
        .into_iter()
        .filter(|line| !line.is_empty());
    for (number, bytes) in (0_u64..).zip(events) {
        let read = reader.event(EventFile {
            number,
            bytes: &bytes,
        });
        assert!(read.is_ok(), "{name}: {read:?}");
    }
}

fn facts(row: &Expected) -> ContainerFacts {
    ContainerFacts {
        app_exit: row.exit,
        sandbox_oom: row.sandbox_oom,
        ..ContainerFacts::default()
    }
}

fn ended_by(row: &Expected) -> Option<EndedBy> {
    Some(match row.ended_by.as_deref()? {
        "Awaiting" => EndedBy::Awaiting,
        "IdleDeadline" => EndedBy::IdleDeadline,
        "WorkDeadline" => EndedBy::WorkDeadline,
        other => panic!("unknown `ended_by` {other}"),
    })
}

#[test]
fn every_transcript_yields_what_was_done_to_it() {
    let mut wrong = Vec::new();
    for (name, row) in expected() {
        let mut reader = OpenHandsHeadless.reader();
        read_log(reader.as_mut(), &name);
        read_events(reader.as_mut(), &name);
        let outcome = reader.outcome(&facts(&row), ended_by(&row));
        let cause = outcome.failure().map(|failure| failure.cause);
        if outcome.word() != row.outcome || cause != row.cause {
            wrong.push(format!(
                "{name}: {outcome:?} for {}, {:?}",
                row.outcome, row.cause
            ));
        }
        if let (Some(answer), Outcome::Finished { answer: given }) = (&row.answer, &outcome) {
            assert_eq!(given, answer, "{name}");
        }
        if let Some(retries) = row.retries {
            assert_eq!(reader.progress().retries, retries, "{name}");
        }
        assert!(!reader.progress().waiting, "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_transcript() {
    let folders = std::fs::read_dir(transcripts())
        .unwrap()
        .map(Result::unwrap);
    let mut names: Vec<String> = folders
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, expected().into_keys().collect::<Vec<_>>());
    assert!(names.len() >= 25, "{}", names.len());
}

#[test]
fn a_log_alone_never_finishes_and_still_shows_why_it_failed() {
    for (name, row) in expected() {
        let mut reader = OpenHandsHeadless.reader();
        read_log(reader.as_mut(), &name);
        let outcome = reader.outcome(&facts(&row), ended_by(&row));
        assert_eq!(outcome.word(), "failed", "{name}");
        assert_ne!(reader.progress().state, AgentState::Finished, "{name}");
    }
    let mut reader = OpenHandsHeadless.reader();
    read_log(reader.as_mut(), "log_json_error_401");
    let outcome = reader.outcome(&ContainerFacts::default(), None);
    assert_eq!(
        outcome.failure().map(|failure| failure.cause),
        Some(Cause::BadKey)
    );
}

/// The loop of condensations is in the stored events alone; the log only has its end.
const LOOP: &str = "context_window_exceeded";

#[test]
fn a_log_alone_still_shows_the_cause() {
    let mut wrong = Vec::new();
    for (name, row) in expected() {
        let Some(cause) = row.cause else { continue };
        let mut reader = OpenHandsHeadless.reader();
        read_log(reader.as_mut(), &name);
        let outcome = reader.outcome(&facts(&row), ended_by(&row));
        let told = outcome.failure().map(|failure| failure.cause);
        let expected = if name == LOOP {
            Cause::IterationLimit
        } else {
            cause
        };
        if told != Some(expected) {
            wrong.push(format!("{name}: {outcome:?}, not {cause}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unknown_lines_are_data() {
    const UNKNOWN: [&str; 7] = [
        "",
        "something new",
        r#"{"new": true}"#,
        r#"{"message": ["no", "text"], "level": 3}"#,
        "\u{1b}[92m18:03:47 - openhands:NEW\u{1b}[0m: new.py:1 - something new",
        "{\"message\": \"cut",
        "\u{0}\u{7}\u{1b}[2J",
    ];
    for (name, row) in expected() {
        let mut reader = OpenHandsHeadless.reader();
        for (file, source) in [
            ("stdout.log", OutputSource::Stdout),
            ("stderr.log", OutputSource::Stderr),
        ] {
            // A JSON record is never printed by a session that logs text.
            let is_text = name != "log_json" && !name.starts_with("log_json_");
            for line in lines(&name, file) {
                reader.log_line(source, &line);
                for unknown in UNKNOWN
                    .iter()
                    .filter(|line| !is_text || !line.starts_with('{'))
                {
                    reader.log_line(source, unknown.as_bytes());
                }
            }
        }
        read_events(reader.as_mut(), &name);
        let outcome = reader.outcome(&facts(&row), ended_by(&row));
        assert_eq!(outcome.word(), row.outcome, "{name}");
        assert_eq!(
            outcome.failure().map(|failure| failure.cause),
            row.cause,
            "{name}"
        );
    }
}

#[test]
fn events_alone_are_enough_for_the_good_end_and_coarse_for_the_bad_one() {
    let rows = [
        ("success_hello", None),
        ("auth_401", Some(Cause::BadKey)),
        ("stuck_loop", Some(Cause::Stuck)),
    ];
    for (name, cause) in rows {
        let mut reader = OpenHandsHeadless.reader();
        read_events(reader.as_mut(), name);
        let outcome = reader.outcome(&ContainerFacts::default(), None);
        assert_eq!(
            outcome.failure().map(|failure| failure.cause),
            cause,
            "{name}"
        );
    }
}

#[test]
fn progress_of_a_real_session() {
    let mut reader = OpenHandsHeadless.reader();
    read_log(reader.as_mut(), "launched_success");
    assert!(reader.progress().sandbox_seen);
    assert_eq!(reader.progress().state, AgentState::Working);
    read_events(reader.as_mut(), "launched_success");
    let progress = reader.progress();
    assert_eq!(progress.state, AgentState::Finished);
    assert_eq!(progress.events, 11);
    assert_eq!(progress.doing, "finishes I created hello.txt.");
    assert_eq!(progress.models, ["demo/model-a"]);
    assert_eq!(progress.version.as_deref(), Some("0.59.0"));
    assert_eq!(progress.usage.input_tokens, Some(3003));
    assert_eq!(progress.usage.output_tokens, Some(150));
    let cost = progress.usage.cost_usd.unwrap();
    assert!(
        (cost - 0.03).abs() < 1e-9,
        "three answers of 0.01 each, not {cost}"
    );
}

/// Reads arbitrary pieces as lines and events; only that it comes back matters.
fn read_anything(pieces: &[Vec<u8>]) -> Outcome {
    let mut reader = Reader::default();
    for (number, piece) in (0_u64..).zip(pieces) {
        reader.log_line(OutputSource::Stdout, piece);
        reader.log_line(OutputSource::Stderr, piece);
        // An unreadable event is an answer as good as any other one here.
        let _read = reader.event(EventFile {
            number,
            bytes: piece,
        });
    }
    reader.outcome(&ContainerFacts::default(), None)
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_finish(pieces in proptest::collection::vec(any::<Vec<u8>>(), 0..8)) {
        prop_assert_eq!(read_anything(&pieces).word(), "failed");
    }

    #[test]
    fn a_cut_record_is_no_panic_and_no_success(row in 0_usize..11, keep in 0.0_f64..1.0) {
        let mut events = lines("launched_success", "events.jsonl");
        events.truncate(row + 1);
        let last = events.last_mut().unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a place within a line of a few kB")]
        last.truncate((last.len() as f64 * keep) as usize);
        prop_assert_eq!(read_anything(&events).word(), "failed");
    }
}
