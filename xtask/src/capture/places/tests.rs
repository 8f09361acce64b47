//! What counts as changed, and in which order events are read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::Places;
use crate::capture::table::{Access, Launch, Task};

/// A free folder below the build's own temporary one.
fn places(name: &str, launch: &Launch) -> Places {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../target/tmp/xtask-capture")
        .join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    Places::create(root, launch).unwrap()
}

fn files(names: &[&str]) -> Launch {
    let file = |name: &&str| ((*name).to_owned(), "before\n".to_owned());
    Launch {
        files: names.iter().map(file).collect(),
        ..Launch::default()
    }
}

#[test]
fn written_changed_and_deleted_files_count_and_git_does_not() {
    let launch = files(&["kept", "edited", "deleted"]);
    let places = places("changed", &launch);
    assert_eq!(places.changed(&launch.files).unwrap(), [""; 0]);
    fs::write(places.workspace.join("edited"), "after\n").unwrap();
    fs::remove_file(places.workspace.join("deleted")).unwrap();
    for folder in ["new", ".git"] {
        fs::create_dir(places.workspace.join(folder)).unwrap();
        fs::write(places.workspace.join(folder).join("file"), "").unwrap();
    }
    let changed = places.changed(&launch.files).unwrap();
    assert_eq!(changed, ["deleted", "edited", "new/file"]);
    fs::remove_dir_all(&places.root).unwrap();
}

#[test]
fn events_come_by_number_and_none_is_no_fault() {
    let places = places("events", &Launch::default());
    assert_eq!(places.events().unwrap(), []);
    let folder = places.home.join("sessions/some-session/events");
    fs::create_dir_all(&folder).unwrap();
    for name in ["10.json", "2.json", "note.txt"] {
        fs::write(folder.join(name), name).unwrap();
    }
    let events = places.events().unwrap();
    assert_eq!(
        events,
        [(2, "2.json".to_owned()), (10, "10.json".to_owned())]
    );
    fs::remove_dir_all(&places.root).unwrap();
}

#[test]
fn the_home_and_the_task_are_as_the_row_says() {
    let launch = Launch {
        home: Access::NotWritable,
        task: Task::Empty,
        ..Launch::default()
    };
    let places = places("row", &launch);
    let mode = fs::metadata(&places.home).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o555);
    assert_eq!(
        fs::read_to_string(places.input.join("task.md")).unwrap(),
        ""
    );
    fs::remove_dir_all(&places.root).unwrap();
}
