//! Reading within bounds, searching, resolving, replacing.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

#[test]
fn a_file_is_read_up_to_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    for (size, ok) in [(0, true), (MAX_BYTES, true), (MAX_BYTES + 1, false)] {
        fs::write(&path, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
        assert_eq!(read(&path).is_ok(), ok, "{size}");
    }
    assert!(read_if_there(&dir.path().join("none")).unwrap().is_none());
    assert!(read_if_there(dir.path()).is_err());
}

#[test]
fn the_nearest_regular_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    fs::create_dir(dir.path().join("a/name")).unwrap();
    assert_eq!(find_upward(&inner, "name"), None);
    fs::write(dir.path().join("name"), "").unwrap();
    assert_eq!(find_upward(&inner, "name"), Some(dir.path().join("name")));
    fs::write(inner.join("name"), "").unwrap();
    assert_eq!(find_upward(&inner, "name"), Some(inner.join("name")));
}

#[test]
fn paths_are_resolved_as_far_as_they_exist() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    fs::create_dir_all(top.join("real/deep")).unwrap();
    symlink(top.join("real/deep"), top.join("link")).unwrap();
    for (path, expected) in [
        ("real", "real"),
        ("./real/.", "real"),
        ("link", "real/deep"),
        ("link/new/x", "real/deep/new/x"),
        ("link/..", "real"),
        ("new/../real", "real"),
        ("new/x", "new/x"),
    ] {
        assert_eq!(canonical(&top.join(path)), top.join(expected), "{path}");
    }
    assert_eq!(canonical(Path::new("/")), Path::new("/"));
    assert_eq!(canonical(Path::new("/../..")), Path::new("/"));
}

#[test]
fn a_replaced_file_is_private_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made/f");
    replace_privately(&path, "one").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(readable_by_others(&path));
    replace_privately(&path, "two").unwrap();
    assert!(!readable_by_others(&path));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(read(&path).unwrap(), "two");
    // Nothing else is left beside it.
    assert_eq!(fs::read_dir(dir.path().join("made")).unwrap().count(), 1);
}
