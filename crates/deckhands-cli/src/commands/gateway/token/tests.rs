//! Tokens of files.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_token_is_made_once_and_read_again_by_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    let made = of(Some(&file)).unwrap();
    assert_eq!(made.expose().len(), 64);
    assert_eq!(of(Some(&file)).unwrap().expose(), made.expose());
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_ne!(of(None).unwrap().expose(), made.expose());
}

#[test]
fn what_can_be_guessed_is_no_token() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    for text in [
        "",
        "short",
        "white space in between it",
        "unsichtbar\u{7f}-0123456789",
    ] {
        fs::write(&file, text).unwrap();
        let error = of(Some(&file)).unwrap_err().0.message;
        assert!(error.contains("holds no token"), "{text}: {error}");
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }
    let error = of(Some(&dir.path().join("no/where")))
        .unwrap_err()
        .0
        .message;
    assert!(error.contains("cannot be used"), "{error}");
}
