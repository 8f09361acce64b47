//! The decider alone: slots, orphans and the way out.

use deckhands_model::{AttemptNumber, TaskId};
use proptest::prelude::*;

use super::*;

fn id(n: u8) -> AttemptId {
    AttemptId {
        task: TaskId::from_random([n; 16]),
        number: AttemptNumber::FIRST,
    }
}

#[test]
fn slots_are_filled_one_by_one_and_not_beyond() {
    let mut engine = Decider::new(2);
    assert_eq!(engine.decide(Event::Wake), [Command::Claim]);
    assert_eq!(engine.decide(Event::Wake), [], "one claim at a time");
    assert_eq!(engine.decide(Event::Claimed(id(1))), [Command::Claim]);
    assert_eq!(engine.decide(Event::Claimed(id(2))), []);
    assert_eq!(engine.decide(Event::Ended(id(1))), [Command::Claim]);
}

/// Its number is given out again before the end of the work on it before is told.
#[test]
fn an_attempt_that_was_given_back_and_claimed_again_holds_one_slot() {
    let mut engine = Decider::new(2);
    assert_eq!(engine.decide(Event::Wake), [Command::Claim]);
    assert_eq!(engine.decide(Event::Claimed(id(1))), [Command::Claim]);
    assert_eq!(engine.decide(Event::Claimed(id(1))), []);
    assert_eq!(engine.decide(Event::Ended(id(1))), [Command::Claim]);
    assert!(engine.has(id(1)));
    assert_eq!(engine.decide(Event::Claimed(id(2))), []);
    assert_eq!(engine.at_work(), 2);
}

#[test]
fn an_empty_store_is_asked_again_only_after_a_wake() {
    let mut engine = Decider::new(2);
    assert_eq!(engine.decide(Event::Wake), [Command::Claim]);
    assert_eq!(engine.decide(Event::NothingToClaim), []);
    assert_eq!(engine.decide(Event::Survey), []);
    assert_eq!(engine.decide(Event::Wake), [Command::Claim]);
}

#[test]
fn orphans_go_before_new_work() {
    let mut engine = Decider::new(2);
    let orphans = Event::Orphans(vec![id(1), id(2)]);
    assert_eq!(engine.decide(orphans), [Command::Adopt(id(1))]);
    let refused = engine.decide(Event::NotAdopted(id(1)));
    assert_eq!(refused, [Command::Adopt(id(2))]);
    assert_eq!(engine.decide(Event::Adopted(id(2))), [Command::Claim]);
}

#[test]
fn nothing_new_is_asked_for_before_the_first_look_for_orphans_is_answered() {
    let mut engine = Decider::new(1);
    assert_eq!(engine.decide(Event::Survey), []);
    let orphans = Event::Orphans(vec![id(1)]);
    assert_eq!(engine.decide(orphans), [Command::Adopt(id(1))]);
}

#[test]
fn an_attempt_at_work_here_is_no_orphan() {
    let mut engine = Decider::new(2);
    let _claim = engine.decide(Event::Wake);
    let _claim = engine.decide(Event::Claimed(id(1)));
    let _none = engine.decide(Event::NothingToClaim);
    assert_eq!(engine.decide(Event::Orphans(vec![id(1)])), []);
}

#[test]
fn a_stop_lets_work_go_on_then_pauses_then_leaves() {
    let mut engine = Decider::new(2);
    let _claim = engine.decide(Event::Wake);
    let _claim = engine.decide(Event::Claimed(id(1)));
    let _none = engine.decide(Event::NothingToClaim);
    assert_eq!(engine.decide(Event::StopAsked), [Command::StartGrace]);
    assert_eq!(engine.decide(Event::Wake), [], "no new work");
    assert_eq!(engine.decide(Event::GraceOver), [Command::PauseAll]);
    assert_eq!(engine.decide(Event::Ended(id(1))), [Command::Leave]);
    assert_eq!(engine.mode(), Mode::Left);
}

#[test]
fn a_stop_waits_for_the_answer_to_a_claim() {
    let mut engine = Decider::new(2);
    assert_eq!(engine.decide(Event::Wake), [Command::Claim]);
    assert_eq!(engine.decide(Event::StopAsked), [Command::StartGrace]);
    assert_eq!(engine.decide(Event::Claimed(id(1))), []);
    assert_eq!(engine.decide(Event::Ended(id(1))), [Command::Leave]);
}

#[test]
fn the_second_signal_cancels() {
    let mut engine = Decider::new(1);
    let _claim = engine.decide(Event::Wake);
    let _none = engine.decide(Event::Claimed(id(1)));
    assert_eq!(engine.decide(Event::StopAsked), [Command::StartGrace]);
    assert_eq!(engine.decide(Event::CancelAsked), [Command::CancelAll]);
    assert_eq!(engine.decide(Event::GraceOver), [], "too late to pause");
    assert_eq!(engine.decide(Event::EndOver), [Command::Leave]);
}

#[test]
fn a_drained_engine_leaves_unless_it_has_work() {
    let mut engine = Decider::new(1);
    let _claim = engine.decide(Event::Wake);
    let _none = engine.decide(Event::Claimed(id(1)));
    assert_eq!(engine.decide(Event::Drained), []);
    assert_eq!(engine.decide(Event::Ended(id(1))), [Command::Claim]);
    let _none = engine.decide(Event::NothingToClaim);
    assert_eq!(engine.decide(Event::Drained), [Command::Leave]);
}

/// What the outside does, in answer to the commands: any order of ends, wakes and stops.
fn outside() -> impl Strategy<Value = Vec<(u8, bool)>> {
    proptest::collection::vec((0_u8..10, any::<bool>()), 0..200)
}

proptest! {
    #[test]
    fn never_more_work_than_slots_and_it_always_leaves(slots in 1_usize..5, steps in outside()) {
        let mut engine = Decider::new(slots);
        let mut next = 0_u8;
        let mut at_work: Vec<AttemptId> = Vec::new();
        let mut asked: Option<Command> = None;
        for (what, yes) in steps {
            let event = match (asked.take(), what) {
                (Some(Command::Claim), _) if yes => {
                    next = next.wrapping_add(1);
                    at_work.push(id(next));
                    Event::Claimed(id(next))
                }
                (Some(Command::Claim), _) => Event::NothingToClaim,
                (Some(Command::Adopt(orphan)), _) if yes => {
                    at_work.push(orphan);
                    Event::Adopted(orphan)
                }
                (Some(Command::Adopt(orphan)), _) => Event::NotAdopted(orphan),
                (_, 0..=3) if !at_work.is_empty() => Event::Ended(at_work.remove(0)),
                (_, 4) => {
                    next = next.wrapping_add(1);
                    Event::Orphans(vec![id(next)])
                }
                (_, 5) => Event::Drained,
                _ => Event::Wake,
            };
            let commands = engine.decide(event);
            prop_assert!(at_work.len() <= slots);
            prop_assert_eq!(engine.at_work(), at_work.len());
            if commands.contains(&Command::Leave) {
                prop_assert!(at_work.is_empty());
                return Ok(());
            }
            asked = commands.into_iter().next();
        }
        let mut commands = engine.decide(Event::StopAsked);
        if asked.is_some() {
            prop_assert!(!commands.contains(&Command::Leave));
            commands = engine.decide(Event::NothingToClaim);
        }
        for attempt in at_work {
            prop_assert!(!commands.contains(&Command::Leave));
            commands = engine.decide(Event::Ended(attempt));
        }
        prop_assert!(commands.contains(&Command::Leave));
    }
}
