//! Trees deeper than paths reach.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::{foreign_file, is_too_long, open_directories};

#[test]
fn a_tree_deeper_than_paths_reach_is_walked_as_far_as_they_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut at = dir.path().to_owned();
    let name = "d".repeat(200);
    while !is_too_long(&at) {
        at.push(&name);
        fs::create_dir(&at).unwrap();
    }
    let last = at.parent().unwrap().to_owned();
    fs::set_permissions(&last, fs::Permissions::from_mode(0o000)).unwrap();
    open_directories(dir.path()).unwrap();
    assert_eq!(fs::metadata(&last).unwrap().mode() & 0o777, 0o700);
    let uid = fs::metadata(dir.path()).unwrap().uid();
    assert_eq!(foreign_file(dir.path(), uid), None);
    assert_eq!(
        foreign_file(dir.path(), uid + 1),
        Some(dir.path().to_owned())
    );
}

#[test]
fn the_longest_path_that_is_walked_leaves_room_for_two_more_names() {
    let longest = "/".to_owned() + &"x".repeat(4096 - 2 * 255 - 1);
    assert!(!is_too_long(longest.as_ref()));
    assert!(is_too_long((longest + "x").as_ref()));
}
