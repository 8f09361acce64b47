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

/// Looks until something comes; gives how many looks it took.
fn looks(case: &mut Case, expected: &[u64]) -> u32 {
    let mut looks = 1;
    loop {
        let read = case.read(false);
        if !read.is_empty() {
            assert_eq!(read, expected);
            return looks;
        }
        looks += 1;
        assert!(looks < 100, "nothing comes");
    }
}

#[test]
fn an_unreadable_one_is_passed_over_once_a_later_one_exists_for_long() {
    let mut case = Case::new();
    case.write(0, GOOD);
    case.write(1, "{\"cut");
    assert_eq!(case.read(false), [0]);
    case.write(2, GOOD);
    // Looks come every tenth of a second, so that is two seconds.
    assert_eq!(looks(&mut case, &[2]), 20);
    assert_eq!(case.tail.unreadable(), 1);
}

#[test]
fn a_missing_one_is_passed_over_once_a_later_one_exists_for_long() {
    let mut case = Case::new();
    case.write(0, GOOD);
    assert_eq!(case.read(false), [0]);
    case.write(3, GOOD);
    assert_eq!(looks(&mut case, &[3]), 39);
    assert_eq!(case.tail.unreadable(), 2);
}

#[test]
fn one_that_is_stored_after_a_later_one_is_not_lost() {
    let mut case = Case::new();
    case.write(1, GOOD);
    for _ in 0..10 {
        assert!(case.read(false).is_empty());
    }
    case.write(0, GOOD);
    assert_eq!(case.read(false), [0, 1]);
    assert_eq!(case.tail.unreadable(), 0);
}

#[test]
fn at_the_end_a_gap_is_passed_over_at_once() {
    let mut case = Case::new();
    for number in [0, 2, 18] {
        case.write(number, GOOD);
    }
    assert_eq!(case.read(true), [0, 2, 18]);
    assert_eq!(case.tail.unreadable(), 16);
    assert!(case.read(true).is_empty());
    assert_eq!(case.tail.unreadable(), 16);
}

#[test]
fn what_is_no_file_is_an_unreadable_event() {
    let mut case = Case::new();
    case.write(0, GOOD);
    fs::create_dir(case.dir.path().join("events/1.json")).unwrap();
    assert_eq!(case.read(false), [0]);
    case.write(2, GOOD);
    assert_eq!(case.read(true), [2]);
    assert_eq!(case.tail.unreadable(), 1);
}

#[test]
fn one_beyond_the_bound_is_passed_over_at_once() {
    let mut case = Case::new();
    let max = usize::try_from(EventStore::MAX_BYTES).unwrap();
    let text = "x".repeat(max);
    case.write(
        0,
        &format!(r#"{{"action":"think","args":{{"thought":"{text}"}}}}"#),
    );
    assert!(case.read(false).is_empty());
    assert_eq!(case.tail.unreadable(), 1);
    case.write(1, GOOD);
    assert_eq!(case.read(false), [1]);
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

/// What may lie in a store instead of a whole event.
const RUINS: [&str; 6] = [
    "",
    "{",
    "[]",
    "\u{0}\u{0}\u{0}\u{0}",
    r#"{"observation":"agent_state_changed","extras":{"agent_state":"fin"#,
    "null",
];

#[test]
fn whatever_is_stored_in_whatever_order_comes_once_in_order_and_to_an_end() {
    let given = std::env::var_os("DECKHANDS_FUZZ_CASES");
    let wanted: u64 = given.map_or(200, |text| text.to_str().unwrap().parse().unwrap());
    let mut random = 0x5eed_u64;
    let mut below = |bound: u64| {
        // A linear congruential generator; its high bits are good enough here.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound
    };
    let mut ran = 0;
    for _ in 0..wanted {
        let mut case = Case::new();
        let (mut good, mut read) = (Vec::new(), Vec::new());
        for _ in 0..below(30) {
            let number = below(24);
            if read.last().is_some_and(|last| number <= *last) {
                continue;
            }
            good.retain(|known| *known != number);
            if below(3) == 0 {
                let ruin = RUINS[usize::try_from(below(6)).unwrap()];
                case.write(number, ruin);
            } else {
                case.write(number, GOOD);
                good.push(number);
            }
            if below(3) == 0 {
                read.extend(case.read(false));
            }
        }
        while let numbers @ [_, ..] = case.read(true).as_slice() {
            read.extend_from_slice(numbers);
        }
        assert!(
            read.is_sorted() && read.windows(2).all(|pair| pair[0] != pair[1]),
            "{read:?}"
        );
        good.sort_unstable();
        let reached: Vec<u64> = good
            .iter()
            .copied()
            .filter(|number| *number < case.tail.next)
            .collect();
        assert!(
            read.iter().all(|number| good.contains(number)),
            "{read:?} of {good:?}"
        );
        let longest_gap = (0..case.tail.next)
            .filter(|number| !read.contains(number))
            .count() as u64;
        assert_eq!(
            case.tail.unreadable(),
            longest_gap,
            "each number is read or given up"
        );
        assert_eq!(read, reached, "what is readable is read");
        ran += 1;
    }
    println!("stores: {ran} cases");
    assert_eq!(ran, wanted);
}
