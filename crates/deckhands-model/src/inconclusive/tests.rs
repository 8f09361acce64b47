//! Words, and a list that forgets none.

use super::InconclusiveReason::{Deadline, NoMutant, NothingAlive, OldSuiteFails, RunnerLost};
use super::*;

#[test]
fn a_reason_is_its_word_in_json_and_for_people() {
    for reason in InconclusiveReason::ALL {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(json, format!("\"{reason}\""));
        let read: InconclusiveReason = serde_json::from_str(&json).unwrap();
        assert_eq!(read, reason);
    }
}

#[test]
fn the_list_has_each_reason_at_its_place() {
    for (place, reason) in InconclusiveReason::ALL.into_iter().enumerate() {
        // A reason that the list forgets would make this match incomplete.
        let expected = match reason {
            NoMutant => 0,
            NothingAlive => 1,
            OldSuiteFails => 2,
            Deadline => 3,
            RunnerLost => 4,
        };
        assert_eq!(place, expected, "{reason}");
    }
}
