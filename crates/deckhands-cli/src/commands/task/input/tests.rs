//! Where a task's text may come from, and its bounds.

use tempfile::TempDir;

use super::*;

fn text(text: &str) -> Result<TaskText, CliError> {
    let source = Source {
        command: "run",
        file: None,
        text: Some(text),
    };
    source.text()
}

fn file_at(path: &Path) -> Result<TaskText, CliError> {
    let source = Source {
        command: "run",
        file: Some(path),
        text: None,
    };
    source.text()
}

/// Reads the text out of a file with this content.
fn file(content: &[u8]) -> Result<TaskText, CliError> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("task.md");
    std::fs::write(&path, content).unwrap();
    file_at(&path)
}

#[test]
fn an_argument_or_a_file() {
    assert_eq!(text("do it").unwrap().as_str(), "do it");
    assert_eq!(
        file(b"line one\nline two\n").unwrap().as_str(),
        "line one\nline two\n"
    );
}

#[test]
fn what_is_no_task_is_a_usage_error() {
    for error in [
        text(""),
        text("  "),
        file(b""),
        file(b"\n \n"),
        file(b"a\0b"),
    ] {
        let error = error.unwrap_err().0;
        assert_eq!(error.code, 2);
        assert!(
            error.message.starts_with("the task text "),
            "{}",
            error.message
        );
    }
}

#[test]
fn the_bound_holds_for_every_source() {
    let max = TaskText::MAX_BYTES;
    assert!(file(&vec![b'x'; max]).is_ok());
    // The second one is cut in the middle of a character.
    let wide = "\u{fc}".repeat(max / 2 + 1).into_bytes();
    for content in [vec![b'x'; max + 1], vec![b'x'; max * 2], wide] {
        let error = file(&content).unwrap_err().0;
        assert!(
            error.message.contains("more than the 4194304 allowed"),
            "{}",
            error.message
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = file_at(Path::new("/nonexistent/task.md")).unwrap_err().0;
    assert_eq!((error.code, error.causes.len()), (2, 1));
    assert!(
        error.message.contains("`/nonexistent/task.md`"),
        "{}",
        error.message
    );
    let error = file(b"not \xff utf-8").unwrap_err().0;
    assert!(
        error.message.starts_with("the task cannot be read from "),
        "{}",
        error.message
    );
    assert!(error.causes[0].contains("utf-8"), "{:?}", error.causes);
}
