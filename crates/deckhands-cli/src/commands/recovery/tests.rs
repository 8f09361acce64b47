//! What is told of a change that cannot be completed.

use std::fs;
use std::path::PathBuf;

use deckhands_orchestration::SystemIds;
use tempfile::TempDir;

use super::*;

#[test]
fn a_change_that_cannot_be_completed_is_named_with_its_reason() {
    let error = PromoteError {
        action: "recover",
        path: PathBuf::from("/home/promotions/1"),
        source: std::io::ErrorKind::PermissionDenied.into(),
    };
    let text = stuck(&error);
    assert!(text.contains("/home/promotions/1"), "{text}");
    assert!(text.contains("permission denied"), "{text}");
}

#[test]
fn an_unreadable_pointer_is_a_finding_and_no_end() {
    let console = Console {
        json: false,
        quiet: true,
        live: false,
    };
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    assert!(complete(&home, &console).is_empty());
    let pointers = dir.path().join("promotions");
    fs::create_dir_all(&pointers).unwrap();
    fs::write(pointers.join("0123456789abcdef0123456789abcdef"), "no json").unwrap();
    assert_eq!(complete(&home, &console).len(), 1);
}
