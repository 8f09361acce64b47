//! Keys of the settings and authorizations are hidden.

use std::ffi::OsString;

use deckhands_config::{Sources, load};
use tempfile::TempDir;

use super::*;

const KEY: &str = "canary-0123456789";

#[test]
fn the_configured_key_and_authorizations_are_hidden() {
    let dir = TempDir::new().unwrap();
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        env: [("OPENROUTER_API_KEY", KEY)]
            .map(|(name, key)| (OsString::from(name), OsString::from(key)))
            .into(),
        ..Sources::default()
    });
    let redaction = Redaction::of(&settings.unwrap());
    let text = format!("key {KEY}, Authorization: Bearer abcdefgh12345, sk-abcdefgh12345");
    assert_eq!(
        redaction.text(&text),
        "key ***, Authorization: Bearer ***, ***"
    );
    assert!(!format!("{redaction:?}").contains(KEY));
}
