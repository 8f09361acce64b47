//! What a person sees of a patch, and what is held meanwhile.

use std::fs;

use deckhands_orchestration::SystemIds;
use tempfile::TempDir;

use super::*;
use crate::sample::plain;

#[test]
fn nothing_in_a_patch_moves_the_terminal() {
    let patch = b"+++ b/a\n@@ -0,0 +1,1 @@\n+\x1b[2Jcleared\x07 \x1b]0;title\x07\xff\n";
    let shown = plain(&for_people(patch));
    assert_eq!(shown, "+++ b/a\n@@ -0,0 +1,1 @@\n+cleared \u{fffd}\n");
}

#[test]
fn the_text_is_whole_and_colours_end_with_their_line() {
    let patch = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-old\n+new\n same\nno line end";
    let shown = for_people(patch.as_bytes());
    assert_eq!(plain(&shown), patch);
    for line in shown.lines() {
        assert_eq!(
            line.contains("\u{1b}["),
            !line.ends_with("same") && !line.ends_with("end"),
            "{line:?}"
        );
    }
}

#[test]
fn nothing_is_held_while_the_output_is_read() {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    let id = "0123456789abcdef0123456789abcdef";
    let attempt = home.attempts_dir().join(id).join("1");
    fs::create_dir_all(&attempt).unwrap();
    let record = serde_json::json!({
        "task_id": id, "number": 1, "started_at": "2026-01-01T00:00:00Z", "workspace": "/w",
    });
    fs::write(attempt.join("attempt.json"), record.to_string()).unwrap();
    // A record that cannot be read, so that the patch counts.
    fs::write(attempt.join("change.json"), "{").unwrap();
    fs::write(attempt.join("change.patch"), "+x\n").unwrap();
    for (json, printed) in [(false, &b"+x\n"[..]), (true, b"")] {
        let console = Console {
            json,
            quiet: true,
            live: false,
        };
        let seen = look(&home, &Meant::by_directory("last"), &console).unwrap();
        assert!(KeptTask::open(&home, id).is_ok(), "the task is free");
        assert_eq!((&seen.0.task_id[..], &seen.1[..]), (id, printed));
    }
}
