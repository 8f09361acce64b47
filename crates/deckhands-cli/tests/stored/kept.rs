//! `diff` and `apply` mean the same task as `status` and `result` do by the same word.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bench::{Bench, Ended};

/// A link that the kept change makes.
const LINK: &str = "link";

/// What an attempt that ended leaves: an accepted change, which is one new link.
fn keep_change(bench: &Bench, task: &str, began: &str) {
    let attempt = bench.home().join("attempts").join(task).join("1");
    fs::create_dir_all(&attempt).unwrap();
    let record = json!({
        "task_id": task, "number": 1, "started_at": began, "workspace": workspace(bench),
    });
    let after = json!({ "Link": { "target": b"target" } });
    let entry = json!({ "path": LINK.as_bytes(), "before": null, "after": after });
    let change = json!({ "version": 1, "entries": [entry] });
    let verdict = json!({ "state": "accepted", "findings": [] });
    for (name, text) in [
        ("attempt.json", record.to_string()),
        ("change.json", change.to_string()),
        ("change.patch", patch(task)),
        ("verdict.json", verdict.to_string()),
    ] {
        fs::write(attempt.join(name), text).unwrap();
    }
}

/// What `diff` prints of the task.
fn patch(task: &str) -> String {
    format!("+the change of {task}\n")
}

fn workspace(bench: &Bench) -> PathBuf {
    bench.beside("workspace")
}

fn applied(bench: &Bench) -> bool {
    workspace(bench).join(LINK).is_symlink()
}

/// One line what is missing and how the task stands, one what to type next; nothing was applied.
fn assert_nothing_kept(bench: &Bench, ended: &Ended, told: [&str; 3], code: i32) {
    let [task, state, next] = told;
    assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{ended:?}");
    let short = &task[..8];
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let error = format!("error: task {short} has no kept change: it is {state}");
    let hint = format!("hint: `deckhands {next} {short}`");
    assert!(lines.len() == 2 && lines[0] == error, "{ended:?}");
    assert!(lines[1].starts_with(&hint), "{ended:?}");
    assert!(!applied(bench), "an older task's change was applied");
}

const LONG_AGO: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2999-01-01T00:00:00Z";

#[test]
fn a_newer_task_that_waits_is_the_last_one_and_has_no_change_yet() {
    let bench = Bench::new();
    let older = bench.submit("one");
    keep_change(&bench, &older, LATER);
    let newer = bench.submit("two");
    for word in ["last", &newer, &newer[..12]] {
        for command in ["diff", "apply"] {
            let told = [newer.as_str(), "queued", "watch"];
            assert_nothing_kept(&bench, &bench.call(&[command, word]), told, 1);
        }
    }
    let status = bench.call(&["status", "last", "--json"]);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["task"]["task_id"], newer);
    let result = bench.call(&["result", "last"]);
    assert!(result.stderr.contains(&newer[..8]), "{result:?}");
    // The older one is there under its own name.
    assert_eq!(bench.call(&["diff", &older]).stdout, patch(&older));
    assert_eq!(bench.call(&["apply", &older]).code, 0);
    assert!(applied(&bench));
}

#[test]
fn a_task_that_was_cancelled_while_it_waited_has_no_change() {
    let bench = Bench::new();
    let task = bench.submit("one");
    assert_eq!(bench.call(&["cancel", &task]).code, 0);
    for command in ["diff", "apply"] {
        let told = [task.as_str(), "cancelled", "status"];
        assert_nothing_kept(&bench, &bench.call(&[command, "last"]), told, 2);
    }
}

#[test]
fn a_task_of_run_is_found_beside_stored_ones() {
    const RUN: &str = "aaaaaaaaaaaa4aaaaaaaaaaaaaaaaaaa";
    let bench = Bench::new();
    let stored = bench.submit("one");
    keep_change(&bench, RUN, LONG_AGO);
    assert_eq!(bench.call(&["diff", "aaaaaaaaaaaa"]).stdout, patch(RUN));
    let told = [stored.as_str(), "queued", "watch"];
    assert_nothing_kept(&bench, &bench.call(&["apply", "last"]), told, 1);
    keep_change(&bench, RUN, LATER);
    assert_eq!(bench.call(&["diff", "last"]).stdout, patch(RUN));
    // A stored one that began later still does not come before it was handed in.
    keep_change(&bench, &stored, "2999-01-02T00:00:00Z");
    assert_eq!(bench.call(&["diff", "last"]).stdout, patch(RUN));
}

#[test]
fn a_word_for_no_task_is_told_with_what_there_is() {
    let bench = Bench::new();
    let empty = bench.call(&["diff", "last"]);
    assert_eq!(empty.code, 2, "{empty:?}");
    assert!(empty.stderr.contains("has no task yet"), "{empty:?}");
    bench.submit("one");
    for command in ["diff", "apply"] {
        let unknown = bench.call(&[command, "nothing"]);
        assert_eq!(unknown.code, 2, "{unknown:?}");
        assert!(unknown.stderr.contains("no task `nothing`"), "{unknown:?}");
        assert!(unknown.stderr.contains("`deckhands list`"), "{unknown:?}");
    }
}

#[test]
fn a_task_of_run_needs_no_database() {
    const RUN: &str = "aaaaaaaaaaaa4aaaaaaaaaaaaaaaaaaa";
    let bench = Bench::new();
    keep_change(&bench, RUN, LONG_AGO);
    let shown = bench.call(&["diff", "last"]);
    assert_eq!((shown.stdout, shown.stderr.as_str()), (patch(RUN), ""));
    assert!(!bench.database().exists(), "nothing was asked to be stored");
    fs::write(bench.database(), "this is no database ".repeat(500)).unwrap();
    let shown = bench.call(&["diff", "aaaa"]);
    assert_eq!((shown.code, &shown.stdout), (0, &patch(RUN)), "{shown:?}");
    assert!(shown.stderr.contains("were not asked"), "{shown:?}");
    let done = bench.call(&["apply", "last"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("is damaged"), "{done:?}");
    assert!(applied(&bench));
}
