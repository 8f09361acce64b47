//! What a panic is told as, and where its report goes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use tempfile::TempDir;

use super::*;

fn hint(report: &CrashReport) -> String {
    let told = report.error().0;
    assert_eq!(told.code, 4);
    let hint = told.hint.unwrap();
    assert!(hint.contains("deckhands reap"), "{hint}");
    hint
}

#[test]
fn a_bug_says_where_its_first_report_is() {
    let dir = TempDir::new().unwrap();
    let report = CrashReport::default();
    report.write(dir.path(), "first");
    report.write(dir.path(), "second");
    let files: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let path = files[0].path();
    assert!(hint(&report).contains(&*path.to_string_lossy()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn names_of_two_reports_differ() {
    let dir = TempDir::new().unwrap();
    CrashReport::default().write(dir.path(), "one");
    CrashReport::default().write(dir.path(), "two");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn a_report_that_was_not_written_is_not_named() {
    let report = CrashReport::default();
    report.write(Path::new("/nonexistent/directory"), "text");
    assert!(!hint(&report).contains("deckhands-crash"));
}

#[test]
fn no_link_is_followed() {
    let dir = TempDir::new().unwrap();
    let (link, target) = (dir.path().join("link"), dir.path().join("target"));
    symlink(&target, &link).unwrap();
    assert!(create(&link, "text").is_err());
    assert!(!target.exists());
}
