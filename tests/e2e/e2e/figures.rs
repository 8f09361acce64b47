//! Figures that a user feels, with their bounds.

use std::process::Command;

use deckhands_e2e::{Bench, Running, deckhands, one_step};

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

#[test]
fn the_result_is_there_within_a_second_of_the_agents_end() {
    let bench = Bench::new(one_step());
    let report = bench.run(&["write hello.txt"]).with_code(0).json();
    let after = report["timings"]["after_agent_s"]
        .as_f64()
        .expect("a figure");
    assert!(after < 1.0, "{after} s; {:#}", report["timings"]);
}
