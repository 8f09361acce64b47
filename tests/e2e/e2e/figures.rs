//! Figures that a user feels, with their bounds.

use std::fs;
use std::process::Command;

use deckhands_e2e::{Bench, Running, deckhands, one_step};
use jiff::Timestamp;
use serde_json::Value;

/// `--version` must not be felt. A debug binary is measured; the release one is faster.
#[test]
fn version_takes_less_than_ten_milliseconds() {
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let mut command = Command::new(deckhands());
            command.arg("--version");
            Running::start(command).end().with_code(0).took.as_micros()
        })
        .collect();
    times.sort_unstable();
    let median = times[times.len() / 2];
    assert!(median < 10_000, "median of 21: {median} µs");
}

/// From outside: the agent's own stamp of its end, and the end of our process. Containers share the
/// clock of their host.
#[test]
fn the_result_is_there_within_a_second_of_the_agents_end() {
    let bench = Bench::new(one_step());
    let ended = bench.run(&["write hello.txt"]);
    let exit = Timestamp::now();
    let report = ended.with_code(0).json();
    let agent_end = stamp_of_the_end(&bench);
    let after = exit.duration_since(agent_end).as_secs_f64();
    assert!(
        (0.0..1.0).contains(&after),
        "{after} s; {:#}",
        report["timings"]
    );
    let told = report["timings"]["after_agent_s"].as_f64();
    assert!(
        told.is_some_and(|told| told < after),
        "{told:?} of {after} s"
    );
}

/// When the agent stored that it has finished, by its own clock.
fn stamp_of_the_end(bench: &Bench) -> Timestamp {
    let file = bench.attempt_file("events.jsonl").expect("stored events");
    let text = fs::read_to_string(file).expect("the stored events");
    let last = text.lines().last().expect("an event");
    let event: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(event["kind"]["state"], "finished", "{event:#}");
    let stamp = event["stamp"].as_str().expect("a stamp");
    stamp.parse().expect("an ISO 8601 stamp with its zone")
}
