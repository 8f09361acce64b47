//! The state directory: private, with one identity for ever.

use std::collections::BTreeSet;

use tempfile::TempDir;

use super::*;
use crate::clock::SystemIds;

#[test]
fn it_is_made_private_with_everything_above_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("deep/home");
    let home = Home::open(&path, &SystemIds).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&home.attempts_dir())), (0o700, 0o700));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Home::open(&path, &SystemIds).unwrap();
    assert_eq!(mode(&path), 0o700, "protected again");
}

#[test]
fn its_identity_stays() {
    let dir = TempDir::new().unwrap();
    let first = Home::open(dir.path(), &SystemIds).unwrap();
    let again = Home::open(dir.path(), &SystemIds).unwrap();
    assert_eq!(first.id(), again.id());
    assert!(first.id().parse::<TaskId>().is_ok(), "{}", first.id());
    let other = TempDir::new().unwrap();
    assert_ne!(
        Home::open(other.path(), &SystemIds).unwrap().id(),
        first.id()
    );
}

#[test]
fn many_first_opens_at_once_agree() {
    let dir = TempDir::new().unwrap();
    let open = || {
        Home::open(&dir.path().join("home"), &SystemIds)
            .unwrap()
            .id()
            .to_owned()
    };
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(ids.len(), 1, "{ids:?}");
    let left = fs::read_dir(dir.path().join("home"))
        .unwrap()
        .map(|f| f.unwrap().file_name());
    let left: BTreeSet<_> = left.collect();
    assert_eq!(
        left,
        ["attempts".into(), "id".into()].into(),
        "nothing staged is left"
    );
}

#[test]
fn a_link_is_resolved() {
    let dir = TempDir::new().unwrap();
    let real = dir.path().join("real");
    let home = Home::open(&real, &SystemIds).unwrap();
    std::os::unix::fs::symlink(&real, dir.path().join("link")).unwrap();
    let linked = Home::open(&dir.path().join("link"), &SystemIds).unwrap();
    assert_eq!(linked.path(), home.path());
}

#[test]
fn what_cannot_be_a_home_is_an_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = Home::open(&file, &SystemIds).unwrap_err();
    assert_eq!(
        (error.action, error.path.as_path()),
        ("create", file.as_path())
    );
    let home = dir.path().join("home");
    Home::open(&home, &SystemIds).unwrap();
    fs::write(home.join("id"), "nonsense").unwrap();
    let error = Home::open(&home, &SystemIds).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot write to the state directory `{}`", home.display())
    );
}

#[test]
fn its_own_files_are_no_foreign_ones() {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    assert_eq!(home.foreign_file(), None);
    if rustix::process::geteuid().is_root() {
        let strange = home.attempts_dir().join("strange");
        fs::write(&strange, "x").unwrap();
        std::os::unix::fs::chown(&strange, Some(12_345), None).unwrap();
        assert_eq!(home.foreign_file(), Some(strange));
    }
}
