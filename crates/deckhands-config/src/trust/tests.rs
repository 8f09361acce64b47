//! The list of trusted directories on disk.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn a_directory_is_added_once_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    let config = top.join("config");
    fs::create_dir_all(top.join("a b")).unwrap();
    fs::create_dir_all(top.join("c")).unwrap();
    symlink(top.join("c"), top.join("link")).unwrap();
    let mut list = TrustList::read(&config).unwrap();
    assert_eq!(list, TrustList::default());
    for (name, new) in [
        ("c", true),
        ("link", false),
        ("a b", true),
        ("a b/.", false),
    ] {
        assert_eq!(list.add(&config, &top.join(name)).unwrap(), new, "{name}");
    }
    assert_eq!(list.directories(), [top.join("a b"), top.join("c")]);
    assert_eq!(TrustList::read(&config).unwrap(), list);
    assert!(!files::readable_by_others(&config.join(FILE)));
}

#[test]
fn what_is_no_directory_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let mut list = TrustList::default();
    for name in ["file", "missing"] {
        let path = dir.path().join(name);
        let error = list.add(dir.path(), &path).unwrap_err();
        assert_eq!(*error.kind, ConfigErrorKind::Read { path });
    }
    assert_eq!(list, TrustList::default());
    assert!(!dir.path().join(FILE).exists());
}

#[test]
fn a_list_that_cannot_be_written_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    fs::write(&config, "").unwrap();
    let mut list = TrustList::default();
    let error = list.add(&config, dir.path()).unwrap_err();
    assert_eq!(
        *error.kind,
        ConfigErrorKind::Write {
            path: config.join(FILE)
        }
    );
    assert_eq!(list, TrustList::default());
}

#[test]
fn a_broken_list_trusts_nobody() {
    let dir = tempfile::tempdir().unwrap();
    for text in ["directories = 1", "directory = []", "directories = ["] {
        fs::write(dir.path().join(FILE), text).unwrap();
        assert!(TrustList::read(dir.path()).is_err(), "{text}");
    }
}
