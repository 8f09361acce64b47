//! The files land readable, and what they say agrees with the constants here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{APP, SANDBOX, WAY_OUT, write};
use crate::{ACTION_PORT, ACTION_URL, LOOPBACK_PORT, app_env};

#[test]
fn both_are_written_readable_for_all() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("app.py"), "of yesterday").unwrap();
    let launchers = write(dir.path()).unwrap();
    for (path, text) in [(launchers.app, APP), (launchers.sandbox, SANDBOX)] {
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{}", path.display());
    }
}

#[test]
fn a_missing_directory_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(write(&dir.path().join("nowhere")).is_err());
}

#[test]
fn the_launcher_and_the_constants_agree() {
    let port = |name, port| format!("port(own, \"{name}\", {port})");
    let expected = [
        port(app_env::PORT, LOOPBACK_PORT),
        port(app_env::ACTION_PORT, ACTION_PORT),
        format!("\"{}\", \"{WAY_OUT}\"", app_env::WAY_OUT),
        format!("\"{}\"", app_env::API_KEY),
        format!("\"{}\"", app_env::NO_INSTRUCTIONS),
        format!("\"{}\"", app_env::NO_MICROAGENTS),
    ];
    for text in expected {
        assert!(APP.contains(&text), "{text}");
    }
    for url in [app_env::API_URL.1, app_env::LLM_BASE_URL.1, ACTION_URL] {
        let start = format!("http://127.0.0.1:{LOOPBACK_PORT}/");
        assert!(url.starts_with(&start), "{url}");
    }
}

#[test]
fn the_sandbox_has_the_identity_that_the_app_is_told() {
    for word in ["openhands", "openhands@all-hands.dev"] {
        assert!(APP.contains(&format!("\"{word}\"")), "{word}");
        assert!(SANDBOX.contains(&format!("= {word}\\n")), "{word}");
    }
}
