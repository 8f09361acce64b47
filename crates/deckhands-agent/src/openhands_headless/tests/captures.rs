//! The corpus of captured sessions: JSON log, stored events and the daemon's facts of each, and what
//! each must yield by `expected.toml`, which was written before anything was captured.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deckhands_model::{AgentState, Cause, ErrorType};
use deckhands_runtime::OutputSource;
use serde::Deserialize;

use crate::adapter::{AgentAdapter, AgentReader, ContainerFacts, EndedBy, EventFile};
use crate::openhands_headless::OpenHandsHeadless;

/// A row of the table; how the session was started is of no matter here.
#[derive(Deserialize)]
struct Row {
    act: Option<Act>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Act {
    by: String,
    ended_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    exit: i64,
    state: String,
    outcome: String,
    #[serde(rename = "type")]
    error_type: Option<String>,
    cause: Option<Cause>,
    #[serde(default)]
    app_oom: bool,
    #[serde(default)]
    sandbox_oom: bool,
    usage: Option<Usage>,
    #[serde(rename = "requests", default)]
    _requests: u64,
    #[serde(rename = "changed", default)]
    _changed: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Debug, Default)]
struct Usage {
    input: Option<u64>,
    output: Option<u64>,
    cost: Option<f64>,
}

/// What the capture itself saw of a session.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    exit: i64,
    app_oom: bool,
    /// State of the sandbox when the app had ended.
    sandbox: String,
    sandbox_oom: bool,
    /// Last state that the agent stored.
    state: String,
    events: u64,
    #[serde(rename = "ended")]
    _ended: String,
    #[serde(rename = "requests")]
    _requests: u64,
    #[serde(rename = "changed")]
    _changed: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/captures")
}

fn rows() -> BTreeMap<String, Row> {
    toml::from_str(&fs::read_to_string(root().join("expected.toml")).unwrap()).unwrap()
}

fn lines(name: &str, file: &str) -> Vec<Vec<u8>> {
    let bytes = fs::read(root().join(name).join(file)).unwrap_or_default();
    bytes
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// The rows of which there is a capture.
fn captured() -> Vec<(String, Row)> {
    rows()
        .into_iter()
        .filter(|(name, _)| root().join(name).join("facts.toml").exists())
        .collect()
}

fn facts(name: &str) -> Facts {
    let text = fs::read_to_string(root().join(name).join("facts.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

fn container_facts(name: &str) -> ContainerFacts {
    let facts = facts(name);
    ContainerFacts {
        app_exit: Some(facts.exit),
        app_oom: facts.app_oom,
        app_vanished: false,
        sandbox_exit: (facts.sandbox == "exited").then_some(0),
        sandbox_oom: facts.sandbox_oom,
    }
}

fn ended_by(row: &Row) -> Option<EndedBy> {
    let act = row.act.as_ref().filter(|act| act.by == "owner")?;
    Some(match act.ended_by.as_deref()? {
        "Awaiting" => EndedBy::Awaiting,
        other => panic!("unknown `ended_by` {other}"),
    })
}

fn read_log(reader: &mut dyn AgentReader, name: &str) {
    for (file, source) in [
        ("stdout.log", OutputSource::Stdout),
        ("stderr.log", OutputSource::Stderr),
    ] {
        for line in lines(name, file) {
            reader.log_line(source, &line);
        }
    }
}

fn read_events(reader: &mut dyn AgentReader, name: &str) {
    for (number, bytes) in (0_u64..).zip(lines(name, "events.jsonl")) {
        let read = reader.event(EventFile {
            number,
            bytes: &bytes,
        });
        assert!(read.is_ok(), "{name}: {read:?}");
    }
}

/// The state that a stored word stands for; `none` where nothing was stored.
fn state(word: &str) -> AgentState {
    match word {
        "none" => AgentState::Starting,
        "running" => AgentState::Working,
        "awaiting_user_input" => AgentState::AwaitingInput,
        "finished" => AgentState::Finished,
        "error" => AgentState::Errored,
        "rate_limited" => AgentState::RateLimited,
        other => panic!("unknown state {other}"),
    }
}

fn usage(reader: &dyn AgentReader) -> Usage {
    let usage = reader.progress().usage;
    Usage {
        input: usage.input_tokens,
        output: usage.output_tokens,
        cost: usage.cost_usd,
    }
}

/// Sums of prices are not exact.
fn same(told: Usage, expected: Usage) -> bool {
    let cost = match (told.cost, expected.cost) {
        (Some(told), Some(expected)) => (told - expected).abs() < 1e-9,
        (told, expected) => told == expected,
    };
    cost && told.input == expected.input && told.output == expected.output
}

/// What of a row does not come out, both ways of the record read one after the other.
fn differences(name: &str, row: &Row) -> Vec<String> {
    let mut reader = OpenHandsHeadless.reader();
    read_log(reader.as_mut(), name);
    read_events(reader.as_mut(), name);
    let (seen, facts, expect) = (facts(name), container_facts(name), &row.expect);
    let outcome = reader.outcome(&facts, ended_by(row));
    let failure = outcome.failure();
    let mut wrong = Vec::new();
    let mut compare = |what: &str, told: String, expected: String| {
        if told != expected {
            wrong.push(format!("{name}: {what} is {told}, not {expected}"));
        }
    };
    let cause = failure.map(|failure| failure.cause);
    let error_type = cause.map(|cause| cause.error_type().word().to_owned());
    compare(
        "exit",
        format!("{:?}", facts.app_exit),
        format!("{:?}", Some(expect.exit)),
    );
    compare(
        "app_oom",
        facts.app_oom.to_string(),
        expect.app_oom.to_string(),
    );
    compare(
        "sandbox_oom",
        facts.sandbox_oom.to_string(),
        expect.sandbox_oom.to_string(),
    );
    compare("stored state", seen.state, expect.state.clone());
    compare(
        "number of events",
        reader.progress().events.to_string(),
        seen.events.to_string(),
    );
    compare(
        "state",
        format!("{:?}", reader.progress().state),
        format!("{:?}", state(&expect.state)),
    );
    compare("outcome", outcome.word().to_owned(), expect.outcome.clone());
    compare(
        "type",
        format!("{error_type:?}"),
        format!("{:?}", expect.error_type),
    );
    compare(
        "cause",
        format!("{cause:?} ({outcome:?})"),
        format!("{:?} ({outcome:?})", expect.cause),
    );
    let (told, expected) = (usage(reader.as_ref()), expect.usage.unwrap_or_default());
    if !same(told, expected) {
        wrong.push(format!("{name}: usage is {told:?}, not {expected:?}"));
    }
    wrong
}

#[test]
fn every_capture_yields_what_its_script_says() {
    let wrong: Vec<String> = captured()
        .iter()
        .flat_map(|(name, row)| differences(name, row))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_has_its_capture() {
    let missing: Vec<String> = rows()
        .into_keys()
        .filter(|name| !root().join(name).join("facts.toml").exists())
        .collect();
    assert!(missing.is_empty(), "not captured: {missing:?}");
}

#[test]
fn the_table_is_about_known_types_and_causes() {
    let rows = rows();
    assert!(rows.len() >= 90, "{}", rows.len());
    for (name, row) in rows {
        let expected = row.expect.cause.map(Cause::error_type);
        let told = row
            .expect
            .error_type
            .as_deref()
            .map(|word| word.parse::<ErrorType>().unwrap());
        assert_eq!(told, expected, "{name}");
        assert_eq!(row.expect.outcome == "failed", expected.is_some(), "{name}");
        ended_by(&row);
        state(&row.expect.state);
    }
}

#[test]
fn a_captured_log_alone_never_finishes() {
    for (name, row) in captured() {
        let mut reader = OpenHandsHeadless.reader();
        read_log(reader.as_mut(), &name);
        let outcome = reader.outcome(&container_facts(&name), ended_by(&row));
        assert_ne!(outcome.word(), "finished", "{name}");
        assert_ne!(reader.progress().state, AgentState::Finished, "{name}");
    }
}

#[test]
fn the_order_of_reading_does_not_matter() {
    for (name, row) in captured() {
        let read = |events_first: bool| {
            let mut reader = OpenHandsHeadless.reader();
            if events_first {
                read_events(reader.as_mut(), &name);
            }
            read_log(reader.as_mut(), &name);
            if !events_first {
                read_events(reader.as_mut(), &name);
            }
            let outcome = reader.outcome(&container_facts(&name), ended_by(&row));
            (
                outcome.word(),
                outcome.failure().map(|failure| failure.cause),
            )
        };
        assert_eq!(read(true), read(false), "{name}");
    }
}
