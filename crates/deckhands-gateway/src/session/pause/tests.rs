//! The lengths of pauses.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn pauses_double_up_to_the_longest() {
    let seconds = (0..=8).map(|failures| after(failures, SECOND).as_secs());
    assert!(seconds.eq([1, 1, 2, 4, 8, 15, 15, 15, 15]));
    assert_eq!(after(u32::MAX, SECOND), LONGEST);
    assert_eq!(after(u32::MAX, Duration::ZERO), Duration::ZERO);
    assert_eq!(after(1, Duration::MAX), LONGEST);
}

#[test]
fn a_pause_is_spread_downwards_alone() {
    assert_eq!(spread(SECOND, 0, u64::MAX), SECOND);
    assert_eq!(spread(SECOND, 25, 0), SECOND);
    let shortest = spread(SECOND, 25, u64::MAX);
    let off = shortest.saturating_sub(Duration::from_millis(750));
    assert!(off < Duration::from_nanos(10), "{shortest:?}");
    let half = spread(SECOND, 50, 1 << 63);
    assert_eq!(half, Duration::from_millis(750));
}

#[test]
fn what_is_drawn_depends_on_what_it_is_for_alone() {
    assert_eq!(drawn((7, 1)), drawn((7, 1)));
    assert_ne!(drawn((7, 1)), drawn((7, 2)));
    assert_ne!(drawn((8, 1)), drawn((7, 1)));
}

proptest! {
    #[test]
    fn no_pause_is_longer_than_it_was_or_without_measure(
        millis in 0..100_000_u64, percent: u32, number: u64, failures: u32,
    ) {
        let pause = after(failures, Duration::from_millis(millis));
        let spread = spread(pause, percent, number);
        prop_assert!(spread <= pause && pause <= LONGEST);
        if percent <= 50 {
            prop_assert!(spread >= pause / 2);
        }
    }
}
