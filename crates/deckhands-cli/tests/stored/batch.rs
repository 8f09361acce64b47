//! Batches that cannot begin: what is wrong with the call is told first, nothing is handed in.

use std::fs;

use crate::bench::{Bench, Ended, NOT_READY};

/// The exit code of wrong arguments.
const USAGE: i32 = 2;

/// Calls `batch` without a key.
fn batch(bench: &Bench, args: &[&str]) -> Ended {
    fs::write(bench.beside("tasks.jsonl"), "{\"text\": \"do it\"}\n").unwrap();
    let mut command = bench.program(env!("CARGO_BIN_EXE_deckhands"));
    command
        .env_remove("OPENROUTER_API_KEY")
        .args(["batch", "../tasks.jsonl"])
        .args(args)
        .arg("--home")
        .arg(bench.home());
    Ended::of(&command.output().unwrap())
}

#[test]
fn a_batch_that_was_never_begun_is_not_gone_on_with() {
    let ended = batch(&Bench::new(), &["--resume"]);
    assert_eq!(ended.code, USAGE, "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("error: no batch was handed in from")
    );
    assert!(
        ended.stderr.contains("hint: leave `--resume` out"),
        "{ended:?}"
    );
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_key_is_asked_for() {
    let bench = Bench::new();
    fs::write(bench.beside("file"), "").unwrap();
    for place in ["/proc/x", "/proc", "../file"] {
        let ended = batch(&bench, &["--report", place]);
        assert_eq!(ended.code, NOT_READY, "{ended:?}");
        let message = format!("error: cannot write the report `{place}`");
        assert!(ended.stderr.starts_with(&message), "{ended:?}");
    }
}

#[test]
fn a_batch_that_could_begin_asks_for_the_key() {
    let ended = batch(&Bench::new(), &["--report", "../report"]);
    assert_eq!(ended.code, USAGE, "{ended:?}");
    assert!(ended.stderr.contains("OPENROUTER_API_KEY"), "{ended:?}");
}
