//! Stored events as they appear: cut files, gaps and floods.

use std::fs;

use deckhands_agent::AgentAdapter;
use deckhands_agent::openhands_headless::OpenHandsHeadless;
use tempfile::TempDir;

use super::*;

const GOOD: &str = r#"{"source":"agent","action":"think","args":{"thought":"hm"}}"#;

struct Case {
    dir: TempDir,
    tail: Tail,
    reader: Box<dyn AgentReader>,
}

impl Case {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let tail = Tail::new(dir.path().join("events"));
        Self {
            dir,
            tail,
            reader: OpenHandsHeadless.reader(),
        }
    }

    fn write(&self, number: u64, text: &str) {
        let place = self.dir.path().join("events");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join(format!("{number}.json")), text).unwrap();
    }

    /// Numbers of the events that are new.
    fn read(&mut self, last: bool) -> Vec<u64> {
        let events = self.tail.read_new(self.reader.as_mut(), last);
        events.into_iter().map(|event| event.sequence).collect()
    }
}

#[test]
fn events_come_once_and_in_order() {
    let mut case = Case::new();
    assert!(case.read(false).is_empty(), "there is no directory yet");
    case.write(1, GOOD);
    assert!(case.read(false).is_empty(), "0 is not there yet");
    case.write(0, GOOD);
    assert_eq!(case.read(false), [0, 1]);
    assert!(case.read(false).is_empty());
    case.write(2, GOOD);
    assert_eq!(case.read(true), [2]);
    assert_eq!(case.tail.unreadable(), 0);
}

#[test]
fn a_file_that_is_still_written_is_read_again() {
    let mut case = Case::new();
    case.write(0, GOOD);
    for cut in ["", "{", &GOOD[..20]] {
        case.write(1, cut);
        assert!(!case.read(false).contains(&1), "{cut}");
    }
    case.write(1, GOOD);
    assert_eq!(case.read(false), [1]);
    assert_eq!(case.tail.unreadable(), 0);
}

#[test]
fn an_unreadable_one_is_passed_over_once_a_later_one_exists() {
    let mut case = Case::new();
    case.write(0, GOOD);
    case.write(1, "{\"cut");
    assert_eq!(case.read(false), [0]);
    case.write(2, GOOD);
    assert_eq!(case.read(false), [2]);
    assert_eq!(case.tail.unreadable(), 1);
}

#[test]
fn at_the_end_an_unreadable_last_one_is_given_up() {
    let mut case = Case::new();
    case.write(0, "{\"cut");
    assert!(case.read(false).is_empty());
    assert_eq!(case.tail.unreadable(), 0);
    assert!(case.read(true).is_empty());
    assert_eq!(case.tail.unreadable(), 1);
}

#[test]
fn a_flood_comes_in_portions() {
    let mut case = Case::new();
    let count = u64::try_from(MAX_AT_ONCE).unwrap() + 20;
    (0..count).for_each(|number| case.write(number, GOOD));
    assert_eq!(case.read(false).len(), MAX_AT_ONCE);
    assert_eq!(case.read(true).len(), 20);
    assert!(case.read(true).is_empty());
}
