//! A recorded run is played again without a provider.

use std::path::PathBuf;

use deckhands_e2e::{Bench, CANARY, bash, create_file};
use deckhands_testkit::{Script, Step};

/// Where the recording of a run's last attempt is.
fn tape(report: &serde_json::Value) -> PathBuf {
    let patch = report["patch"].as_str().expect("a patch");
    PathBuf::from(patch).with_file_name("model.jsonl")
}

#[test]
fn a_run_is_repeated_from_its_recording() {
    let script = Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        bash("cat hello.txt"),
        Step::finish("hello is there"),
    ]);
    let first = Bench::new(script);
    let report = first.run(&["write hello.txt"]).with_code(0).json();
    let tape = tape(&report);
    let text = std::fs::read_to_string(&tape).expect("the recording");
    // Its first line says what it is; each further one is a call.
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(!text.contains(CANARY));
    let again = Bench::new(Script::new([]));
    let path = tape.to_str().expect("a path");
    let replayed = again
        .run(&["write hello.txt", "--replay", path])
        .with_code(0)
        .json();
    assert_eq!(replayed["state"], "completed", "{replayed:#}");
    assert_eq!(replayed["output"], "hello is there");
    assert_eq!(replayed["changes"], report["changes"]);
    assert_eq!(
        replayed["attempts"][0]["usage"],
        report["attempts"][0]["usage"]
    );
    assert_eq!(again.file("hello.txt").as_deref(), Some("hello\n"));
    assert!(again.requests().is_empty(), "no provider was called");
    again.assert_nothing_left();
    first.assert_nothing_left();
}

#[test]
fn a_recording_that_ends_too_early_ends_the_attempt_in_plain_words() {
    let script = Script::new([bash("echo one > one.txt"), Step::finish("done")]);
    let first = Bench::new(script);
    let report = first.run(&["write one.txt"]).with_code(0).json();
    let whole = std::fs::read_to_string(tape(&report)).expect("the recording");
    let cut: Vec<&str> = whole.lines().take(2).collect();
    let path = first.dir.path().join("cut.jsonl");
    std::fs::write(&path, format!("{}\n", cut.join("\n"))).expect("a shorter recording");
    let again = Bench::new(Script::new([]));
    let path = path.to_str().expect("a path");
    let ended = again
        .run(&["write one.txt", "--replay", path])
        .with_code(1)
        .json();
    assert_eq!(ended["state"], "failed", "{ended:#}");
    let message = ended["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("recording"), "{message}");
    assert!(again.requests().is_empty());
    again.assert_nothing_left();
}
