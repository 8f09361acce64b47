//! A file's batch is found again, and only that file's.

use std::os::unix::fs::PermissionsExt;

use deckhands_orchestration::SystemIds;
use tempfile::TempDir;

use super::*;

fn file(path: &str, text: &str) -> BatchFile {
    BatchFile {
        path: path.into(),
        text: text.to_owned(),
        entries: Vec::new(),
    }
}

fn home(dir: &TempDir) -> Home {
    Home::open(&dir.path().join("home"), &SystemIds).unwrap()
}

#[test]
fn the_last_batch_of_a_file_is_gone_on_with() {
    let dir = TempDir::new().unwrap();
    let (home, tasks) = (home(&dir), file("/a", "tasks"));
    let first = begin(&home, &tasks, &SystemIds).unwrap();
    assert_eq!(first.len(), DIGITS);
    assert_eq!(last(&home, &tasks).unwrap(), first);
    let second = begin(&home, &tasks, &SystemIds).unwrap();
    assert_ne!(second, first, "the same file again is a new batch");
    assert_eq!(last(&home, &tasks).unwrap(), second);
}

#[test]
fn another_file_or_content_is_another_batch() {
    let dir = TempDir::new().unwrap();
    let home = home(&dir);
    begin(&home, &file("/a", "tasks"), &SystemIds).unwrap();
    for (path, text) in [("/a", "tasks\n"), ("/b", "tasks"), ("/at", "asks")] {
        let error = last(&home, &file(path, text)).unwrap_err();
        assert_eq!(error.0.code, 2, "{path}");
        assert!(error.0.hint.unwrap().contains("leave `--resume` out"));
    }
}

#[test]
fn what_is_kept_is_its_users_alone_and_whole() {
    let dir = TempDir::new().unwrap();
    let (home, tasks) = (home(&dir), file("/a", "tasks"));
    begin(&home, &tasks, &SystemIds).unwrap();
    let kept = home.path().join("batches");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&kept), 0o700);
    let names: Vec<_> = kept
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(names.len(), 1, "nothing staged is left: {names:?}");
    assert_eq!(mode(&names[0]), 0o600);
    std::fs::write(&names[0], "{").unwrap();
    let error = last(&home, &tasks).unwrap_err();
    assert_eq!(error.0.code, 3, "a damaged one is not taken for none");
}
