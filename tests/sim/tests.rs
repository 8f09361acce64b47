//! The checker itself: nothing to find in a sound world, everything in a broken one.

use crate::breakage::Breakage;
use crate::harness;
use crate::invariant::Invariant;
use crate::many;

/// Seeds that are tried in a broken world before it counts as not caught.
const PATIENCE: u64 = 400;

/// Two halves, so that they run beside each other.
#[test]
fn a_sound_world_has_nothing_to_find() {
    nothing_to_find(0);
}

#[test]
fn another_sound_world_has_nothing_to_find() {
    nothing_to_find(100);
}

#[track_caller]
fn nothing_to_find(from: u64) {
    let tried = many::seeds(from, 100);
    assert!(tried.failed.is_empty(), "{:#?}", tried.failed);
    assert_eq!(tried.seeds, 100);
    let missing = tried.coverage.missing();
    assert!(
        missing.len() < 15,
        "too much was never reached: {missing:?}"
    );
}

/// Every kind of broken behaviour is caught, and what it breaks is named first.
#[test]
fn a_broken_world_is_caught_under_the_right_name() {
    let caught = |breakage: Breakage| {
        let wanted = breakage.caught_by();
        (0..PATIENCE).find(|seed| {
            let outcome = match wanted {
                Invariant::Replays => harness::simulate(*seed, Some(breakage)),
                _ => harness::run(*seed, Some(breakage), false),
            };
            let mut named = outcome.violations.iter();
            named.any(|violation| violation.invariant == wanted)
        })
    };
    let missed = Breakage::ALL.iter().filter(|one| caught(**one).is_none());
    assert_eq!(missed.collect::<Vec<_>>(), [] as [&Breakage; 0]);
}

/// There is a broken behaviour for everything that must hold.
#[test]
fn every_invariant_can_be_broken() {
    let broken = |invariant: &&Invariant| {
        let mut all = Breakage::ALL.iter();
        all.any(|breakage| breakage.caught_by() == **invariant)
    };
    let never = Invariant::ALL.iter().filter(|one| !broken(one));
    assert_eq!(never.collect::<Vec<_>>(), [] as [&Invariant; 0]);
}
