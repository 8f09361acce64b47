//! Trees of every shape go, and only they.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::remove_tree;

/// A chain of directories: longer than any path, and more than a process usually may have open.
fn deep_chain(root: &Path, levels: u32) {
    let mut at = rustix::fs::open(
        root,
        rustix::fs::OFlags::DIRECTORY,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    for _ in 0..levels {
        rustix::fs::mkdirat(&at, "d", rustix::fs::Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::DIRECTORY;
        at = rustix::fs::openat(&at, "d", flags, rustix::fs::Mode::empty()).unwrap();
    }
}

#[test]
fn a_chain_of_any_depth_goes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    deep_chain(&root, 5_000);
    remove_tree(&root).unwrap();
    assert!(!root.exists());
}

#[test]
fn everything_of_a_tree_goes_and_nothing_outside_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let (root, outside) = (dir.path().join("tree"), dir.path().join("outside"));
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::create_dir_all(root.join("x/y")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "").unwrap();
    fs::write(root.join("a/b/file"), "").unwrap();
    // Names that moved directories would be given.
    fs::create_dir(root.join(".deckhands-removed-1")).unwrap();
    fs::write(root.join(".deckhands-removed-2"), "").unwrap();
    symlink(&outside, root.join("a/link")).unwrap();
    symlink(&outside, root.join("link")).unwrap();
    fs::set_permissions(root.join("a/b"), fs::Permissions::from_mode(0o000)).unwrap();
    remove_tree(&root).unwrap();
    assert!(!root.exists());
    assert!(outside.join("kept").exists());
}

#[test]
fn a_file_goes_and_nothing_is_fine() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    remove_tree(&file).unwrap();
    assert_eq!(
        fs::symlink_metadata(&file).unwrap_err().kind(),
        io::ErrorKind::NotFound
    );
    remove_tree(&file).unwrap();
}
