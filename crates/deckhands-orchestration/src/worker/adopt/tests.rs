//! What the time in which nobody looked is booked as, and what it ends.

use super::*;

fn pulse(paused: bool, acting: bool, begun: bool) -> Pulse {
    Pulse {
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        paused,
        acting,
        measured: Measured {
            begun,
            start: Duration::from_secs(9),
            work: Duration::from_secs(20),
            wait: Duration::from_secs(3),
        },
    }
}

#[test]
fn only_an_agent_that_was_left_running_waited() {
    let gap = Duration::from_secs(50);
    let rows = [
        (false, true, 53),
        (true, true, 3),
        (false, false, 3),
        (true, false, 3),
    ];
    for (paused, begun, wait) in rows {
        let before = pulse(paused, false, begun);
        let expected = Measured {
            wait: Duration::from_secs(wait),
            ..before.measured
        };
        assert_eq!(measured(&before, gap), expected, "{paused} {begun}");
    }
}

#[test]
fn a_clock_that_went_back_tells_of_no_time() {
    let (early, late) = (
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "2026-01-01T01:00:00.5Z".parse().unwrap(),
    );
    assert_eq!(since(early, late), Duration::from_millis(3_600_500));
    assert_eq!(since(late, early), Duration::ZERO);
}

#[test]
fn a_pause_within_an_action_may_last_a_minute() {
    // Paused, within an action, for so many seconds: whether it is too long.
    let rows = [
        (true, true, 60, false),
        (true, true, 61, true),
        (true, false, 9999, false),
        (false, true, 9999, false),
    ];
    for (paused, acting, gap, caught) in rows {
        let checked = check_action(&pulse(paused, acting, true), Duration::from_secs(gap));
        assert_eq!(checked.is_err(), caught, "{paused} {acting} {gap}");
    }
}
