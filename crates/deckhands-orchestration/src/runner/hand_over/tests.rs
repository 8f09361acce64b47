//! What an agent is not given.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::clock::SystemIds;
use crate::request::test_request;

fn request(key_files: Vec<PathBuf>) -> TaskRequest {
    TaskRequest {
        key_files,
        ..test_request("/w".into())
    }
}

#[test]
fn every_file_with_keys_and_our_own_directory_stay_here() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    let home = Home::open(&top.join("home"), &SystemIds).unwrap();
    fs::create_dir(top.join("inner")).unwrap();
    fs::write(top.join(".env"), "OPENROUTER_API_KEY=a").unwrap();
    fs::write(top.join("key"), "b").unwrap();
    symlink("key", top.join("link")).unwrap();
    let named = ["inner/../.env", "link", "gone"].map(|file| top.join(file));
    assert_eq!(
        left_out(&request(named.to_vec()), &home),
        [".env", "key", "gone", "home"].map(|file| top.join(file))
    );
}
