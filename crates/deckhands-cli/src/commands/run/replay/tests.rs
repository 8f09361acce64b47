//! What is no recording is refused before anything is done.

use super::*;
use crate::exit_code;

#[test]
fn a_file_that_is_no_recording_says_what_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [
        (None, "cannot be played", "model.jsonl"),
        (Some(""), "cannot be played", "model.jsonl"),
        (Some("{\"some\":1}\n"), "cannot be played", "model.jsonl"),
        (Some("{\"tape\":{\"version\":99}}\n"), "99", "a later one"),
        (
            Some("{\"tape\":{\"version\":1}}\nnonsense\n{}\n"),
            "2",
            "record it again",
        ),
    ];
    for (number, (text, says, hint)) in rows.into_iter().enumerate() {
        let path = dir.path().join(format!("tape-{number}"));
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let error = read(&path).unwrap_err().0;
        assert!(error.message.contains(says), "{number}: {}", error.message);
        let told = error.hint.unwrap_or_default();
        assert!(told.contains(hint), "{number}: {told}");
        assert_eq!(error.code, exit_code::USAGE);
    }
}
